//! Examines the SQL database of a data folder without changing or migrating it.

use sqlx::any::AnyConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::path::Path;
use std::str::FromStr;

/// What SQLite finds wrong with `runnel.db` in `data`; empty when nothing is. `None` if there is no
/// such file yet.
/// # Errors
/// The file does not open as a database.
pub async fn quick_check(data: &Path) -> Result<Option<Vec<String>>, sqlx::Error> {
    let file = data.join("runnel.db");
    if !file.exists() {
        return Ok(None);
    }
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rw", file.display());
    let mut connection = AnyConnectOptions::from_str(&url)?.connect().await?;
    let found: Vec<String> =
        sqlx::query_scalar("PRAGMA quick_check").fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(Some(found.into_iter().filter(|line| line != "ok").collect()))
}
