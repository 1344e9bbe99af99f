//! Moments in the API: RFC 3339 in UTC outside, Unix milliseconds inside.

use crate::error::Problem;
use jiff::Timestamp;

/// `at_ms` (Unix milliseconds) as RFC 3339.
pub(super) fn rfc3339(at_ms: u64) -> String {
    let at = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.map(|at| at.to_string()).unwrap_or_default()
}

/// The moment that `field` names, in Unix milliseconds.
pub(super) fn moment(field: &str, text: Option<&str>) -> Result<Option<u64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let at: Option<Timestamp> = text.parse().ok();
    let ms = at.and_then(|at| u64::try_from(at.as_millisecond()).ok());
    ms.map(Some).ok_or_else(|| Problem::fault(field, "is not a time such as 2026-11-01T00:00:00Z"))
}
