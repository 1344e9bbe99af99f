//! From an entry to the deliveries that it causes, or to why there is none.
//! Promise: decided by `rules::owed` alone, and committed with the entry.

use crate::store::deliveries::{DeliveryState, NewDelivery};
use rules::entry::{Entry, Status};
use rules::ids::EntityId;
use rules::owed::{Happened, HeldBack, Knows, Notify, Owed, Wish, owed};
use rules::told::{Change, Told};

const HOUR_MS: u64 = 3_600_000;

/// An entry on its way into the ledger.
pub(super) struct Entered<'e> {
    pub seq: i64,
    pub entry: &'e Entry,
    pub notify: Notify,
    pub now_ms: u64,
}

/// What is owed for it to a destination that knows so much.
/// # Errors
/// Nothing; why not.
pub(super) fn decide(wish: &Wish, entered: &Entered<'_>, knows: Knows) -> Result<Owed, HeldBack> {
    let happened = Happened {
        after: entered.entry.after,
        notify: entered.notify,
        hit_at_ms: entered.entry.hit.at_ms(),
        now_ms: entered.now_ms,
    };
    owed(wish, &happened, knows)
}

/// What the destination knows once it is told.
pub(super) fn knows(owed: &Owed) -> Knows {
    match owed.change {
        _ if owed.too_late => Knows::Withheld,
        Change::Retracted => Knows::Retracted,
        Change::New | Change::Adjusted => {
            Knows::Stands { status: owed.status, revenue: owed.revenue }
        }
    }
}

/// The delivery `id`: what is told of the hit, with what the entry says.
pub(super) fn delivery(
    wish: &Wish,
    draft: &Told,
    entered: &Entered<'_>,
    owed: &Owed,
    id: EntityId,
) -> NewDelivery {
    let entry = entered.entry;
    let told = Told {
        delivery: id.to_string(),
        conversion: entry.conversion.to_string(),
        entry: entered.seq,
        change: owed.change,
        status: owed.status.as_str().to_owned(),
        status_before: entry.before.status.map_or("", Status::as_str).to_owned(),
        at_ms: entry.first_at_ms,
        changed_at_ms: entry.at_ms,
        revenue: owed.revenue,
        revenue_true: owed.revenue_true,
        revenue_before: entry.before.revenue,
        tx: entry.tx.clone().unwrap_or_default(),
        ..draft.clone()
    };
    let (state, reason) = match wish.maximum_age_ms.filter(|_| owed.too_late) {
        Some(most) => (DeliveryState::TooLate, too_old(most)),
        None => (DeliveryState::Owed, String::new()),
    };
    let (destination, at_ms) = (wish.destination.clone(), entered.now_ms);
    NewDelivery { destination, told, state, reason, at_ms }
}

fn too_old(most_ms: u64) -> String {
    format!("the click is older than the maximum age of {} h", most_ms / HOUR_MS)
}
