//! Users in SQL. Email is the log-in name and unique in lower case.
//! Promise: a save names the version it was based on; a stale one changes nothing.

use super::{Role, role_of};
use crate::store::Database;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// A person who may log in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Their ID.
    pub id: String,
    /// Counts saves by administrators.
    pub version: i64,
    /// Log-in name, lower case.
    pub email: String,
    /// What the console calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// argon2id in PHC form.
    pub password: String,
    /// Secret of the second factor in hex, also while it is not confirmed.
    pub totp_secret: Option<String>,
    /// Whether log-in asks for a code.
    pub totp_on: bool,
    /// Newest 30-second step whose code was used.
    pub totp_step: i64,
    /// When they were added, Unix milliseconds.
    pub created_ms: i64,
}

const COLUMNS: &str = "id, version, email, name, role, password, totp_secret, totp_on, totp_step, \
                       created_ms";

fn read(row: &AnyRow) -> Result<User, sqlx::Error> {
    Ok(User {
        id: row.try_get("id")?,
        version: row.try_get("version")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        role: role_of(row)?,
        password: row.try_get("password")?,
        totp_secret: row.try_get("totp_secret")?,
        totp_on: row.try_get::<i64, _>("totp_on")? != 0,
        totp_step: row.try_get("totp_step")?,
        created_ms: row.try_get("created_ms")?,
    })
}

/// The email belongs to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken;

/// Adds a user.
/// # Errors
/// The database fails; the inner error says that the email is taken.
pub async fn insert(
    connection: &mut AnyConnection,
    user: &User,
) -> Result<Result<(), Taken>, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO users (id, version, email, name, role, password, totp_secret, totp_on,
                            totp_step, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (email) DO NOTHING",
    )
    .bind(&user.id)
    .bind(user.version)
    .bind(&user.email)
    .bind(&user.name)
    .bind(user.role.as_str())
    .bind(&user.password)
    .bind(&user.totp_secret)
    .bind(i64::from(user.totp_on))
    .bind(user.totp_step)
    .bind(user.created_ms)
    .execute(connection)
    .await?;
    Ok(if done.rows_affected() == 1 { Ok(()) } else { Err(Taken) })
}

/// Writes all of `user` where the row still is at version `expected`. Returns whether it was.
/// # Errors
/// The database fails; the inner error says that the email is taken.
pub async fn update(
    connection: &mut AnyConnection,
    expected: i64,
    user: &User,
) -> Result<Result<bool, Taken>, sqlx::Error> {
    let others: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE email = $1 AND id <> $2")
            .bind(&user.email)
            .bind(&user.id)
            .fetch_one(&mut *connection)
            .await?;
    if others > 0 {
        return Ok(Err(Taken));
    }
    let done = sqlx::query(
        "UPDATE users SET version = $1, email = $2, name = $3, role = $4, password = $5,
                          totp_secret = $6, totp_on = $7, totp_step = $8
         WHERE id = $9 AND version = $10",
    )
    .bind(user.version)
    .bind(&user.email)
    .bind(&user.name)
    .bind(user.role.as_str())
    .bind(&user.password)
    .bind(&user.totp_secret)
    .bind(i64::from(user.totp_on))
    .bind(user.totp_step)
    .bind(&user.id)
    .bind(expected)
    .execute(connection)
    .await?;
    Ok(Ok(done.rows_affected() == 1))
}

/// Removes a user; their sessions end. Returns whether there was one.
/// # Errors
/// The database fails.
pub async fn remove(connection: &mut AnyConnection, id: &str) -> Result<bool, sqlx::Error> {
    super::sessions::end_all(connection, id, None).await?;
    let done = sqlx::query("DELETE FROM users WHERE id = $1").bind(id).execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

/// Marks `step` as used, unless it or a later one was used before. Returns whether it was free:
/// two log-ins at once with the same code cannot both win.
/// # Errors
/// The database fails.
pub async fn use_step(
    connection: &mut AnyConnection,
    id: &str,
    step: u64,
) -> Result<bool, sqlx::Error> {
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    let done = sqlx::query("UPDATE users SET totp_step = $1 WHERE id = $2 AND totp_step < $1")
        .bind(step)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// One user by ID.
/// # Errors
/// The database fails.
pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<User>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

/// One user by email (lower case).
/// # Errors
/// The database fails.
pub async fn by_email(
    connection: &mut AnyConnection,
    email: &str,
) -> Result<Option<User>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE email = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(email).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

/// All users by email.
/// # Errors
/// The database fails.
pub async fn list(database: &Database) -> Result<Vec<User>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM users ORDER BY email");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&database.pool).await?;
    rows.iter().map(read).collect()
}

/// How many owners there are.
/// # Errors
/// The database fails.
pub async fn owners(connection: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE role = 'owner'")
        .fetch_one(connection)
        .await
}

/// How many users there are.
/// # Errors
/// The database fails.
pub async fn count(connection: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(connection).await
}
