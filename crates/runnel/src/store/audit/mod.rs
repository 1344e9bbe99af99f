//! The audit log: every change with who, what, before and after (product.md §14).
//! Promise: written in the change's own transaction, so there is no change without its line; known
//! secrets are blanked before they are written.

mod list;
mod redact;

pub use list::{Line, Page, Wanted, list};

use crate::store::people::Caller;
use rules::ids::EntityId;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes one line. `action` is a verb (`create`, `update`, `archive`, …), `kind` the asset's name in
/// the API (`landers`), `target` the ID of what was changed.
/// # Errors
/// The database fails; the transaction must then be given up.
pub async fn record(
    connection: &mut sqlx::AnyConnection,
    caller: &Caller,
    action: &str,
    kind: &str,
    target: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Result<(), sqlx::Error> {
    let as_text = |value: Option<&Value>| value.map(|value| redact::redacted(value).to_string());
    sqlx::query(
        "INSERT INTO audit_log
         (id, at_ms, who, who_name, via, action, kind, target, before_json, after_json)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(line_id(caller.at_ms).to_string())
    .bind(caller.at_ms as i64)
    .bind(&caller.id)
    .bind(&caller.name)
    .bind(caller.via.as_str())
    .bind(action)
    .bind(kind)
    .bind(target)
    .bind(as_text(before))
    .bind(as_text(after))
    .execute(connection)
    .await?;
    Ok(())
}

/// An ID whose order is the order of writing, also within one millisecond (per process: the
/// counter starts at a random place in the lower half of its digits).
fn line_id(at_ms: u64) -> EntityId {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    if NEXT.load(Ordering::Relaxed) == 0 {
        let start = rand::random_range(1..62_u64.pow(5) / 2);
        let _ = NEXT.compare_exchange(0, start, Ordering::Relaxed, Ordering::Relaxed);
    }
    EntityId::new(at_ms, NEXT.fetch_add(1, Ordering::Relaxed))
}
