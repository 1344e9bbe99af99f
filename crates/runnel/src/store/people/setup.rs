//! The token of the one-time set-up link (product.md §14).
//! Promise: valid until the first user exists, and then never again.

use super::{secret, users};
use crate::clock::Clock;
use crate::store::Database;
use sqlx::AnyConnection;

/// A fresh token if there is no user yet; earlier ones stop working.
/// # Errors
/// The database fails, or the operating system gives no random bits.
pub async fn offer(database: &Database, clock: &Clock) -> Result<Option<String>, sqlx::Error> {
    let mut transaction = database.begin_write().await?;
    if users::count(&mut transaction).await? > 0 {
        return Ok(None);
    }
    let token = secret::make(clock, "")?;
    sqlx::query("DELETE FROM setup_tokens").execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO setup_tokens (token_hash, created_ms) VALUES ($1, $2)")
        .bind(secret::hash(&token))
        .bind(clock.now_ms() as i64)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Some(token))
}

/// Uses the token up. Returns whether it was right and no user exists.
/// # Errors
/// The database fails.
pub async fn redeem(connection: &mut AnyConnection, token: &str) -> Result<bool, sqlx::Error> {
    if users::count(&mut *connection).await? > 0 {
        return Ok(false);
    }
    let done = sqlx::query("DELETE FROM setup_tokens WHERE token_hash = $1")
        .bind(secret::hash(token))
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}
