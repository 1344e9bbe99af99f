//! Tells those who must know at once that an entry was committed: sessions and caps.
//! Promise: called after the commit and before the answer, so that they are exact as of the last
//! answered postback (product.md §4).

use crate::caps::{Booked, Caps};
use crate::store::ledger::{AfterCommit, Committed};
use crate::store::sessions::Sessions;
use rules::record::PassedKind;
use std::sync::Arc;

/// Tells sessions and caps.
pub struct Tell {
    /// Remember converted offers.
    pub sessions: Arc<Sessions>,
    /// Count conversions.
    pub caps: Arc<Caps>,
}

impl AfterCommit for Tell {
    fn committed(&self, committed: &Committed) {
        let entry = &committed.entry;
        // Caps and converted offers are about conversions; custom events are neither.
        if entry.event.is_some() {
            return;
        }
        let counts = entry.after.status.is_some_and(|status| status.counts());
        if let Some(offer) =
            committed.page.filter(|_| committed.kind == PassedKind::Offer && counts)
        {
            self.sessions.converted(entry.vid, offer);
        }
        let change = Booked {
            page: committed.page,
            node: committed.node,
            funnel: entry.visit.funnel,
            first_at_ms: entry.first_at_ms,
            before: entry.before.status,
            after: entry.after.status,
        };
        self.caps.booked(&change, committed.seq as u64);
    }
}

impl super::resolve::Sessions for Sessions {
    fn of(
        &self,
        vid: rules::ids::Vid,
    ) -> Result<Option<rules::session::Session>, crate::store::ledger::Unavailable> {
        Ok(Some(Self::of(self, vid)))
    }
}
