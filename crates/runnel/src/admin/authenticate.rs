//! Finds out who calls and whether their role reaches, before any handler runs.
//! Promise: a handler behind [`guard`] always has a [`Caller`] of at least the declared role; a
//! session changes nothing on behalf of another site's page.

use super::client;
use crate::app::App;
use crate::error::Problem;
use crate::store::people::{Caller, Role, keys, sessions};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// The name of the session cookie.
pub const COOKIE: &str = "runnel_session";

/// Lets a request through when its caller's role is `least` or above.
pub(super) async fn guard(
    State((app, least)): State<(Arc<App>, Role)>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = caller(&app, &parts).await?;
    if caller.role < least {
        return Err(Problem::forbidden(format!("This needs the role {least} or above.")));
    }
    parts.extensions.insert(caller);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// A key goes before a cookie: whoever sends one means it.
async fn caller(app: &App, parts: &Parts) -> Result<Caller, Problem> {
    let now_ms = app.clock.now_ms();
    let caller = if let Some(key) = api_key(&parts.headers) {
        keys::caller(&app.database, key, now_ms).await?
    } else if let Some(token) = session_token(&parts.headers) {
        let caller = sessions::caller(&app.database, token, now_ms).await?;
        if caller.is_some() {
            client::same_origin(parts)?;
        }
        caller
    } else {
        None
    };
    caller.ok_or_else(Problem::unauthenticated)
}

/// The key in `Authorization: Bearer …` or `X-Api-Key`.
fn api_key(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    bearer.or_else(|| headers.get("x-api-key").and_then(|value| value.to_str().ok()))
}

fn session_token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE).map(|(_, token)| token.trim())
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::unauthenticated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn keys_are_read_from_either_header() {
        assert_eq!(api_key(&headers(&[("authorization", "bearer  rk_1")])), Some("rk_1"));
        assert_eq!(api_key(&headers(&[("x-api-key", "rk_2")])), Some("rk_2"));
        assert_eq!(api_key(&headers(&[("authorization", "Basic abc")])), None);
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let cookies = headers(&[("cookie", "a=b; runnel_session=t0; c=d")]);
        assert_eq!(session_token(&cookies), Some("t0"));
        let apart = headers(&[("cookie", "a=b"), ("cookie", "runnel_session=t1")]);
        assert_eq!(session_token(&apart), Some("t1"));
        assert_eq!(session_token(&headers(&[("cookie", "xrunnel_session=t")])), None);
    }
}
