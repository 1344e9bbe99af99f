//! Fills the store when there is much to take in: one thread reads, decodes and makes columns, this
//! one writes them, in transactions as large as DuckDB's row groups.
//! Promise: what it leaves behind is what as many single steps would have left.

use super::Sources;
use super::batches::Batches;
use super::step::together;
use crate::store::facts::{Batch, Writer};
use std::sync::mpsc::{Receiver, sync_channel};

/// Batches that wait to be written, some 2 MB each.
const MOST_WAITING: usize = 8;

/// Takes in everything that the sources hold, until `stopped`.
/// # Errors
/// A source cannot be read or the store not be written; what was committed stays.
pub(super) fn fill(
    sources: &mut dyn Sources,
    writer: &mut Writer,
    stopped: &dyn Fn() -> bool,
) -> anyhow::Result<()> {
    let mut batches = Batches::behind(sources, writer.cursors()?);
    std::thread::scope(|scope| {
        let (sender, made) = sync_channel(MOST_WAITING);
        // Until all are made, or nobody takes them any more.
        scope.spawn(move || batches.all(|batch| sender.send(batch).is_ok()));
        while !stopped() && write(&made, writer)? {}
        Ok(())
    })
}

/// Commits the next batches together; whether there may be more.
fn write(batches: &Receiver<anyhow::Result<Batch>>, writer: &mut Writer) -> anyhow::Result<bool> {
    let Ok(first) = batches.recv() else { return Ok(false) };
    writer.append(together(first?, batches.iter()))?;
    Ok(true)
}
