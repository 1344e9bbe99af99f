//! What a call says, status and amount together, after the rules about browsers and maxima.
//! Promise: what may not be booked is refused here, before any conversion is looked at.

use super::{Call, Flag, Policy, Reason, Via};
use crate::amount::Amount;
use crate::assets::BrowserAmounts;
use crate::money::Micros;
use crate::status::{NormalBecause, StatusMeaning};

/// What is said of a conversion. Amounts are those named by the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It is to go.
    Reject,
    /// So much is given back.
    Refund(Micros),
    /// It is not certain yet.
    Pending(Option<Micros>),
    /// It is normal.
    Normal(Option<Micros>),
}

pub(super) fn said(call: &Call, policy: &Policy, flags: &mut Vec<Flag>) -> Result<Said, Reason> {
    let browser = call.spoken_by == Via::JavaScript;
    note_how_it_was_read(call, flags);
    match (call.amount, call.status) {
        (Amount::Unreadable, _) => Err(Reason::UnreadableAmount),
        (Amount::Refund(_) | Amount::Delete, _) if browser => Err(Reason::NegativeFromBrowser),
        (Amount::Delete, _) | (_, StatusMeaning::Reject) => Ok(Said::Reject),
        (Amount::Refund(back), _) => Ok(Said::Refund(back)),
        (Amount::Value(_) | Amount::Absent { .. }, status) => {
            let named = believed(call, policy, flags)?;
            let pending = status == StatusMeaning::Pending;
            Ok(if pending { Said::Pending(named) } else { Said::Normal(named) })
        }
    }
}

fn note_how_it_was_read(call: &Call, flags: &mut Vec<Flag>) {
    if call.amount == (Amount::Absent { flagged: true }) {
        flags.push(Flag::AbsentMacro);
    }
    match call.status {
        StatusMeaning::Normal(NormalBecause::UnknownWord) => flags.push(Flag::UnknownStatusWord),
        StatusMeaning::Normal(NormalBecause::AbsentMacro) => flags.push(Flag::AbsentMacro),
        _ => {}
    }
}

/// The amount that counts as named (product.md §6.3, §6.7).
fn believed(call: &Call, policy: &Policy, flags: &mut Vec<Flag>) -> Result<Option<Micros>, Reason> {
    let Amount::Value(said) = call.amount else { return Ok(None) };
    let named = match call.spoken_by {
        Via::JavaScript => from_browser(said, call, policy, flags),
        _ => Some(said),
    };
    let of_network = matches!(call.spoken_by, Via::Postback | Via::JavaScript);
    match (named, policy.maximum_revenue) {
        (Some(amount), Some(most)) if of_network && amount > most => Err(Reason::OverMaximum),
        _ => Ok(named),
    }
}

fn from_browser(
    said: Micros,
    call: &Call,
    policy: &Policy,
    flags: &mut Vec<Flag>,
) -> Option<Micros> {
    // Capped without a cap would be no cap at all: the payout is what a browser may then claim.
    let most = policy.browser_maximum.or(call.payout).unwrap_or_default();
    match policy.browser_amounts {
        BrowserAmounts::Allowed => Some(said),
        BrowserAmounts::Capped if said <= most => Some(said),
        BrowserAmounts::Capped => {
            flags.push(Flag::BrowserAmountCapped);
            Some(most)
        }
        BrowserAmounts::Ignored => {
            flags.push(Flag::BrowserAmountIgnored);
            None
        }
    }
}
