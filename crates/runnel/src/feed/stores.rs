//! The journal and the ledger as the two sources of feed.

use super::{Page, Sources};
use crate::app::App;
use crate::store::{Database, costs, ledger};
use journal::Journal;
use rules::cost_change::CostChange;
use rules::entry::Entry;
use rules::record::Record;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Most bulk changes of cost in one step: each may touch every row.
const MOST_COSTS: u32 = 10;

/// Reads the program's own stores, from a thread outside the runtime.
pub struct Stores {
    journal: Arc<Journal>,
    database: Database,
    runtime: Handle,
}

impl Stores {
    /// The stores of `app`; `runtime` runs the ledger's queries.
    pub fn new(app: &App, runtime: Handle) -> Self {
        Self { journal: app.journal.clone(), database: app.database.clone(), runtime }
    }
}

impl Sources for Stores {
    fn records(&mut self, from: u64, most: usize) -> anyhow::Result<Page<Record, u64>> {
        let read = self.journal.read(from, most)?;
        let next = read.last().map_or(from, |last| last.number + 1);
        let items = read.iter().filter_map(|entry| {
            let record = Record::from_bytes(&entry.payload).ok();
            if record.is_none() {
                metrics::counter!("feed_unreadable_records_total").increment(1);
            }
            Some((entry.number, record?))
        });
        Ok(Page { items: items.collect(), next })
    }

    fn entries(&mut self, after: i64, most: usize) -> anyhow::Result<Page<Entry, i64>> {
        let read = ledger::entries_after(&self.database, after, most as u32);
        let items = self.runtime.block_on(read)?;
        let next = items.last().map_or(after, |(sequence, _)| *sequence);
        Ok(Page { items, next })
    }

    fn costs(&mut self, after: i64) -> anyhow::Result<Page<CostChange, i64>> {
        let items = self.runtime.block_on(costs::after(&self.database, after, MOST_COSTS))?;
        let next = items.last().map_or(after, |(number, _)| *number);
        Ok(Page { items, next })
    }
}
