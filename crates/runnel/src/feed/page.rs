//! A page of each source → rows in a batch, with the cursors they lead to.
//! Promise: one item that cannot be read, or that no row can be made of, is set aside; those after
//! it are taken in.

use super::{Sources, entry, request};
use crate::store::facts::{Batch, SetAside, Source};
use rules::cost_change::{CostAct, CostChange};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why an item is set aside: making its rows failed.
const NO_ROWS: &str = "broken";

/// What a page held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Nothing: the sources are read to their ends.
    Nothing,
    /// All that there was.
    Rest,
    /// As much as was asked for: there may be more.
    Full,
}

/// Adds at most `most` items of each source after `batch`'s cursors to it, and moves them.
/// # Errors
/// A source cannot be read at present; `batch` is of no use then.
pub(super) fn take(
    sources: &mut dyn Sources,
    batch: &mut Batch,
    most: usize,
) -> anyhow::Result<Held> {
    let from = batch.cursors;
    let records = take_records(sources, batch, most)?;
    let entries = sources.entries(from.entries, most)?;
    let costs = sources.costs(from.costs)?;
    let full = records >= most || entries.items.len() >= most;
    batch.cursors.entries = entries.next;
    for (sequence, item) in &entries.items {
        let item = item.as_ref().map_err(|reason| *reason);
        let rows = whole(item, |item| (entry::rows(*sequence, item), entry::unflagged(item)));
        match rows {
            Ok((rows, unflagged)) => {
                rows.into_iter().for_each(|row| batch.rows.push(row));
                batch.unflagged.extend(unflagged);
            }
            Err(reason) => put_aside(batch, Source::Ledger, *sequence, reason),
        }
    }
    for (number, change) in costs.items {
        match change {
            Ok(change) if !ready(&change, batch.cursors.records) => break,
            Ok(change) => batch.costs.push((number, change)),
            Err(reason) => put_aside(batch, Source::Costs, number, reason),
        }
        batch.cursors.costs = number;
    }
    Ok(match batch.cursors == from {
        true => Held::Nothing,
        false if full => Held::Full,
        false => Held::Rest,
    })
}

/// Adds at most `most` records; gives how many there were.
fn take_records(
    sources: &mut dyn Sources,
    batch: &mut Batch,
    most: usize,
) -> anyhow::Result<usize> {
    let mut count = 0;
    let next = sources.records(batch.cursors.records, most, &mut |number, record| {
        count += 1;
        match whole(record, |record| request::row(number, record)) {
            Ok(row) => row.into_iter().for_each(|row| batch.rows.push(row)),
            Err(reason) => put_aside(batch, Source::Journal, number as i64, reason),
        }
    })?;
    batch.cursors.records = next;
    Ok(count)
}

/// What `make` makes of a readable item.
fn whole<'a, T, R>(
    item: Result<&'a T, &'static str>,
    make: impl FnOnce(&'a T) -> R,
) -> Result<R, &'static str> {
    let item = item?;
    catch_unwind(AssertUnwindSafe(|| make(item))).map_err(|_| NO_ROWS)
}

fn put_aside(batch: &mut Batch, source: Source, number: i64, reason: &'static str) {
    batch.set_aside.push(SetAside { source, number, reason });
}

/// Whether the store has taken in every record that the change looks at.
fn ready(change: &CostChange, records: u64) -> bool {
    match &change.does {
        CostAct::Set(setting) => setting.below_record <= records,
        CostAct::Undo(_) => true,
    }
}
