//! Ledger entries in sequence order, for whatever is derived from them.
//! Promise: once a sequence number was seen, no smaller one appears later.

use super::super::Database;
use rules::entry::Entry;
use sqlx::Row;

/// Up to `most` entries with a sequence number above `seq`, in order.
/// # Errors
/// The database fails, or an entry cannot be read.
pub async fn entries_after(
    database: &Database,
    seq: i64,
    most: u32,
) -> Result<Vec<(i64, Entry)>, sqlx::Error> {
    let sql = "SELECT seq, body FROM entries WHERE seq > $1 ORDER BY seq LIMIT $2";
    let rows = sqlx::query(sql).bind(seq).bind(i64::from(most)).fetch_all(&database.pool).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("seq")?, read_entry(&row.try_get::<Vec<u8>, _>("body")?)?)))
        .collect()
}

/// Reads an entry's stored bytes.
pub(super) fn read_entry(body: &[u8]) -> Result<Entry, sqlx::Error> {
    Entry::from_bytes(body).map_err(|error| sqlx::Error::Decode(error.into()))
}
