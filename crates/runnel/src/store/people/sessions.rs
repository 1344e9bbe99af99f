//! Log-in sessions in SQL: a random token in the person's cookie, its hash here.
//! Promise: ended, expired or forgotten sessions open nothing; a role changed or a user removed
//! counts from the next request, because every look-up reads the user as well.

use super::{Caller, Via, role_of, secret};
use crate::clock::Clock;
use crate::store::Database;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// Longest life without a request: 7 days.
pub const IDLE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Longest life at all: 30 days.
pub const LIFE_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Sessions per user; the least used gives way.
const MOST_PER_USER: i64 = 20;
/// `used_ms` is written at most this often per session.
const USED_EVERY_MS: i64 = 60_000;
const MOST_AGENT_CHARACTERS: usize = 200;

/// One log-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginSession {
    /// Its ID (not the secret).
    pub id: String,
    /// Begin, Unix milliseconds.
    pub created_ms: i64,
    /// Last request, to the minute, Unix milliseconds.
    pub used_ms: i64,
    /// End if no request follows, Unix milliseconds.
    pub expires_ms: i64,
    /// Address of the log-in.
    pub address: String,
    /// Browser of the log-in.
    pub agent: String,
}

/// Where a log-in comes from, to tell sessions apart.
pub struct From<'a> {
    /// The client's address.
    pub address: String,
    /// Its user agent.
    pub agent: &'a str,
}

/// Begins a session of `user` and returns its ID and its token for the cookie.
/// # Errors
/// The database fails, or the operating system gives no random bits.
pub async fn begin(
    connection: &mut AnyConnection,
    clock: &Clock,
    user: &str,
    from: From<'_>,
) -> Result<(String, String), sqlx::Error> {
    let (id, token) = (clock.entity_id().to_string(), secret::make(clock, "")?);
    let now_ms = clock.now_ms() as i64;
    make_room(&mut *connection, user, now_ms).await?;
    let agent: String = from.agent.chars().take(MOST_AGENT_CHARACTERS).collect();
    sqlx::query(
        "INSERT INTO login_sessions
         (id, user_id, token_hash, created_ms, used_ms, expires_ms, address, agent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&id)
    .bind(user)
    .bind(secret::hash(&token))
    .bind(now_ms)
    .bind(now_ms)
    .bind(now_ms + IDLE_MS)
    .bind(from.address)
    .bind(agent)
    .execute(connection)
    .await?;
    Ok((id, token))
}

/// Drops expired sessions of everybody, and the least used of `user` so that one more fits.
async fn make_room(
    connection: &mut AnyConnection,
    user: &str,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM login_sessions WHERE expires_ms <= $1")
        .bind(now_ms)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "DELETE FROM login_sessions WHERE user_id = $1 AND id NOT IN
         (SELECT id FROM login_sessions WHERE user_id = $1 ORDER BY used_ms DESC, id DESC LIMIT $2)",
    )
    .bind(user)
    .bind(MOST_PER_USER - 1)
    .execute(connection)
    .await?;
    Ok(())
}

/// Who holds the session with this token, if it lives at `now_ms`; prolongs it.
/// # Errors
/// The database fails.
pub async fn caller(
    database: &Database,
    token: &str,
    now_ms: u64,
) -> Result<Option<Caller>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT s.id AS session, s.created_ms AS created_ms, s.used_ms AS used_ms,
                u.id AS id, u.email AS email, u.role AS role
         FROM login_sessions s JOIN users u ON u.id = s.user_id
         WHERE s.token_hash = $1 AND s.expires_ms > $2",
    )
    .bind(secret::hash(token))
    .bind(now_ms as i64)
    .fetch_optional(&database.pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let session: String = row.try_get("session")?;
    prolong(database, &row, &session, now_ms as i64).await?;
    Ok(Some(Caller {
        id: row.try_get("id")?,
        name: row.try_get("email")?,
        role: role_of(&row)?,
        via: Via::Session,
        session: Some(session),
        at_ms: now_ms,
    }))
}

async fn prolong(
    database: &Database,
    row: &AnyRow,
    session: &str,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    if now_ms - row.try_get::<i64, _>("used_ms")? < USED_EVERY_MS {
        return Ok(());
    }
    let end_ms = row.try_get::<i64, _>("created_ms")? + LIFE_MS;
    let note = sqlx::query("UPDATE login_sessions SET used_ms = $1, expires_ms = $2 WHERE id = $3");
    let note = note.bind(now_ms).bind(end_ms.min(now_ms + IDLE_MS)).bind(session);
    super::note(database, note).await;
    Ok(())
}

/// The living sessions of a user, last used first.
/// # Errors
/// The database fails.
pub async fn list(
    database: &Database,
    user: &str,
    now_ms: u64,
) -> Result<Vec<LoginSession>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, created_ms, used_ms, expires_ms, address, agent FROM login_sessions
         WHERE user_id = $1 AND expires_ms > $2 ORDER BY used_ms DESC, id DESC",
    )
    .bind(user)
    .bind(now_ms as i64)
    .fetch_all(&database.pool)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<LoginSession, sqlx::Error> {
    Ok(LoginSession {
        id: row.try_get("id")?,
        created_ms: row.try_get("created_ms")?,
        used_ms: row.try_get("used_ms")?,
        expires_ms: row.try_get("expires_ms")?,
        address: row.try_get("address")?,
        agent: row.try_get("agent")?,
    })
}

/// Ends one session of `user`. Returns whether there was one.
/// # Errors
/// The database fails.
pub async fn end(
    connection: &mut AnyConnection,
    user: &str,
    session: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("DELETE FROM login_sessions WHERE user_id = $1 AND id = $2")
        .bind(user)
        .bind(session)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all sessions of `user`, except the one with the ID `keep`.
/// # Errors
/// The database fails.
pub async fn end_all(
    connection: &mut AnyConnection,
    user: &str,
    keep: Option<&str>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query("DELETE FROM login_sessions WHERE user_id = $1 AND id <> $2")
        .bind(user)
        .bind(keep.unwrap_or_default())
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
