//! What a call does to a conversion: the state machine of product.md §6.4 and §6.5.
//! (the hit's conversions of one event scope, the call, the policy) → at most one change.
//! Promise: every order of arrival is allowed; (hit, tx) stays one conversion that keeps its ID and
//! first time; a change is before → after, so entries sum up to the final standing.

mod call;
mod decision;
mod policy;
mod result;
mod said;
mod target;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod model;

pub use call::{ACTION_TX, Call, Known, Original, Via};
pub use decision::{Change, Decision, Flag, Of, Outcome, Reason};
pub use policy::Policy;

use crate::assets::Repeats;
use crate::entry::Status;
use result::Held;
use said::Said;
use target::Target;

/// A repeat after this long may be a further sale (product.md §6.5).
const REBILL_AFTER_MS: u64 = 24 * 3600 * 1000;

/// Decides what `call` does. `known` are all conversions of the hit in the call's scope (the same
/// event, or conversions proper), rejected ones included, in the order in which they were booked.
pub fn apply(known: &[Known], call: &Call, policy: &Policy) -> Decision {
    let mut flags = call.flags.clone();
    let (outcome, about, change) = match decide(known, call, policy, &mut flags) {
        Ok(decided) => decided,
        Err(reason) => (Outcome::Unbooked(reason), None, None),
    };
    flags.sort_unstable();
    flags.dedup();
    Decision { outcome, about, change, flags }
}

type Decided = (Outcome, Option<Of>, Option<Change>);

fn decide(
    known: &[Known],
    call: &Call,
    policy: &Policy,
    flags: &mut Vec<Flag>,
) -> Result<Decided, Reason> {
    let said = said::said(call, policy, flags)?;
    Ok(match target::find(known, call, &said, policy)? {
        Target::New => create(call, said, policy, flags),
        Target::Known(index) => update(index, &known[index], call, said, policy, flags),
        Target::Nothing => {
            flags.push(Flag::NothingToDelete);
            (Outcome::Unchanged, None, None)
        }
    })
}

fn create(call: &Call, said: Said, policy: &Policy, flags: &mut Vec<Flag>) -> Decided {
    let after = result::after(Held::NOTHING, said, call, policy, flags);
    let change = change(Of::New, call, call.tx.clone(), call.at_ms, Held::NOTHING, after);
    (Outcome::Created, Some(Of::New), Some(change))
}

fn update(
    index: usize,
    known: &Known,
    call: &Call,
    said: Said,
    policy: &Policy,
    flags: &mut Vec<Flag>,
) -> Decided {
    let of = Of::Existing(index);
    let before = Held { standing: known.standing, worth: known.worth };
    let tx = known.tx.clone().or_else(|| call.tx.clone());
    let takes_over = tx != known.tx;
    let stays = known.is_repeat(call, said, policy) && !takes_over;
    let after = if stays { before } else { result::after(before, said, call, policy, flags) };
    if after.standing == before.standing && !takes_over {
        flags.extend(possible_rebill(known, call, said));
        return (Outcome::Unchanged, Some(of), None);
    }
    if takes_over && known.standing.status == Some(Status::Pending) {
        flags.push(Flag::PendingTakenOver);
    }
    let deleted = after.standing.status == Some(Status::Rejected);
    let outcome = if deleted { Outcome::Deleted } else { Outcome::Updated };
    (outcome, Some(of), Some(change(of, call, tx, known.first_at_ms, before, after)))
}

impl Known {
    /// Whether `call` says again what was said last. An action fires its conversion once, whatever
    /// happened since; *add up* counts every sale.
    fn is_repeat(&self, call: &Call, said: Said, policy: &Policy) -> bool {
        let adds =
            target::repeats(call, policy) == Repeats::AddUp && matches!(said, Said::Normal(_));
        let identical = self.last_fingerprint.as_deref() == Some(&call.fingerprint());
        call.via == Via::Action || (identical && !adds)
    }
}

fn possible_rebill(known: &Known, call: &Call, said: Said) -> Option<Flag> {
    let sale_without_tx = call.tx.is_none() && matches!(said, Said::Normal(_));
    let later_ms = call.at_ms.saturating_sub(known.last_call_at_ms);
    (sale_without_tx && call.via != Via::Action && later_ms > REBILL_AFTER_MS)
        .then_some(Flag::PossibleRebill)
}

fn change(
    of: Of,
    call: &Call,
    tx: Option<String>,
    first_at_ms: u64,
    before: Held,
    after: Held,
) -> Change {
    Change {
        of,
        tx,
        first_at_ms,
        before: before.standing,
        after: after.standing,
        worth: after.worth,
        fingerprint: call.fingerprint(),
    }
}
