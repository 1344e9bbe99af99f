//! One step of feed: a page of each source → rows → one commit with all cursors.
//! Promise: exactly once. After a crash the next step begins where the last commit ended.

use super::Sources;
use super::page::{self, Held};
use crate::store::facts::{Batch, Writer};

/// Most records or entries in one commit.
pub const MOST_PER_STEP: usize = 10_000;

/// Takes in what is new since the writer's cursors, at most one page of each source. Returns
/// whether there was anything.
/// # Errors
/// A source cannot be read or the store not be written; nothing was taken in.
pub fn step(sources: &mut dyn Sources, writer: &mut Writer) -> anyhow::Result<bool> {
    Ok(take_in(sources, writer)? != Held::Nothing)
}

pub(super) fn take_in(sources: &mut dyn Sources, writer: &mut Writer) -> anyhow::Result<Held> {
    let mut batch = Batch { cursors: writer.cursors()?, ..Batch::default() };
    let held = page::take(sources, &mut batch, MOST_PER_STEP)?;
    if held != Held::Nothing {
        count(&batch);
        writer.append([Ok(batch)])?;
    }
    Ok(held)
}

pub(super) fn count(batch: &Batch) {
    metrics::counter!("feed_rows_total").increment(batch.rows.len() as u64);
}
