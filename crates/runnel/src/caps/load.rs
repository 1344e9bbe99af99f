//! Fills the tallies of caps that plans newly ask for, from ledger and journal.
//! Promise: exact: what happens during the load counts once.

use super::{Booked, Change, conversion_change, visit_change};
use crate::app::App;
use crate::store::ledger::status_changes;
use rules::assets::{Cap, CapCount};
use rules::cap::counts_since_ms;
use rules::ids::EntityId;
use rules::record::Record;

const BATCH: usize = 2_000;

impl App {
    /// Loads `new` caps.
    /// # Errors
    /// Ledger or journal cannot be read; the caps then count what comes, from zero.
    pub(crate) async fn load_caps(&self, new: &[Cap]) -> anyhow::Result<()> {
        let (conversions, visits): (Vec<_>, Vec<_>) =
            new.iter().partition(|cap| cap.count == CapCount::Conversions);
        for cap in conversions {
            self.load_conversions(cap).await?;
        }
        if visits.is_empty() { Ok(()) } else { self.load_visits(&visits) }
    }

    async fn load_conversions(&self, cap: &Cap) -> anyhow::Result<()> {
        let since_ms = counts_since_ms(&cap.over, self.clock.now_ms());
        let (up_to, changes) = status_changes(&self.database, cap.of, since_ms).await?;
        let changes = changes.iter().filter_map(|change| {
            let booked = Booked {
                page: Some(cap.of),
                // The query has matched page, node or funnel already.
                node: EntityId::new(0, 0),
                funnel: EntityId::new(0, 0),
                first_at_ms: change.first_at_ms,
                before: change.before,
                after: change.after,
            };
            conversion_change(cap, &booked, change.seq)
        });
        self.caps.loaded(cap, up_to, changes);
        Ok(())
    }

    /// One pass over the journal for all caps that count visits.
    fn load_visits(&self, caps: &[&Cap]) -> anyhow::Result<()> {
        let end = self.journal.watermark();
        let mut changes: Vec<Vec<Change>> = vec![Vec::new(); caps.len()];
        let mut next = 0;
        while next < end {
            let entries = self.journal.read(next, BATCH)?;
            let Some(last) = entries.last() else { break };
            next = last.number + 1;
            for entry in entries.iter().filter(|entry| entry.number < end) {
                let Ok(record) = Record::from_bytes(&entry.payload) else { continue };
                for (cap, changes) in caps.iter().zip(&mut changes) {
                    changes.extend(visit_change(cap, &record, entry.number));
                }
            }
        }
        for (cap, changes) in caps.iter().zip(changes) {
            self.caps.loaded(cap, end, changes.into_iter());
        }
        Ok(())
    }
}
