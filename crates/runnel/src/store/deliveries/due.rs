//! What is due for a destination, oldest first.
//! Promise: never two of one hit, and never one before an earlier one of the same hit is settled.

use crate::store::Database;
use rules::told::Told;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A delivery whose time has come.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its number.
    pub number: i64,
    /// Its ID.
    pub id: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When it came to be owed, Unix milliseconds.
    pub owed_at_ms: u64,
    /// What is told; none if it cannot be read.
    pub told: Option<Box<Told>>,
}

/// Up to `most` deliveries to `destination` that are due at `now_ms`.
/// # Errors
/// The database fails.
pub async fn due(
    database: &Database,
    destination: &str,
    now_ms: u64,
    most: usize,
) -> Result<Vec<Due>, sqlx::Error> {
    let sql = "SELECT d.number, d.id, d.attempts, d.owed_at_ms, p.payload FROM deliveries d \
         LEFT JOIN delivery_payloads p ON p.number = d.number \
         WHERE d.state = 'owed' AND d.destination = $1 AND d.due_ms <= $2 AND NOT EXISTS ( \
             SELECT 1 FROM deliveries e WHERE e.state = 'owed' AND e.destination = d.destination \
             AND e.hit = d.hit AND e.number < d.number) \
         ORDER BY d.due_ms, d.number LIMIT $3";
    let query = sqlx::query(sql).bind(destination).bind(now_ms as i64).bind(most as i64);
    query.fetch_all(&database.outbox).await?.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Due, sqlx::Error> {
    let payload: Option<String> = row.try_get("payload")?;
    Ok(Due {
        number: row.try_get("number")?,
        id: row.try_get("id")?,
        attempts: row.try_get::<i64, _>("attempts")? as u32,
        owed_at_ms: row.try_get::<i64, _>("owed_at_ms")?.max(0) as u64,
        told: payload.and_then(|text| Told::from_json(&text).ok()).map(Box::new),
    })
}

/// When the next delivery to `destination` after `now_ms` is due.
/// # Errors
/// The database fails.
pub async fn next_due(
    database: &Database,
    destination: &str,
    now_ms: u64,
) -> Result<Option<u64>, sqlx::Error> {
    let sql = "SELECT MIN(due_ms) FROM deliveries \
         WHERE state = 'owed' AND destination = $1 AND due_ms > $2";
    let query = sqlx::query_scalar::<_, Option<i64>>(sql).bind(destination).bind(now_ms as i64);
    Ok(query.fetch_one(&database.outbox).await?.map(|due_ms| due_ms.max(0) as u64))
}

/// Every destination to which something is owed.
/// # Errors
/// The database fails.
pub async fn owing(database: &Database) -> Result<Vec<String>, sqlx::Error> {
    let sql = "SELECT DISTINCT destination FROM deliveries WHERE state = 'owed'";
    sqlx::query_scalar(sql).fetch_all(&database.outbox).await
}
