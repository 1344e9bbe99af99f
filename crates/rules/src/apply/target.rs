//! Which conversion a call means: (hit, tx), with the exceptions of product.md §6.5.
//! Promise: a call that could mean several conversions means none.

use super::said::Said;
use super::{ACTION_TX, Call, Known, Policy, Reason, Via};
use crate::assets::Repeats;
use crate::entry::Status;

/// What the call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// No conversion, and none is to be made.
    Nothing,
    /// A new one.
    New,
    /// The known one at this place.
    Known(usize),
}

/// The rule for repeats that this call falls under: the source's is for what the source sends.
pub(super) fn repeats(call: &Call, policy: &Policy) -> Repeats {
    if call.via.is_owner() { Repeats::Update } else { policy.repeats }
}

pub(super) fn find(
    known: &[Known],
    call: &Call,
    said: &Said,
    policy: &Policy,
) -> Result<Target, Reason> {
    let search = Search { known, call, repeats: repeats(call, policy) };
    match said {
        Said::Reject => search.to_reject(),
        Said::Refund(_) => search.to_refund().map(Target::Known),
        Said::Pending(_) | Said::Normal(_) => Ok(search.to_book(said)),
    }
}

struct Search<'a> {
    known: &'a [Known],
    call: &'a Call,
    repeats: Repeats,
}

impl Search<'_> {
    fn to_book(&self, said: &Said) -> Target {
        let always_new = self.repeats == Repeats::AlwaysNew;
        let found = match self.call.via {
            // An action's conversion is made once; its events may count every time.
            Via::Action if always_new && self.call.event.is_some() => None,
            Via::Action => self.in_slot(),
            _ if always_new => {
                self.in_slot().filter(|i| self.changes_status(*i, said)).or_else(|| self.pending())
            }
            _ => self.addressed(),
        };
        found.map_or(Target::New, Target::Known)
    }

    fn to_reject(&self) -> Result<Target, Reason> {
        let found = match self.call.tx {
            Some(_) => self.live_in_slot().or_else(|| self.addressed()),
            None => self.only_live()?.or_else(|| self.in_slot()).or_else(|| self.only_known()),
        };
        Ok(found.map_or(Target::Nothing, Target::Known))
    }

    fn to_refund(&self) -> Result<usize, Reason> {
        let found = match (self.live_in_slot(), &self.call.tx) {
            (Some(own), _) => Some(own),
            (None, Some(_)) => self.addressed(),
            (None, None) => self.only_live()?.or_else(|| self.in_slot()),
        };
        found.ok_or(Reason::NothingToRefund)
    }

    /// The call's own slot; under *one per hit* any of the source's; else a pending one that waits
    /// for its tx.
    fn addressed(&self) -> Option<usize> {
        self.in_slot().or_else(|| self.one_of_hit()).or_else(|| self.pending())
    }

    /// The latest with exactly this tx; no tx is a slot of its own.
    fn in_slot(&self) -> Option<usize> {
        self.known.iter().rposition(|k| k.tx == self.call.tx)
    }

    fn live_in_slot(&self) -> Option<usize> {
        self.known.iter().rposition(|k| k.tx == self.call.tx && k.counts())
    }

    /// *One per hit*: a live one first. What an action fired is never a network's to overwrite.
    fn one_of_hit(&self) -> Option<usize> {
        let foreign = |k: &Known| !k.tx.as_deref().is_some_and(|tx| tx.starts_with(ACTION_TX));
        let live = self.known.iter().rposition(|k| foreign(k) && k.counts());
        let any = || self.known.iter().rposition(foreign);
        (self.repeats == Repeats::OnePerHit).then(|| live.or_else(any)).flatten()
    }

    /// The hit's only conversion, when it is pending and has no tx and the call has one.
    fn pending(&self) -> Option<usize> {
        let waits = |k: &Known| k.tx.is_none() && k.standing.status == Some(Status::Pending);
        let network = self.call.tx.is_some() && self.call.via != Via::Action;
        let only = self.only_live().ok().flatten();
        only.filter(|i| network && waits(&self.known[*i]))
    }

    /// The only conversion of the hit that is not rejected.
    fn only_live(&self) -> Result<Option<usize>, Reason> {
        let mut live = self.known.iter().enumerate().filter(|(_, k)| k.counts()).map(|(i, _)| i);
        let first = live.next();
        if live.next().is_some() { Err(Reason::SeveralConversions) } else { Ok(first) }
    }

    fn only_known(&self) -> Option<usize> {
        (self.known.len() == 1).then_some(0)
    }

    /// *Always new*: whether the call is news of this conversion instead of another one. Without a
    /// tx only an approval of what is pending can be told from a new sale.
    fn changes_status(&self, index: usize, said: &Said) -> bool {
        let pending = self.known[index].standing.status == Some(Status::Pending);
        let rejected = self.known[index].standing.status == Some(Status::Rejected);
        let named = self.call.tx.is_some();
        match said {
            Said::Normal(_) => pending || (rejected && named),
            Said::Pending(_) => !pending && named,
            Said::Reject | Said::Refund(_) => true,
        }
    }
}
