//! From a decided change to the entry and the conversion's new state.
//! Promise: a conversion keeps its ID, first time and credit for ever, so that what an entry takes
//! back is exactly what an earlier one gave (product.md §6.4, §6.6).

use super::job::{Booking, Notify};
use super::state::Held;
use rules::apply::{Change, Known, Original};
use rules::entry::{Entry, Standing, Status};
use rules::ids::EntityId;
use rules::money::Micros;
use rules::record::PassedKind;
use std::sync::Arc;

/// A conversion's next standing, before its entry has a number.
pub(super) struct Step {
    pub original: Option<Original>,
    pub notify: Notify,
    pub entry: Entry,
    repeat_number: i64,
    notified: bool,
    worth: Micros,
    last_call_at_ms: u64,
    fingerprint: Option<String>,
    place: Place,
}

/// What a conversion's row says of its hit.
#[derive(Clone, Copy)]
struct Place {
    node: EntityId,
    page: Option<EntityId>,
    kind: PassedKind,
    offer_source: Option<EntityId>,
}

/// A conversion comes into being as `id`, beside those that are `held` on its hit.
pub(super) fn first(booking: &Booking, held: &[Held], change: &Change, id: EntityId) -> Step {
    let origin = &booking.origin;
    let repeats = held.iter().filter(|h| h.tx == change.tx).map(|h| h.repeat_number);
    let entry = Entry {
        conversion: id,
        event: booking.said.event,
        hit: booking.hit,
        vid: booking.vid,
        tx: change.tx.clone(),
        at_ms: booking.said.at_ms,
        first_at_ms: change.first_at_ms,
        before: change.before,
        after: change.after,
        visit: origin.visit.clone(),
        path: origin.path.clone(),
        indirect: origin.indirect.clone(),
        told_before: Micros::ZERO,
        told: Micros::ZERO,
    };
    let place = Place {
        node: origin.node,
        page: origin.page,
        kind: origin.kind,
        offer_source: origin.offer_source,
    };
    said(booking, change, entry, repeats.max().map_or(0, |most| most + 1), false, place)
}

/// A known conversion changes.
pub(super) fn again(booking: &Booking, held: &Held, change: &Change) -> Step {
    let entry = Entry {
        at_ms: booking.said.at_ms,
        tx: change.tx.clone(),
        before: held.standing,
        after: change.after,
        told_before: held.last.told,
        ..(*held.last).clone()
    };
    said(booking, change, entry, held.repeat_number, held.notified, Place::of(held))
}

fn said(
    booking: &Booking,
    change: &Change,
    entry: Entry,
    repeat_number: i64,
    notified: bool,
    place: Place,
) -> Step {
    Step {
        original: booking.said.original.clone(),
        notify: booking.notify,
        entry,
        repeat_number,
        notified,
        worth: change.worth,
        last_call_at_ms: booking.said.at_ms,
        fingerprint: Some(change.fingerprint.clone()),
        place,
    }
}

/// A conversion goes back to the standing `to`, under `tx`. One that did not exist then is
/// rejected: it stays in the ledger, out of the figures.
pub(super) fn restored(held: &Held, to: Standing, tx: Option<String>, at_ms: u64) -> Step {
    let gone = Standing { status: Some(Status::Rejected), ..Standing::default() };
    let after = if to.status.is_some() { to } else { gone };
    let (before, told_before) = (held.standing, held.last.told);
    let entry = Entry { at_ms, tx, before, after, told_before, ..(*held.last).clone() };
    Step {
        original: None,
        notify: Notify::None,
        entry,
        repeat_number: held.repeat_number,
        notified: held.notified,
        worth: worth_of(to).unwrap_or(held.worth),
        last_call_at_ms: held.last_call_at_ms,
        fingerprint: None,
        place: Place::of(held),
    }
}

/// What a conversion that stands so was last said to be worth; a standing that is out of the
/// figures does not tell.
fn worth_of(to: Standing) -> Option<Micros> {
    match to.status? {
        Status::Pending => Some(to.expected),
        Status::Approved | Status::Refunded => Some(to.revenue),
        Status::Rejected => None,
    }
}

impl Place {
    fn of(held: &Held) -> Self {
        let Held { node, page, kind, offer_source, .. } = *held;
        Self { node, page, kind, offer_source }
    }
}

impl Step {
    /// The conversion as it stands after the entry number `seq`.
    pub(super) fn held(&self, seq: i64, changed_at_ms: u64) -> Held {
        let (entry, place) = (&self.entry, self.place);
        Held {
            id: entry.conversion,
            hit: entry.hit,
            vid: entry.vid,
            event: entry.event,
            tx: entry.tx.clone(),
            repeat_number: self.repeat_number,
            standing: entry.after,
            first_at_ms: entry.first_at_ms,
            changed_at_ms,
            worth: self.worth,
            last_call_at_ms: self.last_call_at_ms,
            fingerprint: self.fingerprint.clone(),
            last_seq: seq,
            notified: self.notified || self.notify != Notify::None,
            node: place.node,
            page: place.page,
            kind: place.kind,
            offer_source: place.offer_source,
            last: Arc::new(entry.clone()),
        }
    }
}

impl Held {
    /// What the rules need to know of it.
    pub(super) fn known(&self) -> Known {
        Known {
            id: self.id,
            tx: self.tx.clone(),
            standing: self.standing,
            worth: self.worth,
            first_at_ms: self.first_at_ms,
            last_call_at_ms: self.last_call_at_ms,
            last_fingerprint: self.fingerprint.clone(),
        }
    }
}
