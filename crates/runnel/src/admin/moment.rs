//! Unix milliseconds inside, RFC 3339 in UTC outside.

use crate::error::Problem;
use jiff::Timestamp;

/// `ms` (Unix milliseconds) as the API shows it; what no calendar holds becomes its nearest end.
pub fn shown(ms: i64) -> Timestamp {
    let end = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(ms).unwrap_or(end)
}

/// The moment that the request's `field` names, in Unix milliseconds; none if it names none.
/// # Errors
/// 400: the text is no RFC 3339 time, or lies before 1970.
pub fn read(field: &str, text: Option<&str>) -> Result<Option<u64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let at: Option<Timestamp> = text.parse().ok();
    let ms = at.and_then(|at| u64::try_from(at.as_millisecond()).ok());
    ms.map(Some).ok_or_else(|| Problem::fault(field, "is not a time such as 2026-11-01T00:00:00Z"))
}
