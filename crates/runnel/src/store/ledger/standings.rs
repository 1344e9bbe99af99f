//! How conversions of one offer, node or funnel changed, for caps that are newly asked for.
//! Promise: all entries up to the sequence number given back, and none after it.

use super::super::Database;
use rules::entry::Status;
use rules::ids::EntityId;
use sqlx::Row;

/// An entry's change of status.
pub struct StatusChange {
    /// The entry.
    pub seq: u64,
    /// When the conversion was first booked, Unix milliseconds.
    pub first_at_ms: u64,
    /// Status before; none before it existed.
    pub before: Option<Status>,
    /// Status after.
    pub after: Option<Status>,
}

/// All changes of conversions on the page, node or funnel `of` that were first booked since
/// `since_ms`, with the last sequence number that was looked at.
/// # Errors
/// The database fails.
pub async fn status_changes(
    database: &Database,
    of: EntityId,
    since_ms: u64,
) -> Result<(u64, Vec<StatusChange>), sqlx::Error> {
    let last: i64 = sqlx::query_scalar("SELECT last FROM ledger_sequence WHERE id = 1")
        .fetch_one(&database.pool)
        .await?;
    let sql = "SELECT e.seq, c.first_at_ms, e.status_before, e.status_after \
               FROM conversions c JOIN entries e ON e.conversion = c.id \
               WHERE (c.page = $1 OR c.node = $1 OR c.funnel = $1) AND c.event = '' \
               AND c.first_at_ms >= $2 AND e.seq <= $3";
    let rows = sqlx::query(sql)
        .bind(of.as_str())
        .bind(since_ms as i64)
        .bind(last)
        .fetch_all(&database.pool)
        .await?;
    let changes = rows.iter().map(|row| {
        Ok(StatusChange {
            seq: row.try_get::<i64, _>("seq")? as u64,
            first_at_ms: row.try_get::<i64, _>("first_at_ms")? as u64,
            before: status(row.try_get("status_before")?),
            after: status(row.try_get("status_after")?),
        })
    });
    Ok((last as u64, changes.collect::<Result<_, sqlx::Error>>()?))
}

/// The status that a word in the ledger stands for; none for the empty one.
pub(super) fn status(word: &str) -> Option<Status> {
    let all = [Status::Pending, Status::Approved, Status::Rejected, Status::Refunded];
    all.into_iter().find(|status| status.as_str() == word)
}
