//! Ledger entries in sequence order, for whatever is derived from them.
//! Promise: once a sequence number was seen, no smaller one appears later.

use super::super::Database;
use rules::entry::{Entry, UnreadableEntry};
use sqlx::Row;

/// Up to `most` entries with a sequence number above `seq`, in order, and those that cannot be read
/// as such.
/// # Errors
/// The database fails.
pub async fn entries_after(
    database: &Database,
    seq: i64,
    most: u32,
) -> Result<Vec<(i64, Result<Entry, UnreadableEntry>)>, sqlx::Error> {
    let sql = "SELECT seq, body FROM entries WHERE seq > $1 ORDER BY seq LIMIT $2";
    let rows = sqlx::query(sql).bind(seq).bind(i64::from(most)).fetch_all(&database.pool).await?;
    rows.iter()
        .map(|row| {
            let body: Vec<u8> = row.try_get("body")?;
            Ok((row.try_get("seq")?, Entry::from_bytes(&body)))
        })
        .collect()
}

/// Reads an entry's stored bytes.
pub(super) fn read_entry(body: &[u8]) -> Result<Entry, sqlx::Error> {
    Entry::from_bytes(body).map_err(|error| sqlx::Error::Decode(error.into()))
}
