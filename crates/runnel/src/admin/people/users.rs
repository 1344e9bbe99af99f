//! Users: list, add, change, remove.
//! Promise: nobody hands out or touches a role above their own; the last owner stays.

use super::accounts::{New, Tools, audited, check_name, create, hashed, reach, save};
use crate::access::{Email, Hidden, acceptable};
use crate::admin::moment::shown;
use crate::admin::{AdminRouter, Body, Caller, Role, Segment};
use crate::app::App;
use crate::error::Problem;
use crate::store::audit;
use crate::store::people::sessions;
use crate::store::people::users::{self, User};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Admin, routes!(list, add))
        .at(Role::Admin, routes!(get, change, remove))
}

/// A person who may log in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
struct Shown {
    id: String,
    /// To be sent back with a change.
    version: i64,
    email: String,
    name: String,
    role: Role,
    /// Whether log-in asks for a code.
    totp: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&User> for Shown {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            version: user.version,
            email: user.email.clone(),
            name: user.name.clone(),
            role: user.role,
            totp: user.totp_on,
            created_at: shown(user.created_ms),
        }
    }
}

/// Users, by email.
#[derive(Serialize, ToSchema)]
struct Users {
    items: Vec<Shown>,
    total: usize,
}

/// Lists users.
#[utoipa::path(get, path = "/users",
    responses((status = 200, description = "By email.", body = Users)))]
async fn list(State(app): State<Arc<App>>) -> Result<Json<Users>, Problem> {
    let items: Vec<_> = users::list(&app.database).await?.iter().map(Shown::from).collect();
    Ok(Json(Users { total: items.len(), items }))
}

/// Shows one user.
#[utoipa::path(get, path = "/users/{id}", params(("id" = EntityId, Path)),
    responses((status = 200, description = "The user.", body = Shown)))]
async fn get(
    State(app): State<Arc<App>>,
    Segment(id): Segment<EntityId>,
) -> Result<Json<Shown>, Problem> {
    let mut connection = app.database.pool.acquire().await?;
    let user = users::find(&mut connection, id.as_str()).await?;
    Ok(Json(Shown::from(&user.ok_or_else(|| Problem::not_found("user"))?)))
}

/// The added user.
#[derive(Serialize, ToSchema)]
#[schema(as = AddedUser)]
struct Added {
    #[serde(flatten)]
    user: Shown,
    /// The password that was made, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Hidden>,
}

/// Adds a user.
#[utoipa::path(post, path = "/users", request_body = New,
    responses((status = 201, description = "Added.", body = Added)))]
async fn add(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<Added>), Problem> {
    let (user, password) = create(Tools::of(&app), &caller, new).await?;
    Ok((StatusCode::CREATED, Json(Added { user: Shown::from(&user), password })))
}

/// A change of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChange)]
struct Change {
    /// The version that the change is based on.
    version: i64,
    email: Email,
    #[serde(default)]
    name: String,
    /// Not above the caller's own.
    role: Role,
    /// A new password; left out, the old one stays. Ends the user's sessions.
    password: Option<Hidden>,
    /// `false` takes the second factor away (a lost phone); only the user can enrol one.
    totp: Option<bool>,
}

/// Changes a user. A new password, role or lost second factor ends their sessions.
#[utoipa::path(put, path = "/users/{id}", params(("id" = EntityId, Path)), request_body = Change,
    responses((status = 200, description = "Changed.", body = Shown),
              (status = 409, description = "Somebody changed them since.", body = Problem)))]
async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
    Body(change): Body<Change>,
) -> Result<Json<Shown>, Problem> {
    check_name(&change.name)?;
    reach(&caller, change.role)?;
    let hash = match &change.password {
        Some(password) => {
            acceptable(password).map_err(|why| Problem::fault("password", why))?;
            Some(hashed(Tools::of(&app), password).await?)
        }
        None => None,
    };
    let mut transaction = app.database.begin_write().await?;
    let before = reached(&mut transaction, &caller, id).await?;
    let after = changed(&before, change, hash)?;
    if before.role == Role::Owner && after.role != Role::Owner {
        keep_an_owner(&mut transaction).await?;
    }
    save(&mut transaction, after.version - 1, &after).await?;
    if before.password != after.password
        || before.role != after.role
        || before.totp_on != after.totp_on
    {
        sessions::end_all(&mut transaction, &after.id, caller.session.as_deref()).await?;
    }
    let (old, new) = (audited(&before), audited(&after));
    audit::record(&mut transaction, &caller, "update", "users", &after.id, Some(&old), Some(&new))
        .await?;
    transaction.commit().await?;
    Ok(Json(Shown::from(&after)))
}

fn changed(before: &User, change: Change, hash: Option<String>) -> Result<User, Problem> {
    let lost = change.totp == Some(false);
    if change.totp == Some(true) && !before.totp_on {
        return Err(Problem::fault("totp", "only the user can enrol a second factor"));
    }
    Ok(User {
        version: change.version.saturating_add(1),
        email: change.email.to_string(),
        name: change.name,
        role: change.role,
        password: hash.unwrap_or_else(|| before.password.clone()),
        totp_secret: before.totp_secret.clone().filter(|_| !lost),
        totp_on: before.totp_on && !lost,
        ..before.clone()
    })
}

/// Removes a user and ends their sessions. API keys that they made stay.
#[utoipa::path(delete, path = "/users/{id}", params(("id" = EntityId, Path)),
    responses((status = 204, description = "Removed.")))]
async fn remove(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
) -> Result<StatusCode, Problem> {
    let mut transaction = app.database.begin_write().await?;
    let user = reached(&mut transaction, &caller, id).await?;
    if user.role == Role::Owner {
        keep_an_owner(&mut transaction).await?;
    }
    users::remove(&mut transaction, &user.id).await?;
    let before = audited(&user);
    audit::record(&mut transaction, &caller, "delete", "users", &user.id, Some(&before), None)
        .await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The user with this ID, if the caller may touch them.
async fn reached(
    connection: &mut AnyConnection,
    caller: &Caller,
    id: EntityId,
) -> Result<User, Problem> {
    let user = users::find(connection, id.as_str()).await?;
    let user = user.ok_or_else(|| Problem::not_found("user"))?;
    reach(caller, user.role)?;
    Ok(user)
}

async fn keep_an_owner(connection: &mut AnyConnection) -> Result<(), Problem> {
    if users::owners(connection).await? <= 1 {
        return Err(Problem::conflict("The last owner must stay. Make another one first."));
    }
    Ok(())
}
