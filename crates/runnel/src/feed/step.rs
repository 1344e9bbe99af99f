//! One step of feed: what is new → rows → one commit with all cursors.
//! Promise: exactly once. After a crash the next step begins where the last commit ended.

use super::Sources;
use super::batches::Batches;
use super::page::Held;
use crate::store::facts::{Batch, Writer};

/// Batches in one transaction: a row group (122,880 rows) goes into the file at once, compressed, and
/// more than one at a time would not fit into DuckDB's memory.
const BATCHES_PER_COMMIT: usize = 30;

/// Takes in what is new since the writer's cursors, at most one transaction's worth. Returns whether
/// there was anything.
/// # Errors
/// A source cannot be read or the store not be written; nothing was taken in.
pub fn step(sources: &mut dyn Sources, writer: &mut Writer) -> anyhow::Result<bool> {
    Ok(take_in(sources, writer)? != Held::Nothing)
}

/// One transaction's worth of batches. What fails behind the first ends it: those before it are taken in,
/// and the next step meets the failure at its beginning.
pub(super) fn together(
    first: Batch,
    rest: impl Iterator<Item = anyhow::Result<Batch>>,
) -> impl Iterator<Item = Batch> {
    std::iter::once(first).chain(rest.take(BATCHES_PER_COMMIT - 1).map_while(Result::ok))
}

pub(super) fn take_in(sources: &mut dyn Sources, writer: &mut Writer) -> anyhow::Result<Held> {
    let mut batches = Batches::behind(sources, writer.cursors()?);
    let Some(first) = batches.next() else { return Ok(Held::Nothing) };
    writer.append(together(first?, batches.by_ref()))?;
    Ok(match batches.held() {
        Held::Full => Held::Full,
        Held::Rest | Held::Nothing => Held::Rest,
    })
}
