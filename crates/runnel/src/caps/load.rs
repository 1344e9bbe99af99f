//! Fills the tallies of caps that plans newly ask for, from ledger and journal.
//! Promise: exact: what happens during the load counts once.

use super::{Booked, Change, conversion_change, visit_change};
use crate::app::App;
use crate::store::ledger::status_changes;
use journal::Journal;
use rules::assets::{Cap, CapCount};
use rules::cap::counts_since_ms;
use rules::ids::EntityId;
use rules::record::Record;
use std::time::Duration;

const BATCH: usize = 2_000;
const DISK_PATIENCE: Duration = Duration::from_secs(5);

impl App {
    /// Loads `new` caps.
    /// # Errors
    /// Ledger or journal cannot be read; the caps then count what comes, from zero.
    pub(crate) async fn load_caps(&self, new: &[Cap]) -> anyhow::Result<()> {
        let (conversions, visits): (Vec<Cap>, Vec<Cap>) =
            new.iter().cloned().partition(|cap| cap.count == CapCount::Conversions);
        for cap in &conversions {
            self.load_conversions(cap).await?;
        }
        if visits.is_empty() { Ok(()) } else { self.load_visits(visits).await }
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

    /// The end of the journal as it is now, once it can be read up to there. What was appended before
    /// the tallies were made is below it, and they wait for the rest. A disk that takes nothing is not
    /// waited for: then what it has counts.
    async fn readable_end(&self) -> u64 {
        let end = self.journal.end();
        let Some(last) = end.checked_sub(1) else { return end };
        match tokio::time::timeout(DISK_PATIENCE, self.journal.synced(last)).await {
            Ok(Ok(())) => end,
            Ok(Err(_)) | Err(_) => self.journal.watermark(),
        }
    }

    /// One pass over the journal for all caps that count visits, off the threads that serve.
    async fn load_visits(&self, caps: Vec<Cap>) -> anyhow::Result<()> {
        let (journal, now_ms) = (self.journal.clone(), self.clock.now_ms());
        let end = self.readable_end().await;
        let scan =
            move || visits_before(&journal, end, &caps, now_ms).map(|changes| (end, caps, changes));
        let (end, caps, changes) = tokio::task::spawn_blocking(scan).await??;
        for (cap, changes) in caps.iter().zip(changes) {
            self.caps.loaded(cap, end, changes.into_iter());
        }
        Ok(())
    }
}

/// What the records below `end` count for each cap in its present period.
fn visits_before(
    journal: &Journal,
    end: u64,
    caps: &[Cap],
    now_ms: u64,
) -> anyhow::Result<Vec<Vec<Change>>> {
    let since: Vec<_> = caps.iter().map(|cap| counts_since_ms(&cap.over, now_ms)).collect();
    let mut all: Vec<Vec<Change>> = vec![Vec::new(); caps.len()];
    let mut next = 0;
    while next < end {
        let entries = journal.read(next, BATCH)?;
        let Some(last) = entries.last() else { break };
        next = last.number + 1;
        for entry in entries.iter().filter(|entry| entry.number < end) {
            let Ok(record) = Record::from_bytes(&entry.payload) else { continue };
            for ((cap, since_ms), changes) in caps.iter().zip(&since).zip(&mut all) {
                let change = visit_change(cap, &record, entry.number);
                changes.extend(change.filter(|change| change.at_ms >= *since_ms));
            }
        }
    }
    Ok(all)
}
