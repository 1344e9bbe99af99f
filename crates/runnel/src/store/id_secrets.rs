//! The secrets behind hit and visitor IDs, kept in the SQL database so that all machines and backups
//! have them.

use super::Database;

/// The secrets as hexadecimal text, newest first; at first start `first` is stored and returned.
/// # Errors
/// The database does not answer.
pub async fn id_secrets(database: &Database, first: String) -> Result<Vec<String>, sqlx::Error> {
    let known: Vec<String> = sqlx::query_scalar("SELECT secret FROM id_keys ORDER BY id DESC")
        .fetch_all(&database.pool)
        .await?;
    if !known.is_empty() {
        return Ok(known);
    }
    sqlx::query("INSERT INTO id_keys (id, secret) VALUES (1, $1)")
        .bind(&first)
        .execute(&database.pool)
        .await?;
    Ok(vec![first])
}
