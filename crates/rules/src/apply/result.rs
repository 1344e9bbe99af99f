//! How a conversion stands after a call: status, revenue, expectation and cost.
//! Promise: pending counts with the pending revenue alone; a rejected one counts nothing.

use super::said::Said;
use super::{Call, Flag, Policy, target};
use crate::assets::Repeats;
use crate::cost::ConversionCost;
use crate::entry::{Standing, Status};
use crate::money::Micros;

/// A standing, and what the conversion is said to be worth (see [`super::Change::worth`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) standing: Standing,
    pub(super) worth: Micros,
}

impl Held {
    /// Before the first call.
    pub(super) const NOTHING: Self = Self {
        standing: Standing {
            status: None,
            revenue: Micros::ZERO,
            expected: Micros::ZERO,
            cost: Micros::ZERO,
        },
        worth: Micros::ZERO,
    };

    fn is_normal(self) -> bool {
        matches!(self.standing.status, Some(Status::Approved | Status::Refunded))
    }
}

pub(super) fn after(
    held: Held,
    said: Said,
    call: &Call,
    policy: &Policy,
    flags: &mut Vec<Flag>,
) -> Held {
    let repeats = target::repeats(call, policy);
    let rejected = held.standing.status == Some(Status::Rejected);
    match said {
        Said::Reject | Said::Refund(_) if rejected => held,
        Said::Reject => reject(held),
        Said::Refund(back) => refund(held, back, call, policy),
        Said::Pending(_) if held.is_normal() && ignores_pending(repeats, call, policy) => {
            flags.push(Flag::PendingIgnored);
            held
        }
        Said::Pending(_) if repeats == Repeats::Ignore && is_pending(held) => ignore(held, flags),
        Said::Pending(named) => pend(held, named, call, policy),
        Said::Normal(_) if repeats == Repeats::Ignore && held.is_normal() => ignore(held, flags),
        Said::Normal(named) if repeats == Repeats::AddUp && held.is_normal() => {
            let more = named.or(payout(call)).unwrap_or_else(|| nothing(call, flags));
            let status = held.standing.status.unwrap_or(Status::Approved);
            normal(held, status, held.standing.revenue + more, call, policy)
        }
        Said::Normal(named) => {
            let revenue =
                named.or(payout(call)).or(fallback(held)).unwrap_or_else(|| nothing(call, flags));
            normal(held, Status::Approved, revenue, call, policy)
        }
    }
}

/// Under *add up* a pending amount is never added, nor does it take away what was.
fn ignores_pending(repeats: Repeats, call: &Call, policy: &Policy) -> bool {
    let chosen = policy.ignore_pending_after_approval && !call.via.is_owner();
    chosen || repeats == Repeats::AddUp
}

fn is_pending(held: Held) -> bool {
    held.standing.status == Some(Status::Pending)
}

fn ignore(held: Held, flags: &mut Vec<Flag>) -> Held {
    flags.push(Flag::RepeatIgnored);
    held
}

fn reject(held: Held) -> Held {
    let standing = Standing { status: Some(Status::Rejected), ..Standing::default() };
    Held { standing, worth: held.worth }
}

fn refund(held: Held, back: Micros, call: &Call, policy: &Policy) -> Held {
    let left = (held.standing.revenue - back).max(Micros::ZERO);
    normal(held, Status::Refunded, left, call, policy)
}

fn pend(held: Held, named: Option<Micros>, call: &Call, policy: &Policy) -> Held {
    let expected = named.or(known_worth(held)).or(payout(call)).unwrap_or_default();
    let cost = match policy.cost {
        // What is not certain shares no revenue yet; a CPA is taken back by a reject alone.
        ConversionCost::Share { .. } => Micros::ZERO,
        ConversionCost::Each(_) | ConversionCost::None => held.standing.cost,
    };
    let revenue = policy.pending_revenue;
    let standing = Standing { status: Some(Status::Pending), revenue, expected, cost };
    Held { standing, worth: expected }
}

fn normal(held: Held, status: Status, revenue: Micros, call: &Call, policy: &Policy) -> Held {
    // A CPA is the price of a conversion, not of an event on the way.
    let per_event = call.event.is_some() && matches!(policy.cost, ConversionCost::Each(_));
    let cost = match per_event {
        true => held.standing.cost,
        false => policy.cost.of_normal(revenue, held.standing.cost, held.is_normal()),
    };
    let standing = Standing { status: Some(status), revenue, expected: Micros::ZERO, cost };
    Held { standing, worth: revenue }
}

/// The offer's payout. An event without an amount earns nothing (product.md §7).
fn payout(call: &Call) -> Option<Micros> {
    call.payout.filter(|_| call.event.is_none())
}

/// What an approval without an amount falls back to: what stands, else what was expected.
fn fallback(held: Held) -> Option<Micros> {
    if held.is_normal() { Some(held.standing.revenue) } else { known_worth(held) }
}

fn known_worth(held: Held) -> Option<Micros> {
    Some(held.worth).filter(|worth| *worth != Micros::ZERO)
}

fn nothing(call: &Call, flags: &mut Vec<Flag>) -> Micros {
    if call.event.is_none() {
        flags.push(Flag::NoPayout);
    }
    Micros::ZERO
}
