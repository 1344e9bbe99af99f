//! First start: a one-time token makes the owner (product.md §14).
//! Promise: works once; when any user exists it works no more.

use super::login::{begin, throttle};
use super::me::Me;
use crate::access::{Email, Hidden, acceptable};
use crate::admin::client::{Client, NotForeign};
use crate::admin::{AdminRouter, Body, Caller, Role};
use crate::app::App;
use crate::error::Problem;
use crate::store::audit;
use crate::store::people::{setup, users};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use users::User;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().public(routes!(state, set_up))
}

/// The set-up link to print at start, while there is no user; earlier links stop working.
/// `admin` is the address of API and console.
/// # Errors
/// The database fails.
pub async fn link(app: &App, admin: SocketAddr) -> anyhow::Result<Option<String>> {
    let token = setup::offer(&app.database, &app.clock).await?;
    Ok(token.map(|token| format!("http://{admin}/setup?token={token}")))
}

/// Whether the server waits for its owner.
#[derive(Serialize, ToSchema)]
struct SetupState {
    needed: bool,
}

/// Tells whether the server waits for its owner.
#[utoipa::path(get, path = "/setup",
    responses((status = 200, description = "The state.", body = SetupState)))]
async fn state(State(app): State<Arc<App>>) -> Result<Json<SetupState>, Problem> {
    let mut connection = app.database.pool.acquire().await?;
    Ok(Json(SetupState { needed: users::count(&mut connection).await? == 0 }))
}

/// The owner to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetUp {
    /// From the link that the server printed.
    token: Hidden,
    email: Email,
    /// At least 10 characters.
    password: Hidden,
    #[serde(default)]
    name: String,
}

/// Makes the owner and logs them in. Works once, with the token that the server printed.
#[utoipa::path(post, path = "/setup", request_body = SetUp,
    responses((status = 201, description = "The owner, logged in.", body = Me)))]
async fn set_up(
    State(app): State<Arc<App>>,
    _: NotForeign,
    client: Client,
    Body(asked): Body<SetUp>,
) -> Result<impl IntoResponse, Problem> {
    acceptable(&asked.password).map_err(|why| Problem::fault("password", why))?;
    super::accounts::check_name(&asked.name)?;
    throttle(&app, "set-up", &client)?;
    let secret = app.clock.secret().map_err(Problem::internal)?;
    let password = app.access.passwords.hash(&asked.password, secret).await?;
    let mut transaction = app.database.begin_write().await?;
    if !setup::redeem(&mut transaction, asked.token.reveal()).await? {
        return Err(Problem::fault("token", "is not valid (any more)"));
    }
    let owner = owner(&app, &asked, password);
    users::insert(&mut transaction, &owner)
        .await?
        .map_err(|users::Taken| Problem::fault("email", "belongs to somebody else"))?;
    let after = serde_json::json!({"email": owner.email, "role": owner.role});
    let by = Caller::command_line(app.clock.now_ms());
    audit::record(&mut transaction, &by, "set-up", "users", &owner.id, None, Some(&after)).await?;
    let begun = begin(&app, &mut transaction, &owner, &client).await?;
    transaction.commit().await?;
    app.access.throttle.succeeded("set-up");
    Ok((StatusCode::CREATED, begun))
}

fn owner(app: &App, asked: &SetUp, password: String) -> User {
    User {
        id: app.clock.entity_id().to_string(),
        version: 1,
        email: asked.email.to_string(),
        name: asked.name.clone(),
        role: Role::Owner,
        password,
        totp_secret: None,
        totp_on: false,
        totp_step: 0,
        created_ms: app.clock.now_ms() as i64,
    }
}
