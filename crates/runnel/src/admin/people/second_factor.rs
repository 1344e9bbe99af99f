//! The caller's own second factor: enrol, confirm, disable.
//! Promise: log-in asks for codes only after one code has proved that the app has the secret.

use super::me;
use crate::access::{Hidden, Totp};
use crate::admin::client::Client;
use crate::admin::{AdminRouter, Body, Caller, Role};
use crate::app::App;
use crate::error::Problem;
use crate::store::audit;
use crate::store::people::users::{self, User};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Viewer, routes!(enrol))
        .at(Role::Viewer, routes!(confirm))
        .at(Role::Viewer, routes!(disable))
}

/// One's own password once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordAgain {
    password: Hidden,
}

/// A secret for the authenticator app, shown this once.
#[derive(Serialize, ToSchema)]
struct Enrolment {
    /// In base32, to be typed.
    secret: Hidden,
    /// `otpauth://…`, for a QR code.
    url: Hidden,
}

/// Makes a secret for the caller's authenticator app; in force once confirmed.
#[utoipa::path(post, path = "/me/totp", request_body = PasswordAgain,
    responses((status = 201, description = "To be confirmed.", body = Enrolment)))]
async fn enrol(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Body(again): Body<PasswordAgain>,
) -> Result<(StatusCode, Json<Enrolment>), Problem> {
    let user = me::confirmed(&app, &caller, &client, ("password", &again.password)).await?;
    if user.totp_on {
        return Err(Problem::conflict("A second factor is in force. Disable it first."));
    }
    let totp = Totp::new(app.clock.secret().map_err(Problem::internal)?);
    let (secret, url) = (Hidden::new(totp.to_base32()), Hidden::new(totp.to_url(&user.email)));
    let after = User { totp_secret: Some(totp.to_hex()), totp_step: 0, ..user.clone() };
    keep(&app, &caller, "enrol-totp", &user, after).await?;
    Ok((StatusCode::CREATED, Json(Enrolment { secret, url })))
}

/// A code of the authenticator app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Code {
    code: Hidden,
}

/// Puts the enrolled second factor in force, proved by a code.
#[utoipa::path(post, path = "/me/totp/confirm", request_body = Code,
    responses((status = 204, description = "In force.")))]
async fn confirm(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Body(sent): Body<Code>,
) -> Result<StatusCode, Problem> {
    let user = me::own(&app, &caller).await?;
    super::login::throttle(&app, &user.email, &client)?;
    if user.totp_on {
        return Err(Problem::conflict("The second factor is in force already."));
    }
    let enrolled = user.totp_secret.as_deref().and_then(Totp::from_hex);
    let enrolled = enrolled.ok_or_else(|| Problem::conflict("Enrol a second factor first."))?;
    let step = enrolled
        .check(sent.code.reveal(), 0, app.clock.now_ms())
        .ok_or_else(|| Problem::fault("code", "is wrong or too old"))?;
    app.access.throttle.succeeded(&user.email);
    let totp_step = i64::try_from(step).unwrap_or(i64::MAX);
    let after = User { totp_on: true, totp_step, ..user.clone() };
    keep(&app, &caller, "confirm-totp", &user, after).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the caller's second factor out of force.
#[utoipa::path(post, path = "/me/totp/disable", request_body = PasswordAgain,
    responses((status = 204, description = "Out of force.")))]
async fn disable(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Body(again): Body<PasswordAgain>,
) -> Result<StatusCode, Problem> {
    let user = me::confirmed(&app, &caller, &client, ("password", &again.password)).await?;
    let after = User { totp_secret: None, totp_on: false, totp_step: 0, ..user.clone() };
    keep(&app, &caller, "disable-totp", &user, after).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Saves `after` in place of `before`, with its line in the audit log.
async fn keep(
    app: &App,
    caller: &Caller,
    action: &str,
    before: &User,
    after: User,
) -> Result<(), Problem> {
    let after = User { version: before.version + 1, ..after };
    let mut transaction = app.database.begin_write().await?;
    super::accounts::save(&mut transaction, before.version, &after).await?;
    let (old, new) = (shown(before), shown(&after));
    audit::record(&mut transaction, caller, action, "users", &before.id, Some(&old), Some(&new))
        .await?;
    transaction.commit().await?;
    Ok(())
}

fn shown(user: &users::User) -> serde_json::Value {
    serde_json::json!({"totp": user.totp_on})
}
