//! Fills the store when there is much to take in: one thread reads, decodes and makes columns, this
//! one writes them, in transactions as large as DuckDB's row groups.
//! Promise: what it leaves behind is what as many single steps would have left.

use super::page::{self, Held};
use super::{Sources, step};
use crate::store::facts::{Batch, Writer};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Most records or entries decoded at once: they stay in a processor's cache.
const MOST_PER_PAGE: usize = 2_048;
/// Rows handed over at once: their columns stay in it too, …
const ROWS_PER_BATCH: usize = 4 * 1024;
/// … and batches in one transaction: a row group (122,880 rows) goes into the file at once,
/// compressed, and more than one at a time would not fit into DuckDB's memory.
const BATCHES_PER_COMMIT: usize = 30;
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
    let begin = Batch { cursors: writer.cursors()?, ..Batch::default() };
    std::thread::scope(|scope| {
        let (sender, batches) = sync_channel(MOST_WAITING);
        scope.spawn(move || read(sources, begin, &sender));
        while !stopped() && write(&batches, writer)? {}
        Ok(())
    })
}

/// Commits the next batches together; whether there may be more.
fn write(batches: &Receiver<anyhow::Result<Batch>>, writer: &mut Writer) -> anyhow::Result<bool> {
    let Ok(first) = batches.recv() else { return Ok(false) };
    let rest = batches.iter().take(BATCHES_PER_COMMIT - 1);
    writer.append(std::iter::once(first).chain(rest))?;
    Ok(true)
}

/// Sends batches until a page is not full, or nobody takes them any more.
fn read(sources: &mut dyn Sources, mut batch: Batch, sender: &SyncSender<anyhow::Result<Batch>>) {
    loop {
        let held = match page::take(sources, &mut batch, MOST_PER_PAGE) {
            Ok(held) => held,
            Err(error) => return drop(sender.send(Err(error))),
        };
        if held == Held::Full && batch.rows.len() < ROWS_PER_BATCH {
            continue;
        }
        let next = Batch { cursors: batch.cursors, ..Batch::default() };
        step::count(&batch);
        let sent = sender.send(Ok(std::mem::replace(&mut batch, next)));
        if sent.is_err() || held != Held::Full {
            return;
        }
    }
}
