//! Every sentence of product.md §6.4 and §6.5 (and what §6.1, §6.3, §6.7, §7 and §9 say of amounts) as
//! an example, told call by call. `Story` keeps the hit's conversions as the ledger would.

mod amounts;
mod limits;
mod repeats;
mod statuses;
mod ways;

use super::*;
use crate::amount::Amount;
use crate::assets::{BrowserAmounts, Event, OfferSource, Settings, StatusWords};
use crate::cost::ConversionCost;
use crate::entry::Standing;
use crate::ids::EntityId;
use crate::money::Micros;
use crate::status::StatusMeaning;

fn money(text: &str) -> Micros {
    text.parse().unwrap()
}

/// The calls of one hit, one after the other.
#[derive(Default)]
pub(in crate::apply) struct Story {
    pub(in crate::apply) policy: Policy,
    pub(in crate::apply) known: Vec<Known>,
    pub(in crate::apply) payout: Option<Micros>,
    pub(in crate::apply) at_ms: u64,
    pub(in crate::apply) event: Option<EntityId>,
}

impl Story {
    fn with(policy: Policy) -> Self {
        Self { policy, ..Self::default() }
    }

    fn paying(payout: &str) -> Self {
        Self { payout: Some(money(payout)), ..Self::default() }
    }

    /// A postback with what stands behind `tx=`, `rev=` and `status=`; empty is left out.
    pub(in crate::apply) fn call(&self, tx: &str, rev: &str, status: &str) -> Call {
        Call {
            via: Via::Postback,
            spoken_by: Via::Postback,
            at_ms: self.at_ms,
            tx: Some(tx.to_owned()).filter(|tx| !tx.is_empty()),
            amount: Amount::read(Some(rev)),
            original: None,
            status: StatusMeaning::of(Some(status), &StatusWords::default()),
            event: self.event,
            payout: self.payout,
            disable_postbacks: false,
            flags: vec![],
        }
    }

    fn postback(&mut self, tx: &str, rev: &str, status: &str) -> Decision {
        let call = self.call(tx, rev, status);
        self.take(call)
    }

    fn via(&mut self, via: Via, tx: &str, rev: &str, status: &str) -> Decision {
        let call = Call { via, spoken_by: via, ..self.call(tx, rev, status) };
        self.take(call)
    }

    pub(in crate::apply) fn take(&mut self, call: Call) -> Decision {
        let decision = apply(&self.known, &call, &self.policy);
        if let Some(change) = &decision.change {
            self.book(&call, change);
        }
        decision
    }

    fn book(&mut self, call: &Call, change: &Change) {
        let id = EntityId::new(1_700_000_000_000, self.known.len() as u64);
        let held = Known {
            id,
            tx: change.tx.clone(),
            standing: change.after,
            worth: change.worth,
            first_at_ms: change.first_at_ms,
            last_call_at_ms: call.at_ms,
            last_fingerprint: Some(change.fingerprint.clone()),
        };
        match change.of {
            Of::New => self.known.push(held),
            Of::Existing(index) => {
                let known = &mut self.known[index];
                assert_eq!(known.standing, change.before);
                *known = Known { id: known.id, ..held };
            }
        }
    }

    /// `tx status revenue` of each conversion; pending ones with what is expected.
    fn stands(&self) -> Vec<String> {
        let one = |k: &Known| {
            let Standing { status, revenue, expected, .. } = k.standing;
            let tx = k.tx.as_deref().unwrap_or("-");
            let more = if expected == Micros::ZERO { "".into() } else { format!(" of {expected}") };
            format!("{tx} {} {revenue}{more}", status.unwrap().as_str())
        };
        self.known.iter().map(one).collect()
    }
}

fn source(change: impl FnOnce(&mut OfferSource)) -> Policy {
    let mut source = OfferSource::default();
    change(&mut source);
    Policy::of(&Settings::default(), Some(&source), None, None, ConversionCost::None)
}

fn repeats(repeats: Repeats) -> Story {
    Story::with(source(|s| s.repeats = repeats))
}
