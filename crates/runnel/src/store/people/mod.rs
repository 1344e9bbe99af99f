//! Users, API keys, log-in sessions and the set-up token in SQL.
//! Promise: secrets are stored only as hashes, and leave as plain text only in the moment they are
//! made (a TOTP secret is the exception: codes cannot be checked from a hash).

pub mod keys;
mod role;
pub mod secret;
pub mod sessions;
pub mod setup;
pub mod users;

pub use role::{Caller, Role, Via};

use super::Database;
use sqlx::any::AnyRow;
use sqlx::query::Query;
use sqlx::{Any, Row};
use std::time::Duration;

/// The role column of a row.
fn role_of(row: &AnyRow) -> Result<Role, sqlx::Error> {
    let text: String = row.try_get("role")?;
    text.parse().map_err(|error: String| sqlx::Error::Decode(error.into()))
}

/// Longest that a call waits for the note of who made it, behind others that write.
const NOTE_PATIENCE: Duration = Duration::from_secs(1);

/// Writes down that somebody came. Nobody's call depends on it: where the database takes no writes, it
/// can still be read.
async fn note(database: &Database, note: Query<'_, Any, <Any as sqlx::Database>::Arguments>) {
    let written = async {
        let _turn = database.turn.lock().await;
        note.execute(&database.pool).await
    };
    match tokio::time::timeout(NOTE_PATIENCE, written).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the last use of a key or log-in is not noted"),
        Err(_) => tracing::warn!("the last use of a key or log-in is not noted in time"),
    }
}
