//! Which destinations were not told of an entry, and why: written with it, read with its history.
//! Promise: a row here is no knowledge of the destination; what it was told is in its deliveries.

use super::save::{Bound, insert};
use crate::store::Database;
use rules::ids::EntityId;
use rules::owed::HeldBack;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::HashMap;

/// A destination that is not told of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The entry's number.
    pub entry: i64,
    /// The destination's key.
    pub destination: String,
    /// Why it is not told.
    pub reason: HeldBack,
}

/// Inserts `rows`.
pub(super) async fn save(
    connection: &mut AnyConnection,
    rows: &[Withheld],
) -> Result<(), sqlx::Error> {
    const COLUMNS: &str = "INSERT INTO delivery_withheld (entry, destination, reason) VALUES ";
    insert(connection, COLUMNS, 3, "", rows, bind).await
}

fn bind<'q>(query: Bound<'q>, row: &'q Withheld) -> Bound<'q> {
    query.bind(row.entry).bind(row.destination.as_str()).bind(row.reason.as_str())
}

/// What was withheld of the conversion `id`, by entry, in the order of destinations.
/// # Errors
/// The database fails.
pub async fn withheld(
    database: &Database,
    id: EntityId,
) -> Result<HashMap<i64, Vec<Withheld>>, sqlx::Error> {
    let sql = "SELECT entry, destination, reason FROM delivery_withheld WHERE entry IN \
         (SELECT seq FROM entries WHERE conversion = $1) ORDER BY entry, destination";
    let rows = sqlx::query(sql).bind(id.to_string()).fetch_all(&database.pool).await?;
    let mut by_entry: HashMap<i64, Vec<Withheld>> = HashMap::new();
    for row in &rows {
        let withheld = read(row)?;
        by_entry.entry(withheld.entry).or_default().push(withheld);
    }
    Ok(by_entry)
}

fn read(row: &AnyRow) -> Result<Withheld, sqlx::Error> {
    let reason = HeldBack::of(&row.try_get::<String, _>("reason")?);
    Ok(Withheld {
        entry: row.try_get("entry")?,
        destination: row.try_get("destination")?,
        reason: reason.ok_or_else(|| sqlx::Error::Decode("an unknown reason".into()))?,
    })
}
