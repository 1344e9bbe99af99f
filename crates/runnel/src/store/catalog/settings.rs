//! The account's settings: one row, or none before the first save.

use crate::store::Database;
use sqlx::{AnyConnection, Row as _};

/// The settings as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsRow {
    /// Counts saves.
    pub version: i64,
    /// Content as JSON.
    pub body: String,
    /// When they were saved, Unix milliseconds.
    pub updated_ms: i64,
}

/// The settings, if somebody has saved any.
/// # Errors
/// The database fails.
pub async fn load_settings(db: &Database) -> Result<Option<SettingsRow>, sqlx::Error> {
    let row = sqlx::query("SELECT version, body, updated_ms FROM settings WHERE id = 1")
        .fetch_optional(&db.pool)
        .await?;
    let read = |row: sqlx::any::AnyRow| {
        Ok(SettingsRow {
            version: row.try_get("version")?,
            body: row.try_get("body")?,
            updated_ms: row.try_get("updated_ms")?,
        })
    };
    row.map(read).transpose()
}

/// Saves the settings where they still are at version `expected` (0 before the first save).
/// Returns whether they were.
/// # Errors
/// The database fails.
pub async fn save_settings(
    connection: &mut AnyConnection,
    expected: i64,
    row: &SettingsRow,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO settings (id, version, body, updated_ms) VALUES (1, $1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body,
                                        updated_ms = excluded.updated_ms
         WHERE settings.version = $4",
    )
    .bind(row.version)
    .bind(&row.body)
    .bind(row.updated_ms)
    .bind(expected)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
