//! Assets as rows.

use super::Kind;
use crate::store::Database;
use rules::ids::EntityId;
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// An asset as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its ID.
    pub id: EntityId,
    /// Its kind's name.
    pub kind: String,
    /// Counts saves.
    pub version: i64,
    /// Name people see.
    pub name: String,
    /// Takes no new traffic.
    pub archived: bool,
    /// Deleted: hidden, but its hits still convert.
    pub deleted: bool,
    /// Content as JSON.
    pub body: String,
    /// When it was made, Unix milliseconds.
    pub created_ms: i64,
    /// When it was last changed, Unix milliseconds.
    pub updated_ms: i64,
}

/// The columns that [`read`] takes.
pub(super) const COLUMNS: &str =
    "id, kind, version, name, archived, deleted_ms, body, created_ms, updated_ms";

pub(super) fn read(row: &AnyRow) -> Result<Row, sqlx::Error> {
    let id: String = row.try_get("id")?;
    Ok(Row {
        id: id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        kind: row.try_get("kind")?,
        version: row.try_get("version")?,
        name: row.try_get("name")?,
        archived: row.try_get::<i64, _>("archived")? != 0,
        deleted: row.try_get::<i64, _>("deleted_ms")? != 0,
        body: row.try_get("body")?,
        created_ms: row.try_get("created_ms")?,
        updated_ms: row.try_get("updated_ms")?,
    })
}

/// The asset of this kind and ID, unless deleted.
/// # Errors
/// The database fails.
pub async fn get(db: &Database, kind: Kind, id: EntityId) -> Result<Option<Row>, sqlx::Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM assets WHERE id = $1 AND kind = $2 AND deleted_ms = 0");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(id.to_string())
        .bind(kind.as_str())
        .fetch_optional(&db.pool)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Every asset, also archived and deleted ones, oldest first.
/// # Errors
/// The database fails.
pub async fn all(db: &Database) -> Result<Vec<Row>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM assets ORDER BY id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&db.pool).await?;
    rows.iter().map(read).collect()
}
