//! Everything about a call that can be decided without the ledger: its hit, the rules of its offer,
//! amounts in the account's currency, whom it credits.
//! Promise: a call that cannot be booked comes out as one that is kept unbooked, with its reason.

use super::Desk;
use super::authorize::authorize;
use super::currency::{Foreign, foreign};
use super::parse::Parameters;
use super::reason::{Reason, Unbooked};
use super::resolve::{NoHit, Resolved, event_named};
use super::said::Said;
use crate::snapshot::Snapshot;
use crate::store::ledger::{Booking, Call, Change, Cursor, Job, Notify, Origin, Unavailable};
use rules::amount::{Amount, TextValue};
use rules::apply::{self, Flag, Original, Policy, Via};
use rules::assets::{Offer, OfferSource};
use rules::cost::{ConversionCost, CostRules};
use rules::credit::Credited;
use rules::ids::EntityId;
use rules::money::Micros;
use rules::record::{PassedKind, Record, Step};
use rules::status::{NormalBecause, StatusMeaning};
use std::net::IpAddr;
use std::sync::Arc;

/// A call that came, by whichever way.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The call as the log will keep it.
    pub call: Call,
    /// What it carries.
    pub parameters: Parameters,
    /// Who speaks.
    pub via: Via,
    /// The caller's address.
    pub address: Option<IpAddr>,
    /// When it first arrived: a call that is repeated counts as of then. Unix milliseconds.
    pub arrived_ms: u64,
    /// Whether the traffic source is told; none lets the call say.
    pub notify: Option<Notify>,
    /// What may be booked only once.
    pub task: Option<String>,
    /// A cursor that moves with it.
    pub cursor: Option<Cursor>,
}

/// A call ready for the ledger.
pub struct Prepared {
    /// The job.
    pub job: Job,
    /// The parameter at fault, where one is.
    pub parameter: &'static str,
    /// It names an ID that nobody issued.
    pub never_issued: bool,
    /// Only the verdict is wanted.
    pub test: bool,
}

/// The offer, its source and the event that rule a call.
struct Ruled<'s> {
    offer: Option<&'s Offer>,
    source_id: Option<EntityId>,
    source: Option<&'s OfferSource>,
    event: Option<EntityId>,
}

impl Desk {
    /// Prepares `incoming` as the configuration stands now.
    pub(super) async fn prepare(&self, incoming: &Incoming) -> Result<Prepared, Unavailable> {
        let snapshot = self.snapshot.load_full();
        let said = Said::find(&incoming.parameters);
        let mut call = incoming.call.clone();
        describe(&mut call, &said, &incoming.parameters);
        let decided = self.change(incoming, &said, &snapshot, &mut call).await;
        let (change, why, never_issued) = match decided {
            Ok(booking) => (Some(Change::Say(Box::new(booking))), None, false),
            Err(NoHit::Unavailable) => return Err(Unavailable),
            Err(NoHit::Unbooked(why)) => (None, Some(why), false),
            Err(NoHit::NeverIssued(why)) => (None, Some(why), true),
        };
        call.reason = why.map_or("", |why| why.reason.as_str()).to_owned();
        let (task, cursor) = (incoming.task.clone(), incoming.cursor.clone());
        let parameter = why.map_or("", |why| why.parameter);
        let job = Job { call, change, task, cursor };
        Ok(Prepared { job, parameter, never_issued, test: said.test })
    }

    async fn change(
        &self,
        incoming: &Incoming,
        said: &Said,
        snapshot: &Snapshot,
        call: &mut Call,
    ) -> Result<Booking, NoHit> {
        let resolved = self.resolve(said, incoming.via, snapshot, incoming.arrived_ms).await?;
        call.hit = resolved.hit.to_string();
        call.vid = resolved.record.vid.to_string();
        let step = resolved.step().cloned();
        let step = step.filter(|step| step.kind.is_page());
        let step = step.ok_or(NoHit::Unbooked(Unbooked::new(Reason::NotAPage, "hit")))?;
        call.page = text(step.page);
        let ruled = rule(snapshot, &step, said, call).map_err(NoHit::Unbooked)?;
        allowed(incoming, &resolved.record, ruled.source).map_err(NoHit::Unbooked)?;
        call.event = text(ruled.event);
        let (said_to_rules, mut policy) =
            read(incoming, said, snapshot, &resolved, &ruled, call).map_err(NoHit::Unbooked)?;
        let ttl_ms = snapshot.settings.session_ttl_seconds.saturating_mul(1000);
        let credited = self.credit(&resolved, ttl_ms).await?;
        if credited.cut {
            call.flags.push("credit_cut");
        }
        policy.cost = cost(snapshot, &resolved.record, credited.paid_at_entrance);
        let silent = if said.disable_postbacks { Notify::None } else { Notify::Once };
        Ok(Booking {
            hit: resolved.hit,
            vid: resolved.record.vid,
            said: said_to_rules,
            policy,
            sought: resolved.sought,
            notify: incoming.notify.unwrap_or(silent),
            origin: Arc::new(origin(credited, &step, ruled.source_id)),
        })
    }
}

