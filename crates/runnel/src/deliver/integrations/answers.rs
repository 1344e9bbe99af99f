//! What platforms' answers have in common: a JSON body, a message for people, and statuses that say
//! whether another attempt is worth it.

use crate::deliver::verdict::retry_after;
use crate::deliver::{Answered, Prepared, Verdict};
use http::StatusCode;
use serde_json::Value;
use std::time::Duration;

/// How long a platform is left alone that has had too many calls and does not say for how long.
const TOO_MANY_WAIT: Duration = Duration::from_secs(300);
/// Most characters of a platform's own words in a verdict.
const MOST_WORDS: usize = 400;

/// The body as JSON; null if it is none.
pub fn json(answer: &Answered) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// A platform's words, cut to a length that people read.
pub fn words(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MOST_WORDS).collect()
}

/// The platform does not accept the key: somebody has to look at the settings.
pub fn key_refused(platform: &str, said: &str) -> Verdict {
    let reason = format!("{platform} does not accept the access token: {}", words(said));
    Verdict::Again { reason, after: None }
}

/// Too many calls.
pub fn too_many(answer: &Answered, said: &str) -> Verdict {
    let after = retry_after(&answer.headers).or(Some(TOO_MANY_WAIT));
    Verdict::Again { reason: format!("too many calls: {}", words(said)), after }
}

/// The platform is out of order for now.
pub fn later(answer: &Answered, said: &str) -> Verdict {
    let reason = format!("answered {}: {}", answer.status, words(said));
    Verdict::Again { reason, after: retry_after(&answer.headers) }
}

/// Something in what was sent is wrong: one alone is refused, of many each half goes alone.
pub fn wrong(sent: &Prepared, said: &str) -> Verdict {
    match sent.of.len() {
        0 | 1 => Verdict::Refused { reason: words(said) },
        _ => Verdict::Split,
    }
}

/// What a status says where the body has said nothing special.
pub fn by_status(platform: &str, sent: &Prepared, answer: &Answered, said: &str) -> Verdict {
    match answer.status {
        status if status.is_success() => Verdict::Delivered,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => key_refused(platform, said),
        StatusCode::TOO_MANY_REQUESTS => too_many(answer, said),
        StatusCode::REQUEST_TIMEOUT => later(answer, said),
        status if status.is_client_error() => wrong(sent, said),
        _ => later(answer, said),
    }
}
