//! Forgets calls that changed nothing, after the retention that the settings name.
//! Promise: the calls behind ledger entries stay for ever (product.md §6.6, §6.7).

use super::Desk;
use crate::store::ledger;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const EVERY: Duration = Duration::from_secs(3600);
/// Calls deleted in one transaction.
const MOST_AT_ONCE: u32 = 500;
const DAY_MS: u64 = 24 * 3_600_000;

/// Deletes old calls every hour until `stop` turns true.
pub async fn forget_old_calls(desk: Arc<Desk>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = desk.forget_once().await {
            tracing::error!(%error, "old calls cannot be deleted");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

impl Desk {
    /// Deletes the calls that are over their retention now; says how many.
    /// # Errors
    /// The database fails; what was deleted stays so.
    pub async fn forget_once(&self) -> Result<u64, sqlx::Error> {
        let days = u64::from(self.snapshot.load().settings.postback_log_days);
        let before_ms = self.clock.now_ms().saturating_sub(days * DAY_MS);
        let mut all = 0;
        loop {
            let gone = ledger::forget_calls(&self.database, before_ms, MOST_AT_ONCE).await?;
            all += gone;
            if gone < u64::from(MOST_AT_ONCE) {
                return Ok(all);
            }
            // Postbacks that wait for the same lock go first.
            tokio::task::yield_now().await;
        }
    }
}
