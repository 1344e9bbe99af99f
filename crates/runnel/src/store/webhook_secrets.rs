//! The secrets that webhooks are signed with.
//! Promise: of one webhook at most five are in force; what is over is deleted when the next is made.

use super::Database;
use rules::ids::EntityId;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

/// Most secrets of a webhook that are in force at once.
pub const MOST_IN_FORCE: usize = 5;

/// A stored secret.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// Its ID.
    pub id: EntityId,
    /// Whose calls it signs.
    pub webhook: EntityId,
    /// `whsec_…`
    pub plain: String,
    /// When it was made, Unix milliseconds.
    pub created_ms: i64,
    /// Until when it signs, Unix milliseconds; 0 for no end.
    pub until_ms: i64,
}

impl StoredSecret {
    /// Whether it signs at `now_ms` (Unix milliseconds).
    pub fn in_force(&self, now_ms: i64) -> bool {
        self.until_ms == 0 || now_ms < self.until_ms
    }
}

/// Every secret, newest first.
/// # Errors
/// The database fails.
pub async fn webhook_secrets(database: &Database) -> Result<Vec<StoredSecret>, sqlx::Error> {
    let sql = "SELECT id, webhook, secret, created_ms, until_ms FROM webhook_secrets
               ORDER BY created_ms DESC, id DESC";
    sqlx::query(sql).fetch_all(&database.pool).await?.iter().map(read).collect()
}

/// Keeps a new secret; those before it sign until `earlier_until_ms` at the latest, and what was over
/// by `new.created_ms` is deleted.
/// # Errors
/// The database fails.
pub async fn keep_webhook_secret(
    connection: &mut AnyConnection,
    new: &StoredSecret,
    earlier_until_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM webhook_secrets WHERE webhook = $1 AND until_ms > 0 AND until_ms <= $2",
    )
    .bind(new.webhook.to_string())
    .bind(new.created_ms)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE webhook_secrets SET until_ms = $1
         WHERE webhook = $2 AND (until_ms = 0 OR until_ms > $3)",
    )
    .bind(earlier_until_ms)
    .bind(new.webhook.to_string())
    .bind(earlier_until_ms)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO webhook_secrets (id, webhook, secret, created_ms, until_ms)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(new.id.to_string())
    .bind(new.webhook.to_string())
    .bind(&new.plain)
    .bind(new.created_ms)
    .bind(new.until_ms)
    .execute(connection)
    .await
    .map(drop)
}

fn read(row: &AnyRow) -> Result<StoredSecret, sqlx::Error> {
    let id = |column| -> Result<EntityId, sqlx::Error> {
        let text: String = row.try_get(column)?;
        text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
    };
    Ok(StoredSecret {
        id: id("id")?,
        webhook: id("webhook")?,
        plain: row.try_get("secret")?,
        created_ms: row.try_get("created_ms")?,
        until_ms: row.try_get("until_ms")?,
    })
}
