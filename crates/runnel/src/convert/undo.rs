//! Takes a bulk operation back: each conversion to its standing before.
//! Promise: what was changed again since is skipped and listed; what was sent stays sent (product.md §6.6).

use super::Desk;
use crate::store::ledger::{Booked, Call, Change, Job, Outcome, Restore, Unavailable, Way};
use rules::ids::EntityId;

impl Desk {
    /// Restores each conversion, as part of the operation `undo` ordered by `actor`.
    /// # Errors
    /// The ledger cannot be written at present; what was restored until then stays so.
    pub async fn restore_all(
        &self,
        restores: Vec<Restore>,
        undo: EntityId,
        actor: &str,
    ) -> Result<Vec<(EntityId, Booked)>, Unavailable> {
        let mut submitted = Vec::with_capacity(restores.len());
        let mut done = Vec::with_capacity(restores.len());
        for restore in restores {
            let conversion = restore.conversion;
            let job = self.restoring(restore, undo, actor);
            submitted.push((conversion, self.writer.submit(job).await?));
        }
        for (conversion, job) in submitted {
            if let Outcome::Booked(booked) = job.outcome().await? {
                done.push((conversion, booked));
            }
        }
        Ok(done)
    }

    fn restoring(&self, restore: Restore, undo: EntityId, actor: &str) -> Job {
        let call = Call {
            id: super::call_id(&self.clock),
            at_ms: self.clock.now_ms(),
            via: Way::Undo,
            remote: actor.to_owned(),
            hit: restore.hit.to_string(),
            operation: undo.to_string(),
            ..Call::default()
        };
        Job { call, change: Some(Change::Restore(restore)), task: None, cursor: None }
    }
}
