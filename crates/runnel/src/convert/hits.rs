//! Finds records by their hits, in the journal.
//! Promise: a record that is not known to be on disk is never built upon.

use super::resolve::{Found, Hits, Promised};
use crate::store::ledger::Unavailable;
use journal::Journal;
use rules::ids::HitId;
use rules::record::Record;
use std::sync::Arc;

/// The journal as a place to find hits.
pub struct JournalHits(pub Arc<Journal>);

impl Hits for JournalHits {
    fn find(&self, hit: HitId) -> Result<Option<Found>, Unavailable> {
        let entry = self.0.find(hit.request().as_u128()).map_err(|error| {
            tracing::error!(%error, "cannot look a hit up");
            Unavailable
        })?;
        let Some(entry) = entry else { return Ok(None) };
        match Record::from_bytes(&entry.payload) {
            Ok(record) => Ok(Some(Found { number: entry.number, record: Arc::new(record) })),
            // Blanked by an erasure, or damaged: the hit is gone.
            Err(error) => {
                tracing::warn!(%error, number = entry.number, "a record cannot be read");
                Ok(None)
            }
        }
    }

    fn synced(&self, number: u64) -> Promised<'_, Result<(), Unavailable>> {
        Box::pin(async move { self.0.synced(number).await.map_err(|_| Unavailable) })
    }
}
