//! Bulk changes of what visits cost, in SQL: the ledger's part that facts expand.
//! Promise: a number that was seen is never followed by a smaller one; nothing is overwritten.

use super::Database;
use rules::cost_change::CostChange;
use rules::ids::EntityId;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A change with what it came to when it was said.
#[derive(Clone, Debug)]
pub struct Said {
    /// The change.
    pub change: CostChange,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// By whom.
    pub actor: String,
    /// Visits that fit.
    pub visits: i64,
    /// What they cost before, micro-units.
    pub cost_before: i64,
    /// What they cost after.
    pub cost_after: i64,
    /// The change that took it back.
    pub undone_by: Option<String>,
}

const COLUMNS: &str = "number, body, at_ms, actor, visits, cost_before, cost_after, undone_by";

/// Up to `most` changes numbered above `number`, in order, and those that cannot be read as such.
/// # Errors
/// The database fails.
pub async fn after(
    database: &Database,
    number: i64,
    most: u32,
) -> Result<Vec<(i64, Result<CostChange, serde_json::Error>)>, sqlx::Error> {
    let sql = "SELECT number, body FROM cost_changes WHERE number > $1 ORDER BY number LIMIT $2";
    let query = sqlx::query(sql).bind(number).bind(i64::from(most));
    let rows = query.fetch_all(&database.pool).await?;
    let read = |row: &AnyRow| {
        let body: String = row.try_get("body")?;
        Ok((row.try_get("number")?, serde_json::from_str(&body)))
    };
    rows.iter().map(read).collect()
}

/// The latest `most` changes, newest first.
/// # Errors
/// The database fails, or a change cannot be read.
pub async fn latest(database: &Database, most: u32) -> Result<Vec<Said>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM cost_changes ORDER BY number DESC LIMIT $1");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(most));
    query.fetch_all(&database.pool).await?.iter().map(said).collect()
}

/// The change `id`.
/// # Errors
/// The database fails, or the change cannot be read.
pub async fn find(
    connection: &mut sqlx::AnyConnection,
    id: EntityId,
) -> Result<Option<Said>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM cost_changes WHERE id = $1");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string());
    query.fetch_optional(connection).await?.as_ref().map(said).transpose()
}

/// Adds a change after all others.
/// # Errors
/// The database fails; the transaction must then be given up.
pub async fn add(connection: &mut sqlx::AnyConnection, new: &Said) -> Result<(), sqlx::Error> {
    let body = serde_json::to_string(&new.change).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let next = "INSERT INTO cost_changes
         (number, id, at_ms, actor, body, visits, cost_before, cost_after, undone_by)
         SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3, $4, $5, $6, $7, '' FROM cost_changes";
    sqlx::query(next)
        .bind(new.change.id.to_string())
        .bind(new.at_ms)
        .bind(&new.actor)
        .bind(body)
        .bind(new.visits)
        .bind(new.cost_before)
        .bind(new.cost_after)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes that `id` was taken back; false if it already was.
/// # Errors
/// The database fails; the transaction must then be given up.
pub async fn mark_undone(
    connection: &mut sqlx::AnyConnection,
    id: EntityId,
    undo: EntityId,
) -> Result<bool, sqlx::Error> {
    let sql = "UPDATE cost_changes SET undone_by = $1 WHERE id = $2 AND undone_by = ''";
    let query = sqlx::query(sql).bind(undo.to_string()).bind(id.to_string());
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

fn said(row: &AnyRow) -> Result<Said, sqlx::Error> {
    let body: String = row.try_get("body")?;
    let undone_by: String = row.try_get("undone_by")?;
    Ok(Said {
        change: serde_json::from_str(&body).map_err(|e| sqlx::Error::Decode(e.into()))?,
        at_ms: row.try_get("at_ms")?,
        actor: row.try_get("actor")?,
        visits: row.try_get("visits")?,
        cost_before: row.try_get("cost_before")?,
        cost_after: row.try_get("cost_after")?,
        undone_by: (!undone_by.is_empty()).then_some(undone_by),
    })
}