fn origin(credited: Credited, step: &Step, offer_source: Option<EntityId>) -> Origin {
    let Credited { visit, path, indirect, .. } = credited;
    let Step { node, page, kind, .. } = *step;
    Origin { node, page, kind, offer_source, visit, path, indirect }
}

/// Notes in the log what the call names, before anything is known of it.
fn describe(call: &mut Call, said: &Said, parameters: &Parameters) {
    let given = |value: &TextValue| value.clone().given().unwrap_or_default();
    call.hit = given(&said.hit);
    call.vid = given(&said.vid);
    call.tx = given(&said.tx);
    call.event = said.event.clone().unwrap_or_default();
    if parameters.unreadable_body {
        call.flags.push("unreadable_body");
    }
}

/// Finds the offer, its source and the event. A source may have words of its own for events.
fn rule<'s>(
    snapshot: &'s Snapshot,
    step: &Step,
    said: &Said,
    call: &mut Call,
) -> Result<Ruled<'s>, Unbooked> {
    let offer = step.page.filter(|_| step.kind == PassedKind::Offer);
    let offer = offer.and_then(|page| snapshot.offers.get(&page)).map(|held| &*held.asset);
    let source_id = offer.and_then(|offer| offer.offer_source);
    let source = source_id.and_then(|id| snapshot.offer_sources.get(&id)).map(|held| &*held.asset);
    call.offer_source = text(source_id);
    let event = event(snapshot, source, said.event.as_deref())?;
    Ok(Ruled { offer, source_id, source, event })
}

fn event(
    snapshot: &Snapshot,
    source: Option<&OfferSource>,
    word: Option<&str>,
) -> Result<Option<EntityId>, Unbooked> {
    let Some(word) = word else { return Ok(None) };
    let mut words = source.into_iter().flat_map(|source| &source.events);
    let meant = words.find(|(own, _)| own.trim().eq_ignore_ascii_case(word));
    let meant = meant.map_or(word, |(_, meant)| meant.trim());
    match meant {
        "conversion" => Ok(None),
        "ignore" => Err(Unbooked::new(Reason::IgnoredEvent, "event")),
        name => event_named(snapshot, name)
            .map(Some)
            .ok_or(Unbooked::new(Reason::UnknownEvent, "event")),
    }
}

/// Whether this caller may convert this hit.
fn allowed(
    incoming: &Incoming,
    record: &Record,
    source: Option<&OfferSource>,
) -> Result<(), Unbooked> {
    match (incoming.via, source) {
        (Via::Postback, Some(source)) => authorize(source, &incoming.parameters, incoming.address),
        // Flagged bots never fire conversions or events (product.md §3).
        (Via::JavaScript | Via::Action, _) if record.facts.is_bot() => {
            Err(Unbooked::new(Reason::Bot, ""))
        }
        _ => Ok(()),
    }
}

/// Reads amount and status by the rules of offer and source.
fn read(
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
        (Some(payout), Ok(own)) => Some(own.map_or(payout, |own| own.convert(payout))),
        (Some(_), Err(unknown)) if pays => return Err(unknown),
        _ => None,
    };
    note_status(status, said, call, &mut flags);
    let at_ms = said.at_ms(incoming.arrived_ms)?.max(resolved.hit.at_ms());
    let said = apply::Call {
        via: incoming.via,
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
        (Some(limit), Ok(Some(currency))) => Some(currency.convert(limit)),
        (limit, _) => limit,
    };
    let source_code = ruled.source.map_or("", |source| &source.currency);
    policy.maximum_revenue = in_account(policy.maximum_revenue, source_code);
    policy.browser_maximum = in_account(policy.browser_maximum, configured_currency(ruled));
    policy
}

/// What a conversion of this visit costs at its traffic source.
fn cost(snapshot: &Snapshot, record: &Record, paid_at_entrance: bool) -> ConversionCost {
    let Some(source) = snapshot.sources.get(&record.source) else { return ConversionCost::None };
    let funnel = snapshot.funnels.get(&record.funnel).map(|held| &*held.asset);
    let rules = CostRules {
        funnel_override: funnel.and_then(|funnel| funnel.cost_overrides.get(&record.source)),
        source: &source.asset,
        funnel_default: funnel.and_then(|funnel| funnel.default_cost.as_ref()),
    };
    rules.of_conversion(paid_at_entrance)
}

fn text(id: Option<EntityId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
