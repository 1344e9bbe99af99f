//! Making users and letting them in again: the API's part and the command line's.
//! Promise: nobody hands out a role above their own; a password is shown once, if it was made here.

use crate::access::{Email, Hidden, Passwords, acceptable};
use crate::admin::{Caller, Role};
use crate::app::App;
use crate::clock::Clock;
use crate::error::Problem;
use crate::store::people::users::{self, User};
use crate::store::people::{secret, sessions};
use crate::store::{Database, audit};
use serde::Deserialize;
use sqlx::AnyConnection;
use utoipa::ToSchema;

const MOST_NAME_CHARACTERS: usize = 200;

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

pub(super) async fn hashed(tools: Tools<'_>, password: &Hidden) -> Result<String, Problem> {
    let random = tools.clock.secret().map_err(Problem::internal)?;
    Ok(tools.passwords.hash(password, random).await?)
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

/// Refuses a role above the caller's own.
pub(super) fn reach(caller: &Caller, role: Role) -> Result<(), Problem> {
    if role > caller.role {
        return Err(Problem::forbidden("That role is above your own."));
    }
    Ok(())
}

/// What the audit log keeps of a user.
pub(super) fn audited(user: &User) -> serde_json::Value {
    serde_json::json!({"email": user.email, "name": user.name, "role": user.role,
        "totp": user.totp_on})
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
