//! OAuth 2.0 refresh tokens (RFC 6749 §6) → access tokens, and the refresh token that replaces them.
//! Promise: what the provider refuses is said in words that name what to renew.

use super::answers::{self, later, words};
use super::calls::post_form;
use crate::deliver::{Answered, Grant, Prepared, Renewed, Verdict};
use url::Url;

/// An access token is not used in its last minute.
const MARGIN_SECONDS: u64 = 60;
/// How long a token lasts that does not say (RFC 6749 recommends that it does).
const USUAL_SECONDS: u64 = 3_600;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    pub id: &'a str,
    /// Empty for a public client.
    pub secret: &'a str,
    pub refresh_token: &'a str,
    /// Empty for what the refresh token was given for.
    pub scope: &'a str,
}

/// The call for a token.
pub fn ask(url: Url, client: Client<'_>) -> Prepared {
    let all = [
        ("grant_type", "refresh_token"),
        ("client_id", client.id),
        ("client_secret", client.secret),
        ("refresh_token", client.refresh_token),
        ("scope", client.scope),
    ];
    let said: Vec<_> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    post_form(url, &said)
}

/// Reads the answer to a question with the refresh token `asked_with`.
/// # Errors
/// There is no token in it.
pub fn read(
    platform: &str,
    asked_with: &str,
    answer: &Answered,
    now_ms: u64,
) -> Result<Grant, Verdict> {
    let body = answers::json(answer);
    let token = body["access_token"].as_str().filter(|_| answer.status.is_success());
    if let Some(token) = token {
        let lasts = body["expires_in"].as_u64().unwrap_or(USUAL_SECONDS);
        let until_ms = now_ms + lasts.saturating_sub(MARGIN_SECONDS) * 1_000;
        let renewed = renewed(asked_with, body["refresh_token"].as_str().unwrap_or_default());
        return Ok(Grant { token: token.into(), until_ms, renewed });
    }
    let said = body["error_description"].as_str().unwrap_or_default();
    Err(match body["error"].as_str() {
        Some("invalid_grant") => again(format!(
            "{platform} no longer accepts the refresh token: make a new one ({})",
            words(said)
        )),
        Some(error @ ("invalid_client" | "unauthorized_client")) => {
            again(format!("{platform} does not accept client ID or secret ({error})"))
        }
        Some(error) => again(format!("{platform} gives no access token: {error} {}", words(said))),
        None => later(answer, &format!("{platform} gives no access token")),
    })
}

/// A new refresh token takes the place of the one asked with, which may end at once (RFC 6749 §6).
fn renewed(before: &str, after: &str) -> Option<Renewed> {
    let other = !after.is_empty() && after != before;
    other.then(|| Renewed { before: before.to_owned(), after: after.to_owned() })
}

fn again(reason: String) -> Verdict {
    Verdict::Again { reason, after: None }
}
