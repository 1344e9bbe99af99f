//! How far each cap is filled: counters in memory for the caps that published plans ask for.
//! Promise: a conversion counts as soon as its postback is answered, a visit as soon as it is
//! recorded; bots count towards nothing (product.md §3, §4).

mod load;

use parking_lot::RwLock;
use rules::assets::{Cap, CapCount};
use rules::cap::{Counter, counts_since_ms};
use rules::entry::Status;
use rules::ids::EntityId;
use rules::record::Record;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// The counters.
#[derive(Default)]
pub struct Caps {
    tallies: RwLock<HashMap<Cap, Tally>>,
    /// Whether there is a tally or one is being made: a lock that every click took, even to read, would go
    /// from processor to processor.
    any: AtomicBool,
}

/// One cap's count. Changes are numbered (by record or ledger sequence), so that what a load from
/// the store has counted is not counted again.
#[derive(Default)]
struct Tally {
    counter: Counter,
    /// Changes up to this number came from the store; none while the load is under way.
    loaded: Option<u64>,
    /// Changes that arrived during the load.
    waiting: Vec<Change>,
}

/// A numbered change of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The record's number plus one, or the ledger entry's sequence number.
    pub number: u64,
    /// When it counts, Unix milliseconds.
    pub at_ms: u64,
    /// By how much.
    pub by: i64,
}

/// A conversion that came, changed or went, for the caps that count conversions.
#[derive(Clone, Copy, Debug)]
pub struct Booked {
    /// The page (offer) converted.
    pub page: Option<EntityId>,
    /// Its node.
    pub node: EntityId,
    /// Its funnel.
    pub funnel: EntityId,
    /// When it was first booked, Unix milliseconds.
    pub first_at_ms: u64,
    /// Status before.
    pub before: Option<Status>,
    /// Status after.
    pub after: Option<Status>,
}

impl Caps {
    /// Makes tallies for `wanted`, drops those no plan asks for any more, and returns the new
    /// ones, which the caller loads.
    pub fn keep(&self, wanted: &[Cap]) -> Vec<Cap> {
        let mut tallies = self.tallies.write();
        // Before any load begins: a record that is appended later is either counted here or loaded.
        self.any.store(!wanted.is_empty(), Ordering::SeqCst);
        tallies.retain(|cap, _| wanted.contains(cap));
        let mut new: Vec<Cap> = Vec::new();
        for cap in wanted.iter().filter(|cap| !tallies.contains_key(cap)) {
            // Several rules may ask for the same cap: it is loaded once.
            if !new.contains(cap) {
                new.push(cap.clone());
            }
        }
        tallies.extend(new.iter().map(|cap| (cap.clone(), Tally::default())));
        new
    }

    /// Ends the load of `cap`: `changes` are all up to the number `up_to`.
    pub fn loaded(&self, cap: &Cap, up_to: u64, changes: impl Iterator<Item = Change>) {
        if let Some(tally) = self.tallies.write().get_mut(cap).filter(|t| t.loaded.is_none()) {
            tally.loaded = Some(up_to);
            changes.for_each(|change| tally.counter.add(change.at_ms, change.by));
            for change in std::mem::take(&mut tally.waiting) {
                tally.take(change);
            }
        }
    }

    /// How many of what `cap` counts fall into its period at `now_ms`.
    pub fn filled(&self, cap: &Cap, now_ms: u64) -> u64 {
        let tallies = self.tallies.read();
        tallies.get(cap).map_or(0, |t| t.counter.since(counts_since_ms(&cap.over, now_ms)))
    }

    /// Counts the hits of record number `number`.
    pub fn visited(&self, record: &Record, number: u64) {
        if !self.any.load(Ordering::SeqCst) {
            return;
        }
        for (cap, tally) in self.tallies.write().iter_mut() {
            if let Some(change) = visit_change(cap, record, number) {
                tally.take(change);
            }
        }
    }

