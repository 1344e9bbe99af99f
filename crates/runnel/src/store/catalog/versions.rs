//! Saved versions of assets that keep them.

use crate::store::Database;
use rules::ids::EntityId;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

/// One saved version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub version: i64,
    /// Content as JSON.
    pub body: String,
    /// When it was saved, Unix milliseconds.
    pub saved_ms: i64,
    /// Who saved it.
    pub who: String,
    /// The version it repeats; 0 without.
    pub restored_from: i64,
}

/// Keeps one version.
/// # Errors
/// The database fails.
pub async fn keep_version(
    connection: &mut AnyConnection,
    asset: EntityId,
    kept: &Version,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO asset_versions (asset, version, body, saved_ms, who, restored_from)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(asset.to_string())
    .bind(kept.version)
    .bind(&kept.body)
    .bind(kept.saved_ms)
    .bind(&kept.who)
    .bind(kept.restored_from)
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest `limit` versions below `before`, newest first.
/// # Errors
/// The database fails.
pub async fn versions(
    db: &Database,
    asset: EntityId,
    before: i64,
    limit: i64,
) -> Result<Vec<Version>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT version, body, saved_ms, who, restored_from FROM asset_versions
         WHERE asset = $1 AND version < $2 ORDER BY version DESC LIMIT $3",
    )
    .bind(asset.to_string())
    .bind(before)
    .bind(limit)
    .fetch_all(&db.pool)
    .await?;
    rows.iter().map(read).collect()
}

/// One version.
/// # Errors
/// The database fails.
pub async fn version(
    db: &Database,
    asset: EntityId,
    number: i64,
) -> Result<Option<Version>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT version, body, saved_ms, who, restored_from FROM asset_versions
         WHERE asset = $1 AND version = $2",
    )
    .bind(asset.to_string())
    .bind(number)
    .fetch_optional(&db.pool)
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Version, sqlx::Error> {
    Ok(Version {
        version: row.try_get("version")?,
        body: row.try_get("body")?,
        saved_ms: row.try_get("saved_ms")?,
        who: row.try_get("who")?,
        restored_from: row.try_get("restored_from")?,
    })
}
