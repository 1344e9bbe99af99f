//! Unix milliseconds inside, RFC 3339 in UTC outside.

use jiff::Timestamp;

/// `ms` (Unix milliseconds) as the API shows it; what no calendar holds becomes its nearest end.
pub fn shown(ms: i64) -> Timestamp {
    let end = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(ms).unwrap_or(end)
}