    /// Counts a change of a conversion, made by ledger entry number `seq`.
    pub fn booked(&self, booked: &Booked, seq: u64) {
        for (cap, tally) in self.tallies.write().iter_mut() {
            if let Some(change) = conversion_change(cap, booked, seq) {
                tally.take(change);
            }
        }
    }

    /// Forgets what no period reaches any more.
    pub fn forget(&self, now_ms: u64) {
        for (cap, tally) in self.tallies.write().iter_mut() {
            tally.counter.forget_before(counts_since_ms(&cap.over, now_ms));
        }
    }
}

impl Tally {
    fn take(&mut self, change: Change) {
        match self.loaded {
            None => self.waiting.push(change),
            Some(up_to) if change.number > up_to => self.counter.add(change.at_ms, change.by),
            Some(_) => {}
        }
    }
}

/// What record number `number` does to a cap that counts visits.
pub fn visit_change(cap: &Cap, record: &Record, number: u64) -> Option<Change> {
    let counts = cap.count == CapCount::Visits && !record.routed_facts().is_bot();
    let by = if counts { visits(cap.of, record) } else { 0 };
    // Records are numbered from 0, changes from 1: up to 0 means that nothing was counted yet.
    (by != 0).then(|| Change { number: number + 1, at_ms: record.request.at_ms(), by })
}

/// What ledger entry `seq` does to a cap that counts conversions.
pub fn conversion_change(cap: &Cap, booked: &Booked, seq: u64) -> Option<Change> {
    let of = [booked.page, Some(booked.node), Some(booked.funnel)].contains(&Some(cap.of));
    let counts = |status: Option<Status>| i64::from(status.is_some_and(|s| counted(cap, s)));
    let by = counts(booked.after) - counts(booked.before);
    let touches = cap.count == CapCount::Conversions && of && by != 0;
    touches.then_some(Change { number: seq, at_ms: booked.first_at_ms, by })
}

/// Hits of the record on the node or page `of`; for its funnel, one on an entrance.
fn visits(of: EntityId, record: &Record) -> i64 {
    let hits = record.steps.iter().filter(|step| step.node == of || step.page == Some(of)).count();
    hits as i64 + i64::from(record.is_entrance() && record.funnel == of)
}

fn counted(cap: &Cap, status: Status) -> bool {
    match cap.statuses.as_slice() {
        [] => status.counts(),
        chosen => chosen.contains(&status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::assets::CapPeriod;

    fn offer() -> EntityId {
        EntityId::new(1_700_000_000_000, 1)
    }

    fn cap() -> Cap {
        let over = CapPeriod::Rolling { minutes: 1 };
        Cap { count: CapCount::Conversions, of: offer(), statuses: vec![], over }
    }

    fn booked(at_ms: u64, before: Option<Status>, after: Option<Status>) -> Booked {
        let (node, funnel) = (EntityId::new(1, 2), EntityId::new(1, 3));
        Booked { page: Some(offer()), node, funnel, first_at_ms: at_ms, before, after }
    }

    #[test]
    fn what_arrives_during_a_load_counts_once() {
        let caps = Caps::default();
        assert_eq!(caps.keep(&[cap()]), vec![cap()]);
        caps.booked(&booked(100_000, None, Some(Status::Approved)), 7);
        caps.booked(&booked(100_000, None, Some(Status::Approved)), 8);
        caps.loaded(&cap(), 7, [Change { number: 7, at_ms: 100_000, by: 1 }].into_iter());
        assert_eq!(caps.filled(&cap(), 120_000), 2);
        assert_eq!(caps.filled(&cap(), 160_000), 2, "the whole second of the edge counts");
        assert_eq!(caps.filled(&cap(), 161_000), 0);
    }

    #[test]
    fn a_rejected_conversion_makes_room_again() {
        let caps = Caps::default();
        caps.keep(&[cap()]);
        caps.loaded(&cap(), 0, std::iter::empty());
        caps.booked(&booked(100_000, None, Some(Status::Pending)), 1);
        caps.booked(&booked(100_000, Some(Status::Pending), Some(Status::Rejected)), 2);
        assert_eq!(caps.filled(&cap(), 100_000), 0);
    }
}
