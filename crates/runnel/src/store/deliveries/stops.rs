//! Destinations that are called no more until somebody enables them again.
//! Promise: what is owed to them stays owed.

use crate::store::Database;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::HashMap;

/// Why a destination is not called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Since when, Unix milliseconds.
    pub at_ms: u64,
    /// For people.
    pub reason: String,
    /// Who asked for it; empty for the destination itself.
    pub actor: String,
}

/// Every destination that is stopped.
/// # Errors
/// The database fails.
pub async fn stops(database: &Database) -> Result<HashMap<String, Stop>, sqlx::Error> {
    let sql = "SELECT destination, at_ms, reason, actor FROM delivery_stops";
    let rows = sqlx::query(sql).fetch_all(&database.outbox).await?;
    let read = |row: &AnyRow| {
        let at_ms = row.try_get::<i64, _>("at_ms")?.max(0) as u64;
        let stop = Stop { at_ms, reason: row.try_get("reason")?, actor: row.try_get("actor")? };
        Ok((row.try_get("destination")?, stop))
    };
    rows.iter().map(read).collect()
}

/// Stops `destination`; the first reason stays.
/// # Errors
/// The database fails.
pub async fn stop(database: &Database, destination: &str, stop: &Stop) -> Result<(), sqlx::Error> {
    insert(&mut *database.outbox.acquire().await?, destination, stop).await
}

/// Notes the stop within a transaction.
/// # Errors
/// The database fails.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    destination: &str,
    stop: &Stop,
) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO delivery_stops (destination, at_ms, reason, actor) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (destination) DO NOTHING";
    let query = sqlx::query(sql).bind(destination).bind(stop.at_ms as i64);
    let query = query.bind(stop.reason.as_str()).bind(stop.actor.as_str());
    query.execute(connection).await.map(drop)
}

/// Takes the stop away.
/// # Errors
/// The database fails.
pub async fn enable(database: &Database, destination: &str) -> Result<(), sqlx::Error> {
    let sql = "DELETE FROM delivery_stops WHERE destination = $1";
    sqlx::query(sql).bind(destination).execute(&database.outbox).await.map(drop)
}
