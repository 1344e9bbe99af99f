//! Bulk operations: what they were, what they changed, and whether they were taken back.

use super::follow::read_entry;
use super::history::standing;
use super::job::Restore;
use super::look_up::read_hit;
use super::underway::Working;
use crate::store::Database;
use crate::store::audit;
use crate::store::people::Caller;
use rules::ids::EntityId;
use serde_json::Value;
use sqlx::Row;
use std::collections::BTreeMap;

/// A bulk operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its ID.
    pub id: EntityId,
    /// When it was ordered, Unix milliseconds.
    pub at_ms: u64,
    /// `conversions`, `events`, `replay`, `status-words` or `undo`.
    pub kind: String,
    /// Who ordered it.
    pub actor: String,
    /// What was ordered.
    pub summary: Value,
    /// The operation that took it back; empty while it stands.
    pub undone_by: String,
}

/// Notes that `caller` ordered an operation, with its line in the audit log. It is at work until what
/// is returned is dropped.
/// # Errors
/// The database fails; nothing was noted, and nothing must be done.
pub async fn begin_operation(
    database: &Database,
    caller: &Caller,
    id: EntityId,
    kind: &str,
    summary: &Value,
) -> Result<Working, sqlx::Error> {
    let working = database.operations.begin(id);
    let mut transaction = database.pool.begin_with("BEGIN IMMEDIATE").await?;
    let sql = "INSERT INTO operations (id, at_ms, kind, actor, summary, undone_by) \
         VALUES ($1, $2, $3, $4, $5, '')";
    sqlx::query(sql)
        .bind(id.to_string())
        .bind(caller.at_ms as i64)
        .bind(kind)
        .bind(&caller.name)
        .bind(summary.to_string())
        .execute(&mut *transaction)
        .await?;
    let target = id.to_string();
    audit::record(&mut transaction, caller, "update", kind, &target, None, Some(summary)).await?;
    transaction.commit().await?;
    Ok(working)
}

/// The operation `id`.
/// # Errors
/// The database fails.
pub async fn operation(
    database: &Database,
    id: EntityId,
) -> Result<Option<Operation>, sqlx::Error> {
    let sql = "SELECT at_ms, kind, actor, summary, undone_by FROM operations WHERE id = $1";
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(&database.pool).await?;
    row.map(|row| {
        let summary: String = row.try_get("summary")?;
        Ok(Operation {
            id,
            at_ms: row.try_get::<i64, _>("at_ms")? as u64,
            kind: row.try_get("kind")?,
            actor: row.try_get("actor")?,
            summary: serde_json::from_str(&summary).unwrap_or(Value::Null),
            undone_by: row.try_get("undone_by")?,
        })
    })
    .transpose()
}

/// Notes that the operation `id`, as far as entry `last_seq`, was taken back by `undo`. The first to
/// do so stays noted; where the operation made further entries meanwhile, it stands.
/// # Errors
/// The database fails.
pub async fn mark_undone(
    database: &Database,
    id: EntityId,
    undo: EntityId,
    last_seq: i64,
) -> Result<(), sqlx::Error> {
    let sql = "UPDATE operations SET undone_by = $1 WHERE id = $2 AND undone_by = '' AND NOT \
         EXISTS (SELECT 1 FROM entries e WHERE e.operation = $2 AND e.seq > $3)";
    let query = sqlx::query(sql).bind(undo.to_string()).bind(id.to_string()).bind(last_seq);
    query.execute(&database.pool).await.map(drop)
}

/// What takes the operation back: each conversion to its standing before the operation's first
/// entry, if the operation's last entry is still the conversion's last.
/// # Errors
/// The database fails.
pub async fn restores(database: &Database, id: EntityId) -> Result<Vec<Restore>, sqlx::Error> {
    let sql = "SELECT e.*, c.hit, (SELECT p.body FROM entries p \
         WHERE p.conversion = e.conversion AND p.seq < e.seq ORDER BY p.seq DESC LIMIT 1) \
         AS previous FROM entries e JOIN conversions c ON c.id = e.conversion \
         WHERE e.operation = $1 ORDER BY e.seq";
    let rows = sqlx::query(sql).bind(id.to_string()).fetch_all(&database.pool).await?;
    let mut restores: BTreeMap<String, Restore> = BTreeMap::new();
    for row in rows {
        let conversion: String = row.try_get("conversion")?;
        let last_seq: i64 = row.try_get("seq")?;
        if let Some(known) = restores.get_mut(&conversion) {
            known.last_seq = last_seq;
            continue;
        }
        let previous: Option<Vec<u8>> = row.try_get("previous")?;
        let restore = Restore {
            conversion: conversion.parse().map_err(|_| sqlx::Error::RowNotFound)?,
            hit: read_hit(&row.try_get::<String, _>("hit")?)?,
            last_seq,
            to: standing(&row, "before")?,
            tx: previous.map(|body| read_entry(&body)).transpose()?.and_then(|entry| entry.tx),
        };
        restores.insert(conversion, restore);
    }
    Ok(restores.into_values().collect())
}
