//! Changes of asset rows, each in the caller's transaction.
//! Promise: a save names the version it was based on; a stale one changes nothing.

use super::{Kind, Row};
use rules::ids::EntityId;
use sqlx::AnyConnection;

/// The ID belongs to another asset already (perhaps a deleted one).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken;

/// Adds an asset.
/// # Errors
/// The database fails; the inner error says that the ID is taken.
pub async fn insert(
    connection: &mut AnyConnection,
    row: &Row,
) -> Result<Result<(), Taken>, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO assets (id, kind, version, name, name_folded, archived, deleted_ms, body,
                             created_ms, updated_ms)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9) ON CONFLICT (id) DO NOTHING",
    )
    .bind(row.id.to_string())
    .bind(&row.kind)
    .bind(row.version)
    .bind(&row.name)
    .bind(row.name.to_lowercase())
    .bind(i64::from(row.archived))
    .bind(&row.body)
    .bind(row.created_ms)
    .bind(row.updated_ms)
    .execute(connection)
    .await?;
    Ok(if done.rows_affected() == 1 { Ok(()) } else { Err(Taken) })
}

/// Replaces the row's version, name, state and body where it still is at version `expected`.
/// Returns whether it was.
/// # Errors
/// The database fails.
pub async fn update(
    connection: &mut AnyConnection,
    expected: i64,
    row: &Row,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE assets SET version = $1, name = $2, name_folded = $3, archived = $4, body = $5,
                           updated_ms = $6
         WHERE id = $7 AND kind = $8 AND version = $9 AND deleted_ms = 0",
    )
    .bind(row.version)
    .bind(&row.name)
    .bind(row.name.to_lowercase())
    .bind(i64::from(row.archived))
    .bind(&row.body)
    .bind(row.updated_ms)
    .bind(row.id.to_string())
    .bind(&row.kind)
    .bind(expected)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Archives or unarchives. Returns whether there is such an asset.
/// # Errors
/// The database fails.
pub async fn set_archived(
    connection: &mut AnyConnection,
    (kind, id): (Kind, EntityId),
    archived: bool,
    now_ms: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE assets SET archived = $1, updated_ms = $2
         WHERE id = $3 AND kind = $4 AND deleted_ms = 0",
    )
    .bind(i64::from(archived))
    .bind(now_ms)
    .bind(id.to_string())
    .bind(kind.as_str())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes: the row stays, hidden, so that its hits convert and reports know its name. Returns
/// whether there was such an asset.
/// # Errors
/// The database fails.
pub async fn tombstone(
    connection: &mut AnyConnection,
    (kind, id): (Kind, EntityId),
    now_ms: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE assets SET archived = 1, deleted_ms = $1, updated_ms = $2
         WHERE id = $3 AND kind = $4 AND deleted_ms = 0",
    )
    .bind(now_ms.max(1))
    .bind(now_ms)
    .bind(id.to_string())
    .bind(kind.as_str())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
