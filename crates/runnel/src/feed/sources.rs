//! What feed reads: the journal's records and the ledger's entries, in order, from any point on.
//! Promise of whoever implements it: the same call gives the same answer, and what was given once
//! is on disk.

use rules::cost_change::CostChange;
use rules::entry::Entry;
use rules::record::Record;

/// An item with its number; of one that cannot be read, only the reason.
pub type Item<T, C> = (C, Result<T, &'static str>);

/// A page of a source, and where the next one begins.
#[derive(Clone, Debug)]
pub struct Page<T, C> {
    /// Items with their numbers, ascending.
    pub items: Vec<Item<T, C>>,
    /// The cursor after the page; the one asked for when there is nothing more at present.
    pub next: C,
}

/// Who is handed records, one after the other: a record's number, and what it says or why it cannot be
/// read.
pub type Each<'a> = dyn FnMut(u64, Result<&Record, &'static str>) + 'a;

/// What feed reads.
pub trait Sources: Send {
    /// Hands up to `most` records from number `from` on to `each`, none above the synced watermark, and
    /// gives the number to go on from. One at a time: a thousand decoded records are megabytes.
    /// # Errors
    /// The journal cannot be read at present; some may have been handed over.
    fn records(&mut self, from: u64, most: usize, each: &mut Each<'_>) -> anyhow::Result<u64>;

    /// Up to `most` entries after sequence `after`; `next` is the last sequence given.
    /// # Errors
    /// The ledger cannot be read at present.
    fn entries(&mut self, after: i64, most: usize) -> anyhow::Result<Page<Entry, i64>>;

    /// Bulk changes of cost numbered above `after`; `next` is the last number given.
    /// # Errors
    /// The ledger cannot be read at present.
    fn costs(&mut self, after: i64) -> anyhow::Result<Page<CostChange, i64>>;
}
