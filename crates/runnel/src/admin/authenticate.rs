//! Finds out who calls and whether their role reaches, before any handler runs.
//! Promise: a handler behind [`guard`] always has a [`Caller`] of at least the declared role.

use crate::app::App;
use crate::error::Problem;
use crate::store::people::{Caller, Role, keys};
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

async fn caller(app: &App, parts: &Parts) -> Result<Caller, Problem> {
    let key = api_key(&parts.headers).ok_or_else(Problem::unauthenticated)?;
    keys::caller(&app.database, key, app.clock.now_ms()).await?.ok_or_else(Problem::unauthenticated)
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

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::unauthenticated)
    }
}
