//! How far each cap is filled: counters in memory for the caps that published plans ask for.
//! Promise: a conversion counts as soon as its postback is answered, a visit as soon as it is
//! recorded; bots count towards nothing (product.md §3, §4).

use parking_lot::RwLock;
use rules::assets::{Cap, CapCount};
use rules::cap::{Counter, counts_since_ms};
use rules::entry::Status;
use rules::ids::EntityId;
use rules::record::Record;
use std::collections::HashMap;

/// The counters.
#[derive(Default)]
pub struct Caps {
    counters: RwLock<HashMap<Cap, Counter>>,
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
    /// Makes counters for `wanted`, drops those no plan asks for any more, and returns the new
    /// ones, which the caller loads.
    pub fn keep(&self, wanted: &[Cap]) -> Vec<Cap> {
        let mut counters = self.counters.write();
        counters.retain(|cap, _| wanted.contains(cap));
        let new: Vec<_> =
            wanted.iter().filter(|cap| !counters.contains_key(cap)).cloned().collect();
        counters.extend(new.iter().map(|cap| (cap.clone(), Counter::default())));
        new
    }

    /// How many of what `cap` counts fall into its period at `now_ms`.
    pub fn filled(&self, cap: &Cap, now_ms: u64) -> u64 {
        let counters = self.counters.read();
        counters.get(cap).map_or(0, |counter| counter.since(counts_since_ms(&cap.over, now_ms)))
    }

    /// Counts the hits of a recorded request, for all caps or only for those in `only`.
    pub fn visited(&self, record: &Record, only: Option<&[Cap]>) {
        if record.facts.is_bot() || self.counters.read().is_empty() {
            return;
        }
        let at_ms = record.request.at_ms();
        for (cap, counter) in self.counters.write().iter_mut() {
            if cap.count == CapCount::Visits && only.is_none_or(|only| only.contains(cap)) {
                counter.add(at_ms, visits(cap.of, record));
            }
        }
    }

    /// Counts a change of a conversion, for all caps or only for those in `only`.
    pub fn booked(&self, change: Booked, only: Option<&[Cap]>) {
        for (cap, counter) in self.counters.write().iter_mut() {
            let asked =
                cap.count == CapCount::Conversions && only.is_none_or(|only| only.contains(cap));
            let of = [change.page, Some(change.node), Some(change.funnel)].contains(&Some(cap.of));
            if asked && of {
                let counts =
                    |status: Option<Status>| i64::from(status.is_some_and(|s| counted(cap, s)));
                counter.add(change.first_at_ms, counts(change.after) - counts(change.before));
            }
        }
    }

    /// Forgets what no period reaches any more.
    pub fn forget(&self, now_ms: u64) {
        for (cap, counter) in self.counters.write().iter_mut() {
            counter.forget_before(counts_since_ms(&cap.over, now_ms));
        }
    }
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
