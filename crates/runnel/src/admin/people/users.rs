//! Users: list, add, change, remove.
//! Promise: nobody hands out or touches a role above their own; the last owner stays.

use crate::access::{Email, Hidden, Passwords, acceptable};
use crate::admin::moment::shown;
use crate::admin::{AdminRouter, Body, Caller, Role, Segment};
use crate::app::App;
use crate::clock::Clock;
use crate::error::Problem;
use crate::store::people::users::{self, User};
use crate::store::people::{secret, sessions};
use crate::store::{Database, audit};
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

const MOST_NAME_CHARACTERS: usize = 200;

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

fn audited(user: &User) -> serde_json::Value {
    serde_json::json!({"email": user.email, "name": user.name, "role": user.role,
        "totp": user.totp_on})
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

/// A user to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
pub struct New {
    /// Log-in name.
    pub email: Email,
    /// What the console calls them.
    #[serde(default)]
    pub name: String,
    /// Not above the caller's own.
    pub role: Role,
    /// At least 10 characters; left out, one is made and shown once.
    pub password: Option<Hidden>,
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

/// What making a user takes: the command line has it without a running server.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// Where users are.
    pub database: &'a Database,
    /// Time and chance.
    pub clock: &'a Clock,
    /// Hashes passwords.
    pub passwords: &'a Passwords,
}

impl<'a> Tools<'a> {
    /// Those of a running server.
    pub fn of(app: &'a App) -> Self {
        Self { database: &app.database, clock: &app.clock, passwords: &app.access.passwords }
    }
}

/// Adds a user for `caller`; returns the password too if it was made here.
/// # Errors
/// 400 for an email that is taken or a password that cannot be; 403 for a role above the caller's.
pub async fn create(
    tools: Tools<'_>,
    caller: &Caller,
    new: New,
) -> Result<(User, Option<Hidden>), Problem> {
    check_name(&new.name)?;
    reach(caller, new.role)?;
    let (password, made) = password_or_new(tools.clock, new.password)?;
    let user = User {
        id: tools.clock.entity_id().to_string(),
        version: 1,
        email: new.email.to_string(),
        name: new.name,
        role: new.role,
        password: hashed(tools, &password).await?,
        totp_secret: None,
        totp_on: false,
        totp_step: 0,
        created_ms: caller.at_ms as i64,
    };
    let mut transaction = tools.database.begin_write().await?;
    users::insert(&mut transaction, &user).await?.map_err(|users::Taken| taken())?;
    let after = audited(&user);
    audit::record(&mut transaction, caller, "create", "users", &user.id, None, Some(&after))
        .await?;
    transaction.commit().await?;
    Ok((user, made.then_some(password)))
}

fn password_or_new(clock: &Clock, sent: Option<Hidden>) -> Result<(Hidden, bool), Problem> {
    match sent {
        Some(sent) => {
            acceptable(&sent).map_err(|why| Problem::fault("password", why))?;
            Ok((sent, false))
        }
        None => {
            let made = secret::make(clock, "").map_err(Problem::internal)?;
            // 128 bits are plenty for something that is typed and then changed.
            Ok((Hidden::new(&made[..32]), true))
        }
    }
}

async fn hashed(tools: Tools<'_>, password: &Hidden) -> Result<String, Problem> {
    let random = tools.clock.secret().map_err(Problem::internal)?;
    Ok(tools.passwords.hash(password, random).await?)
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

/// Gives the user with this email a password (made here unless sent), takes their second factor away
/// and ends their sessions: the way back in for somebody who lost either.
/// # Errors
/// 404 if there is none; 400 for a password that cannot be.
pub async fn reset(
    tools: Tools<'_>,
    caller: &Caller,
    email: &Email,
    sent: Option<Hidden>,
) -> Result<Option<Hidden>, Problem> {
    let (password, made) = password_or_new(tools.clock, sent)?;
    let hash = hashed(tools, &password).await?;
    let mut transaction = tools.database.begin_write().await?;
    let before = users::by_email(&mut transaction, email.as_str()).await?;
    let before = before.ok_or_else(|| Problem::not_found("user"))?;
    let after = User {
        version: before.version + 1,
        password: hash,
        totp_secret: None,
        totp_on: false,
        ..before.clone()
    };
    save(&mut transaction, before.version, &after).await?;
    sessions::end_all(&mut transaction, &after.id, None).await?;
    audit::record(&mut transaction, caller, "reset-password", "users", &after.id, None, None)
        .await?;
    transaction.commit().await?;
    Ok(made.then_some(password))
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

/// Refuses a role above the caller's own.
pub(super) fn reach(caller: &Caller, role: Role) -> Result<(), Problem> {
    if role > caller.role {
        return Err(Problem::forbidden("That role is above your own."));
    }
    Ok(())
}

async fn keep_an_owner(connection: &mut AnyConnection) -> Result<(), Problem> {
    if users::owners(connection).await? <= 1 {
        return Err(Problem::conflict("The last owner must stay. Make another one first."));
    }
    Ok(())
}

fn taken() -> Problem {
    Problem::fault("email", "belongs to somebody else")
}

/// Writes a user who was at version `expected`.
pub(super) async fn save(
    connection: &mut AnyConnection,
    expected: i64,
    user: &User,
) -> Result<(), Problem> {
    match users::update(connection, expected, user).await? {
        Ok(true) => Ok(()),
        Ok(false) => Err(Problem::conflict("Somebody changed this user since. Load them again.")),
        Err(users::Taken) => Err(taken()),
    }
}

/// Refuses names that are too long or hold control characters.
pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    if name.chars().count() > MOST_NAME_CHARACTERS || name.contains(char::is_control) {
        let message = format!("takes at most {MOST_NAME_CHARACTERS} characters, on one line");
        return Err(Problem::fault("name", message));
    }
    Ok(())
}
