//! One step of feed: a page of each source → rows → one commit with all cursors.
//! Promise: exactly once. After a crash the next step begins where the last commit ended.

use super::{Page, Sources, entry, request};
use crate::store::facts::{Batch, Cursors, Writer};
use rules::cost_change::{CostAct, CostChange};

/// Most records or entries in one commit.
pub const MOST_PER_STEP: usize = 10_000;

/// Takes in what is new since the writer's cursors, at most one page of each source. Returns
/// whether there was anything.
/// # Errors
/// A source cannot be read or the store not be written; nothing was taken in.
pub fn step(sources: &mut dyn Sources, writer: &mut Writer) -> anyhow::Result<bool> {
    let before = writer.cursors()?;
    let batch = read(sources, before)?;
    if batch.cursors == before {
        return Ok(false);
    }
    writer.append(&batch)?;
    metrics::counter!("feed_rows_total").increment(batch.rows.len() as u64);
    Ok(true)
}

fn read(sources: &mut dyn Sources, from: Cursors) -> anyhow::Result<Batch> {
    let records = sources.records(from.records, MOST_PER_STEP)?;
    let entries = sources.entries(from.entries, MOST_PER_STEP)?;
    let costs = ready(sources.costs(from.costs)?, records.next);
    let cursors = Cursors {
        records: records.next,
        entries: entries.next,
        costs: costs.last().map_or(from.costs, |(number, _)| *number),
    };
    let requests = records.items.iter().filter_map(|(number, r)| request::row(*number, r));
    let standings = entries.items.iter().flat_map(|(sequence, e)| entry::rows(*sequence, e));
    Ok(Batch {
        rows: requests.chain(standings).collect(),
        unflagged: entries.items.iter().filter_map(|(_, e)| entry::unflagged(e)).collect(),
        costs,
        cursors,
    })
}

/// The changes up to the first that looks at a record which the store has yet to take in.
fn ready(page: Page<CostChange, i64>, records: u64) -> Vec<(i64, CostChange)> {
    let known = |change: &CostChange| match &change.does {
        CostAct::Set(setting) => setting.below_record <= records,
        CostAct::Undo(_) => true,
    };
    page.items.into_iter().take_while(|(_, change)| known(change)).collect()
}
