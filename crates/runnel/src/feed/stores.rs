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
/// Why an item is set aside: its bytes are damaged, or of a layout that this program does not know.
const UNREADABLE: &str = "unreadable";

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
        let mut page = Page { items: Vec::new(), next: from };
        // One read gives at most some megabytes.
        while page.items.len() < most {
            let read = self.journal.read(page.next, most - page.items.len())?;
            let Some(last) = read.last() else { break };
            page.next = last.number + 1;
            page.items.extend(read.iter().map(|entry| {
                let record = Record::from_bytes(&entry.payload);
                (entry.number, record.map_err(|_| UNREADABLE))
            }));
        }
        Ok(page)
    }

    fn entries(&mut self, after: i64, most: usize) -> anyhow::Result<Page<Entry, i64>> {
        let read = ledger::entries_after(&self.database, after, most as u32);
        let read = self.runtime.block_on(read)?;
        let next = read.last().map_or(after, |(sequence, _)| *sequence);
        let items = read.into_iter().map(|(seq, entry)| (seq, entry.map_err(|_| UNREADABLE)));
        Ok(Page { items: items.collect(), next })
    }

    fn costs(&mut self, after: i64) -> anyhow::Result<Page<CostChange, i64>> {
        let read = self.runtime.block_on(costs::after(&self.database, after, MOST_COSTS))?;
        let next = read.last().map_or(after, |(number, _)| *number);
        let items = read.into_iter().map(|(n, change)| (n, change.map_err(|_| UNREADABLE)));
        Ok(Page { items: items.collect(), next })
    }
}
