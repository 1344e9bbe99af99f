//! Names of parameters in which offer sources have asked for their tokens: calls of the past carry the
//! token under the name of then.

use crate::store::Database;
use std::collections::BTreeSet;

/// All of them, those of today included.
/// # Errors
/// The database fails.
pub async fn token_parameters(db: &Database) -> Result<BTreeSet<String>, sqlx::Error> {
    let names: Vec<String> =
        sqlx::query_scalar("SELECT name FROM token_parameters").fetch_all(&db.pool).await?;
    Ok(names.into_iter().collect())
}

/// Keeps one; keeping it again does nothing.
/// # Errors
/// The database fails.
pub async fn keep_token_parameter(db: &Database, name: &str) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO token_parameters (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
    sqlx::query(sql).bind(name).execute(&db.pool).await.map(drop)
}
