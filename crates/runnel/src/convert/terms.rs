//! What a call says of money and status, by the rules of its offer, source and event.
//! Promise: amounts come out in the account's currency, with the original frozen beside them; a
//! currency without a rate is a fault only where an amount in it is needed (product.md §6.1, §6.4).

use super::currency::{Foreign, foreign};
use super::prepare::{Incoming, Ruled};
use super::reason::Unbooked;
use super::resolve::Resolved;
use super::said::Said;
use crate::snapshot::Snapshot;
use crate::store::ledger::Call;
use rules::amount::Amount;
use rules::apply::{self, Flag, Original, Policy};
use rules::cost::{ConversionCost, CostRules};
use rules::ids::EntityId;
use rules::money::Micros;
use rules::record::Record;
use rules::status::{NormalBecause, StatusMeaning};

/// Reads amount and status by the rules of offer and source.
pub(super) fn read(
    incoming: &Incoming,
    said: &Said,
    snapshot: &Snapshot,
    resolved: &Resolved,
    ruled: &Ruled<'_>,
    call: &mut Call,
) -> Result<(apply::Call, Policy), Unbooked> {
    let settings = &snapshot.settings;
    let no_words = Default::default();
    let words = ruled.source.map_or(&no_words, |source| &source.statuses);
    let status = StatusMeaning::of(said.status.as_deref(), words);
    let configured = configured_currency(ruled);
    let amount = Amount::read(said.rev.as_deref());
    let named = said.currency.clone().given();
    let currency = named.as_deref().map(|code| foreign(code, settings)).transpose()?;
    let own = foreign(configured, settings);
    let needs_own = named.is_none() && matches!(amount, Amount::Value(_) | Amount::Refund(_));
    let currency = match currency {
        Some(currency) => currency,
        None if needs_own => own.clone()?,
        None => None,
    };
    let mut flags = resolved.flags.clone();
    if said.has_absent_macro() {
        flags.push(Flag::AbsentMacro);
    }
    // A payout in a currency without a rate is only a fault where the payout is needed.
    let pays = needs_payout(amount, status, ruled.event);
    let payout = match (ruled.offer.and_then(|offer| offer.payout), own) {
        (Some(payout), Ok(own)) => own.map_or(Some(payout), |own| own.convert(payout)),
        (Some(_), Err(unknown)) if pays => return Err(unknown),
        _ => None,
    };
    let unpayable = pays && payout.is_none() && ruled.offer.is_some_and(|o| o.payout.is_some());
    let amount = if unpayable { Amount::Unreadable } else { amount };
    note_status(status, said, call, &mut flags);
    let at_ms = said.at_ms(incoming.arrived_ms)?.max(resolved.hit.at_ms());
    let said = apply::Call {
        via: incoming.via,
        spoken_by: incoming.spoken_by,
        at_ms,
        tx: said.tx.clone().given(),
        original: currency.as_ref().and_then(|currency| original(amount, currency)),
        amount: currency.map_or(amount, |currency| amount.convert(|a| currency.convert(a))),
        status,
        event: ruled.event,
        payout,
        disable_postbacks: said.disable_postbacks,
        flags,
    };
    Ok((said, policy(snapshot, ruled)))
}

fn needs_payout(amount: Amount, status: StatusMeaning, event: Option<EntityId>) -> bool {
    let absent = matches!(amount, Amount::Absent { .. });
    absent && status != StatusMeaning::Reject && event.is_none()
}

/// A word in no list is kept, so that it can be added to one.
fn note_status(status: StatusMeaning, said: &Said, call: &mut Call, flags: &mut Vec<Flag>) {
    match status {
        StatusMeaning::Normal(NormalBecause::UnknownWord) => {
            call.status_word = said.status.clone().unwrap_or_default();
            flags.push(Flag::UnknownStatusWord);
        }
        StatusMeaning::Normal(NormalBecause::AbsentMacro) => flags.push(Flag::AbsentMacro),
        _ => {}
    }
}

fn original(amount: Amount, currency: &Foreign) -> Option<Original> {
    let amount = match amount {
        Amount::Value(amount) => amount,
        Amount::Refund(amount) => -amount,
        _ => return None,
    };
    Some(Original { amount, currency: currency.code.clone(), rate: currency.rate })
}

/// The offer's currency, else its source's; empty for the account's.
fn configured_currency<'s>(ruled: &Ruled<'s>) -> &'s str {
    let offer = ruled.offer.map_or("", |offer| offer.currency.trim());
    let source = ruled.source.map_or("", |source| source.currency.trim());
    if offer.is_empty() { source } else { offer }
}

/// The rules in force; what the conversion costs is known once its visit is.
fn policy(snapshot: &Snapshot, ruled: &Ruled<'_>) -> Policy {
    let settings = &snapshot.settings;
    let event = ruled.event.and_then(|id| snapshot.events.get(&id)).map(|held| &*held.asset);
    let mut policy = Policy::of(settings, ruled.source, ruled.offer, event, ConversionCost::None);
    let in_account = |limit: Option<Micros>, code: &str| match (limit, foreign(code, settings)) {
        (Some(limit), Ok(Some(currency))) => {
            Some(currency.convert(limit).unwrap_or(Micros::LARGEST))
        }
        (limit, _) => limit,
    };
    let source_code = ruled.source.map_or("", |source| &source.currency);
    policy.maximum_revenue = in_account(policy.maximum_revenue, source_code);
    policy.browser_maximum = in_account(policy.browser_maximum, configured_currency(ruled));
    policy
}

/// What a conversion of this visit costs at its traffic source.
pub(super) fn cost(snapshot: &Snapshot, record: &Record, paid_at_entrance: bool) -> ConversionCost {
    let Some(source) = snapshot.sources.get(&record.source) else { return ConversionCost::None };
    let funnel = snapshot.funnels.get(&record.funnel).map(|held| &*held.asset);
    let rules = CostRules {
        funnel_override: funnel.and_then(|funnel| funnel.cost_overrides.get(&record.source)),
        source: &source.asset,
        funnel_default: funnel.and_then(|funnel| funnel.default_cost.as_ref()),
    };
    rules.of_conversion(paid_at_entrance)
}
