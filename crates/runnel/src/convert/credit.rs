//! Reads the visitor's earlier records, and lets the rules say whom a conversion credits.
//! Promise: read from the stored hits at any age; if one cannot be read now, nothing is credited
//! wrongly: the call is to come again (product.md §6.8).

use super::Desk;
use super::resolve::{Hits, Resolved};
use crate::store::ledger::Unavailable;
use rules::credit::{Credited, Records, credit};
use rules::ids::HitId;
use rules::record::Record;
use std::sync::Arc;

struct Stored(Arc<dyn Hits>);

impl Records for Stored {
    type Error = Unavailable;

    fn record_of(&self, hit: HitId) -> Result<Option<Arc<Record>>, Unavailable> {
        Ok(self.0.find(hit)?.map(|found| found.record))
    }
}

impl Desk {
    /// Whom a conversion of the hit credits. Old records are read from disk, off the async threads.
    pub(super) async fn credit(
        &self,
        resolved: &Resolved,
        session_ttl_ms: u64,
    ) -> Result<Credited, Unavailable> {
        let (records, hit) = (Stored(self.hits.clone()), resolved.hit);
        let record = resolved.record.clone();
        let walk = move || credit(&records, &record, hit, session_ttl_ms);
        tokio::task::spawn_blocking(walk).await.unwrap_or(Err(Unavailable))
    }
}
