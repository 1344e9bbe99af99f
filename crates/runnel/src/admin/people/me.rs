//! Who the caller is, and their own password.

use super::login;
use crate::access::{Busy, Hidden, acceptable};
use crate::admin::client::Client;
use crate::admin::{AdminRouter, Body, Caller, Role, Via};
use crate::app::App;
use crate::error::Problem;
use crate::store::audit;
use crate::store::people::{sessions, users};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use users::User;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Viewer, routes!(me)).at(Role::Viewer, routes!(change_password))
}

/// The caller.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// ID of the user or key.
    id: String,
    /// The user's email or the key's name.
    name: String,
    role: Role,
    via: Via,
    /// What the console calls the user; empty for a key.
    #[serde(rename = "displayName")]
    display_name: String,
    /// Whether log-in asks for a code.
    totp: bool,
}

/// `caller`, who is `user` unless they are a key.
pub(super) fn described(caller: &Caller, user: Option<&User>) -> Me {
    Me {
        id: caller.id.clone(),
        name: caller.name.clone(),
        role: caller.role,
        via: caller.via,
        display_name: user.map(|user| user.name.clone()).unwrap_or_default(),
        totp: user.is_some_and(|user| user.totp_on),
    }
}

/// Tells who the caller is and what they may do.
#[utoipa::path(get, path = "/me", responses((status = 200, description = "The caller.", body = Me)))]
async fn me(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Me>, Problem> {
    let mut connection = app.database.pool.acquire().await?;
    let user = match caller.via {
        Via::Session => users::find(&mut connection, &caller.id).await?,
        Via::Key | Via::CommandLine | Via::Program => None,
    };
    Ok(Json(described(&caller, user.as_ref())))
}

impl From<Busy> for Problem {
    fn from(busy: Busy) -> Self {
        Self::too_many(busy.to_string(), 1000)
    }
}

/// The caller as a user, after they proved again that they know the password: what protects the
/// account itself asks for more than an open session.
/// # Errors
/// 409 for a key, 429 after too many attempts, 400 for a wrong password.
pub(super) async fn confirmed(
    app: &App,
    caller: &Caller,
    client: &Client,
    (field, password): (&str, &Hidden),
) -> Result<User, Problem> {
    let user = own(app, caller).await?;
    login::throttle(app, &user.email, client)?;
    if !app.access.passwords.check(password, Some(user.password.clone())).await? {
        return Err(Problem::fault(field, "is wrong"));
    }
    app.access.throttle.succeeded(&user.email);
    Ok(user)
}

/// The caller as a user.
/// # Errors
/// 409 for a key: it has no account.
pub(super) async fn own(app: &App, caller: &Caller) -> Result<User, Problem> {
    if caller.via != Via::Session {
        return Err(Problem::conflict("An API key has no account of its own. Log in."));
    }
    let mut connection = app.database.pool.acquire().await?;
    users::find(&mut connection, &caller.id).await?.ok_or_else(Problem::unauthenticated)
}

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    current: Hidden,
    /// At least 10 characters.
    new: Hidden,
}

/// Changes the caller's own password and ends their other sessions.
#[utoipa::path(put, path = "/me/password", request_body = PasswordChange,
    responses((status = 204, description = "Changed.")))]
async fn change_password(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Body(change): Body<PasswordChange>,
) -> Result<StatusCode, Problem> {
    acceptable(&change.new).map_err(|why| Problem::fault("new", why))?;
    let user = confirmed(&app, &caller, &client, ("current", &change.current)).await?;
    let secret = app.clock.secret().map_err(Problem::internal)?;
    let password = app.access.passwords.hash(&change.new, secret).await?;
    let mut transaction = app.database.begin_write().await?;
    let version = user.version;
    let changed = User { password, version: version + 1, ..user };
    super::accounts::save(&mut transaction, version, &changed).await?;
    sessions::end_all(&mut transaction, &caller.id, caller.session.as_deref()).await?;
    audit::record(&mut transaction, &caller, "change-password", "users", &caller.id, None, None)
        .await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
