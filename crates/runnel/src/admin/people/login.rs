//! Log-in by email, password and (if enrolled) a code; log-out.
//! Promise: attempts are counted before they are judged; unknown users cost the same time as known
//! ones; a code works once.

use super::cookie;
use super::me::{self, Me};
use crate::access::{Email, Hidden, Totp};
use crate::admin::client::{Client, NotForeign};
use crate::admin::{AdminRouter, Body, Caller, Role, Via};
use crate::app::App;
use crate::error::Problem;
use crate::store::audit;
use crate::store::people::{sessions, users};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use std::sync::Arc;
use users::User;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().public(routes!(login)).at(Role::Viewer, routes!(logout))
}

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogIn {
    email: Email,
    password: Hidden,
    /// The authenticator's code, for those who enrolled one.
    code: Option<Hidden>,
}

/// Logs in and sets the session cookie.
///
/// 401 `wrong-password` whatever is wrong, 401 `code-needed` when only the code is missing, 429 with
/// `Retry-After` after too many attempts.
#[utoipa::path(post, path = "/login", request_body = LogIn,
    responses((status = 200, description = "Logged in.", body = Me)))]
async fn login(
    State(app): State<Arc<App>>,
    _: NotForeign,
    client: Client,
    Body(asked): Body<LogIn>,
) -> Result<impl IntoResponse, Problem> {
    throttle(&app, asked.email.as_str(), &client)?;
    let user = known(&app, &asked).await?;
    let mut transaction = app.database.begin_write().await?;
    if !second_factor(&app, &mut transaction, &user, asked.code.as_ref()).await? {
        return Err(Problem::wrong_password());
    }
    app.access.throttle.succeeded(&user.email);
    let begun = begin(&app, &mut transaction, &user, &client).await?;
    transaction.commit().await?;
    Ok(begun)
}

/// Counts an attempt of `client` on `account`.
pub(super) fn throttle(app: &App, account: &str, client: &Client) -> Result<(), Problem> {
    let attempt = app.access.throttle.attempt(account, client.address, app.clock.now_ms());
    attempt.map_err(|wait| Problem::too_many("Too many attempts. Wait a little.", wait.0))
}

/// The user whose email and password were sent.
async fn known(app: &App, asked: &LogIn) -> Result<User, Problem> {
    let mut connection = app.database.pool.acquire().await?;
    let user = users::by_email(&mut connection, asked.email.as_str()).await?;
    drop(connection);
    let stored = user.as_ref().map(|user| user.password.clone());
    let right = app.access.passwords.check(&asked.password, stored).await?;
    user.filter(|_| right).ok_or_else(Problem::wrong_password)
}

/// Whether the second factor is right, or none is enrolled; uses the code up.
async fn second_factor(
    app: &App,
    connection: &mut sqlx::AnyConnection,
    user: &User,
    code: Option<&Hidden>,
) -> Result<bool, Problem> {
    if !user.totp_on {
        return Ok(true);
    }
    let code = code.filter(|code| !code.reveal().trim().is_empty());
    let code = code.ok_or_else(Problem::code_needed)?;
    let totp = user.totp_secret.as_deref().and_then(Totp::from_hex);
    let used = u64::try_from(user.totp_step).unwrap_or(0);
    let step = totp.and_then(|totp| totp.check(code.reveal(), used, app.clock.now_ms()));
    match step {
        Some(step) => Ok(users::use_step(connection, &user.id, step).await?),
        None => Ok(false),
    }
}

/// Begins a session of `user` and answers with its cookie.
pub(super) async fn begin(
    app: &App,
    connection: &mut sqlx::AnyConnection,
    user: &User,
    client: &Client,
) -> Result<(cookie::SetCookie, Json<Me>), Problem> {
    let from = sessions::From { address: client.address.to_string(), agent: &client.agent };
    let (session, token) = sessions::begin(connection, &app.clock, &user.id, from).await?;
    let caller = Caller {
        id: user.id.clone(),
        name: user.email.clone(),
        role: user.role,
        via: Via::Session,
        session: Some(session.clone()),
        at_ms: app.clock.now_ms(),
    };
    let after = serde_json::json!({"address": client.address.to_string()});
    audit::record(connection, &caller, "log-in", "sessions", &session, None, Some(&after)).await?;
    Ok((cookie::keeping(&token, client), Json(me::described(&caller, Some(user)))))
}

/// Ends the session of this request. With an API key, changes nothing.
#[utoipa::path(post, path = "/logout", responses((status = 204, description = "Logged out.")))]
async fn logout(State(app): State<Arc<App>>, caller: Caller) -> Result<impl IntoResponse, Problem> {
    if let Some(session) = &caller.session {
        let mut transaction = app.database.begin_write().await?;
        sessions::end(&mut transaction, &caller.id, session).await?;
        audit::record(&mut transaction, &caller, "log-out", "sessions", session, None, None)
            .await?;
        transaction.commit().await?;
    }
    Ok((StatusCode::NO_CONTENT, cookie::dropping()))
}
