//! Everything about a call that can be decided without the ledger: its hit, the rules of its offer,
//! amounts in the account's currency, whom it credits.
//! Promise: a call that cannot be booked comes out as one that is kept unbooked, with its reason.

use super::Desk;
use super::authorize::authorize;
use super::parse::Parameters;
use super::reason::{Reason, Unbooked};
use super::resolve::NoHit;
use super::said::Said;
use super::terms;
use crate::snapshot::Snapshot;
use crate::store::ledger::{Booking, Call, Change, Cursor, Job, Notify, Origin, Unavailable};
use rules::amount::TextValue;
use rules::apply::Via;
use rules::assets::{Offer, OfferSource};
use rules::credit::Credited;
use rules::ids::EntityId;
use rules::record::{PassedKind, Record, Step};
use std::net::IpAddr;
use std::sync::Arc;

/// A call that came, by whichever way.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The call as the log will keep it.
    pub call: Call,
    /// What it carries.
    pub parameters: Parameters,
    /// The way it comes, and the rules it comes under: the owner's where they repeat it in person.
    pub via: Via,
    /// Who named its amount, whoever repeats it.
    pub spoken_by: Via,
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
pub(super) struct Ruled<'s> {
    pub(super) offer: Option<&'s Offer>,
    pub(super) source_id: Option<EntityId>,
    pub(super) source: Option<&'s OfferSource>,
    pub(super) event: Option<EntityId>,
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
            terms::read(incoming, said, snapshot, &resolved, &ruled, call)
                .map_err(NoHit::Unbooked)?;
        let ttl_ms = snapshot.settings.session_ttl_seconds.saturating_mul(1000);
        let credited = self.credit(&resolved, ttl_ms).await?;
        if credited.cut {
            call.flags.push("credit_cut");
        }
        policy.cost = terms::cost(snapshot, &resolved.record, credited.paid_at_entrance);
        let telling =
            self.telling(snapshot, &resolved, &step, &ruled, &incoming.parameters).await?;
        let silent = if said.disable_postbacks { Notify::None } else { Notify::Once };
        Ok(Booking {
            hit: resolved.hit,
            vid: resolved.record.vid,
            said: said_to_rules,
            policy,
            sought: resolved.sought,
            notify: incoming.notify.unwrap_or(silent),
            telling,
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
    let source = source_of(snapshot, offer);
    call.offer_source = text(source_id);
    let event = event(snapshot, source, said.event.as_deref())?;
    Ok(Ruled { offer, source_id, source, event })
}

/// The source that rules calls about `offer`.
pub(super) fn source_of<'s>(
    snapshot: &'s Snapshot,
    offer: Option<&Offer>,
) -> Option<&'s OfferSource> {
    let held = snapshot.offer_sources.get(&offer?.offer_source?)?;
    Some(&*held.asset)
}

/// The event that `word` means at `source`; none for a conversion.
/// # Errors
/// The source ignores the word, or it is the name of no event.
pub(super) fn event(
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
        name => {
            snapshot.event_named(name).map(Some).ok_or(Unbooked::new(Reason::UnknownEvent, "event"))
        }
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

fn text(id: Option<EntityId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
