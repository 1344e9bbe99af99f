//! Forgets what was sent and answered once its retention is over.
//! Promise: that a conversion was told, and how it stood then, is kept as long as the conversion: a
//! late change must not be taken for news.

use crate::store::Database;

/// Deletes up to `most` rows of each kind that are older than `before_ms`. What is still owed after
/// so long fails for good. Returns how many rows went.
/// # Errors
/// The database fails.
pub async fn forget(database: &Database, before_ms: u64, most: u32) -> Result<u64, sqlx::Error> {
    let mut gone = 0;
    for sql in [
        "UPDATE deliveries SET state = 'failed', reason = 'owed for longer than the log is kept', \
         finished_at_ms = owed_at_ms WHERE number IN (SELECT number FROM deliveries \
         WHERE +owed_at_ms < $1 AND state = 'owed' LIMIT $2)",
        "DELETE FROM delivery_payloads WHERE number IN (SELECT p.number FROM delivery_payloads p \
         JOIN deliveries d ON d.number = p.number WHERE d.state <> 'owed' AND d.finished_at_ms < $1 \
         AND p.number <= COALESCE((SELECT number FROM deliveries WHERE owed_at_ms < $1 \
         ORDER BY owed_at_ms DESC, number DESC LIMIT 1), 0) LIMIT $2)",
        "DELETE FROM delivery_attempts WHERE (delivery, at_ms, call) IN \
         (SELECT delivery, at_ms, call FROM delivery_attempts WHERE at_ms < $1 LIMIT $2)",
        "DELETE FROM delivery_calls WHERE id IN \
         (SELECT id FROM delivery_calls WHERE at_ms < $1 LIMIT $2)",
        // Visits and alerts belong to no conversion that could change later.
        "DELETE FROM deliveries WHERE number IN (SELECT number FROM deliveries \
         WHERE +owed_at_ms < $1 AND conversion = '' AND state <> 'owed' LIMIT $2)",
    ] {
        let query = sqlx::query(sql).bind(before_ms as i64).bind(i64::from(most));
        gone += query.execute(&database.outbox).await?.rows_affected();
    }
    Ok(gone)
}
