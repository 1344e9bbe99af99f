//! The journal and the ledger as the two sources of feed.

use super::{Each, Page, Sources};
use crate::app::App;
use crate::store::{Database, costs, ledger};
use bytes::Bytes;
use journal::Journal;
use rules::cost_change::CostChange;
use rules::entry::Entry;
use rules::record::Record;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use tokio::runtime::Handle;

/// Most bulk changes of cost in one step: each may touch every row.
const MOST_COSTS: u32 = 10;
/// Why an item is set aside: its bytes are damaged, or of a layout that this program does not know.
const UNREADABLE: &str = "unreadable";

/// A record as it was read.
pub struct Decoded {
    /// Its number in the journal.
    pub number: u64,
    /// What it says.
    pub record: Record,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Reads the program's own stores, from a thread outside the runtime.
pub struct Stores {
    journal: Arc<Journal>,
    database: Database,
    runtime: Handle,
    /// Who else wants the records: reading and decoding them twice would cost a third of a rebuild.
    also: Option<SyncSender<Vec<Decoded>>>,
}

impl Stores {
    /// The stores of `app`; `runtime` runs the ledger's queries.
    pub fn new(app: &App, runtime: Handle) -> Self {
        let (journal, database) = (app.journal.clone(), app.database.clone());
        Self { journal, database, runtime, also: None }
    }

    /// Gives `also` every record that it reads; does not mind if nobody takes them any more.
    pub fn shared_with(self, also: SyncSender<Vec<Decoded>>) -> Self {
        Self { also: Some(also), ..self }
    }

    /// Decodes `read` for `each`, and for whoever else wants them.
    fn hand_over(&self, read: Vec<journal::Entry>, each: &mut Each<'_>) {
        let mut shared = Vec::new();
        for journal::Entry { number, payload: bytes, .. } in read {
            let record = Record::from_bytes(&bytes).map_err(|_| UNREADABLE);
            each(number, record.as_ref().map_err(|reason| *reason));
            if let (Ok(record), Some(_)) = (record, &self.also) {
                shared.push(Decoded { number, record, bytes });
            }
        }
        if let Some(also) = &self.also {
            // Who takes them no more says why; reports are made all the same.
            let _ = also.send(shared);
        }
    }
}

impl Sources for Stores {
    fn records(&mut self, from: u64, most: usize, each: &mut Each<'_>) -> anyhow::Result<u64> {
        let (mut next, mut left) = (from, most);
        // One read gives at most some megabytes.
        while left > 0 {
            let read = self.journal.read(next, left)?;
            let Some(last) = read.last() else { break };
            next = last.number + 1;
            left -= read.len();
            self.hand_over(read, each);
        }
        Ok(next)
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
