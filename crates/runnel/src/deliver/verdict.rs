//! What became of a delivery at one attempt.
//! Promise: only a success, or an answer that no repetition can change, is final.

use super::adapter::Answered;
use http::{HeaderMap, StatusCode, header};
use std::time::Duration;

/// What an answer means for a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The destination has it.
    Delivered,
    /// The destination takes nothing so old any more.
    TooLate {
        /// For people.
        reason: String,
    },
    /// The destination does not take it, and never will.
    Refused {
        /// For people.
        reason: String,
    },
    /// Not now: another attempt follows.
    Again {
        /// For people.
        reason: String,
        /// When the destination wants to hear of it, from now; none leaves it to the schedule.
        after: Option<Duration>,
    },
    /// The access token was not accepted: a new one is asked for, and the call made again.
    TokenExpired,
    /// The destination wants no call any more until somebody enables it again.
    Disable {
        /// For people.
        reason: String,
    },
    /// Something in the batch is wrong, and the answer does not say what: its halves go alone.
    Split,
}

/// What a status alone says: 2xx is delivered, 410 ends it, everything else is tried again.
pub fn of_status(answer: &Answered) -> Verdict {
    let status = answer.status;
    if status.is_success() {
        return Verdict::Delivered;
    }
    let reason = format!("answered {status}");
    match status {
        StatusCode::GONE => Verdict::Disable { reason },
        _ => Verdict::Again { reason, after: retry_after(&answer.headers) },
    }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3). Its other form, a date, is left to [`retry_at`],
/// which knows the time.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// `Retry-After` as a date, from `now_ms` (Unix milliseconds).
pub fn retry_at(headers: &HeaderMap, now_ms: u64) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let at = jiff::fmt::rfc2822::parse(&value.replace("GMT", "+0000")).ok()?;
    let at_ms = u64::try_from(at.timestamp().as_millisecond()).ok()?;
    Some(Duration::from_millis(at_ms.saturating_sub(now_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn answered(status: u16, retry_after: Option<&'static str>) -> Answered {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(text));
        }
        let status = StatusCode::from_u16(status).unwrap();
        Answered { status, headers, body: Default::default(), cut: false }
    }

    fn again(status: &str, after: Option<u64>) -> Verdict {
        let reason = format!("answered {status}");
        Verdict::Again { reason, after: after.map(Duration::from_secs) }
    }

    #[test]
    fn a_status_says_what_to_do() {
        assert_eq!(of_status(&answered(204, None)), Verdict::Delivered);
        let gone = Verdict::Disable { reason: "answered 410 Gone".into() };
        assert_eq!(of_status(&answered(410, None)), gone);
        assert_eq!(of_status(&answered(301, None)), again("301 Moved Permanently", None));
        assert_eq!(of_status(&answered(404, None)), again("404 Not Found", None));
        assert_eq!(
            of_status(&answered(429, Some(" 120 "))),
            again("429 Too Many Requests", Some(120))
        );
    }

    #[test]
    fn a_date_in_retry_after_counts_from_now() {
        // 2026-11-22T08:00:00Z
        let now_ms = 1_795_334_400_000;
        let headers = answered(503, Some("Sun, 22 Nov 2026 08:01:30 GMT")).headers;
        assert_eq!(retry_at(&headers, now_ms), Some(Duration::from_secs(90)));
        assert_eq!(retry_at(&headers, now_ms + 3_600_000), Some(Duration::ZERO));
        assert_eq!(retry_at(&answered(503, Some("soon")).headers, now_ms), None);
    }
}
