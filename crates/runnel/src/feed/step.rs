//! One step of feed: what is new → rows → one commit with all cursors.
//! Promise: exactly once. After a crash the next step begins where the last commit ended.

use super::Sources;
use super::batches::Batches;
use super::page::Held;
use crate::store::facts::Writer;

/// Batches in one transaction: a row group (122,880 rows) goes into the file at once, compressed, and
/// more than one at a time would not fit into DuckDB's memory.
pub(super) const BATCHES_PER_COMMIT: usize = 30;

/// Takes in what is new since the writer's cursors, at most one transaction's worth. Returns whether
/// there was anything.
/// # Errors
/// A source cannot be read or the store not be written; nothing was taken in.
pub fn step(sources: &mut dyn Sources, writer: &mut Writer) -> anyhow::Result<bool> {
    Ok(take_in(sources, writer)? != Held::Nothing)
}

pub(super) fn take_in(sources: &mut dyn Sources, writer: &mut Writer) -> anyhow::Result<Held> {
    let mut batches = Batches::behind(sources, writer.cursors()?);
    let Some(first) = batches.next() else { return Ok(Held::Nothing) };
    let rest = batches.by_ref().take(BATCHES_PER_COMMIT - 1);
    writer.append(std::iter::once(first).chain(rest))?;
    Ok(match batches.held() {
        Held::Full => Held::Full,
        Held::Rest | Held::Nothing => Held::Rest,
    })
}
