//! What destinations are told of a hit, whatever its conversion comes to: read from the records once,
//! frozen with every delivery.
//! Promise: nothing is read where nobody wants to be told; addresses stay as the record has them.

use super::Desk;
use super::parse::{HIT, Parameters, REV, STATUS, TX};
use super::prepare::Ruled;
use super::resolve::{Hits, Resolved};
use crate::snapshot::Snapshot;
use crate::store::ledger::{Telling, Unavailable};
use rules::ids::EntityId;
use rules::record::{Record, Step};
use rules::told::{Consent, Told, What};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most requests of a visit that are read for its parameters.
const MOST_REQUESTS: usize = 64;
/// What we understand ourselves is no parameter of the network's own.
const OURS: [&str; 8] =
    ["vid", "p", "currency", "event", "time", "test", "disable_postbacks", "strict"];

impl Desk {
    /// Who may have to be told of a conversion of the hit, and what.
    pub(super) async fn telling(
        &self,
        snapshot: &Snapshot,
        resolved: &Resolved,
        step: &Step,
        ruled: &Ruled<'_>,
        parameters: &Parameters,
    ) -> Result<Option<Arc<Telling>>, Unavailable> {
        let record = &resolved.record;
        let wishes = snapshot.wishes(record.source, record.funnel, ruled.event);
        if wishes.is_empty() {
            return Ok(None);
        }
        let (hits, converting) = (self.hits.clone(), record.clone());
        let read = move || Visit::read(&*hits, &converting);
        let visit = tokio::task::spawn_blocking(read).await.unwrap_or(Err(Unavailable))?;
        let draft = Told {
            what: what(snapshot, ruled.event),
            currency: snapshot.settings.currency.clone(),
            hit: resolved.hit.to_string(),
            hit_at_ms: resolved.hit.at_ms(),
            parameters: of_network(parameters, ruled),
            buffer: visit.buffer,
            user_agent: visit.user_agent,
            referrer: visit.referrer,
            consent: Consent { gpc: visit.gpc },
            ..snapshot.told_of(record, step)
        };
        Ok(Some(Arc::new(Telling { wishes, draft })))
    }
}

fn what(snapshot: &Snapshot, event: Option<EntityId>) -> What {
    let name = event.and_then(|event| snapshot.events.get(&event));
    name.map_or(What::Conversion, |held| What::Event(held.asset.name.clone()))
}

/// What the network's call carried beside what we understand, and beside its source's secret.
fn of_network(parameters: &Parameters, ruled: &Ruled<'_>) -> BTreeMap<String, String> {
    let secret = ruled.source.and_then(|source| source.token.as_ref());
    let secret = secret.map(|token| token.parameter.as_str());
    let known = [HIT, REV, TX, STATUS].into_iter().flatten().copied();
    let known: Vec<_> = known.chain(OURS).chain(secret).collect();
    let own = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    let foreign = parameters.all().filter(|(name, value)| !own(name) && !value.is_empty());
    let mut found = BTreeMap::new();
    for (name, value) in foreign {
        found.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    found
}

/// What the visit's requests up to the converting one carried.
#[derive(Default)]
struct Visit {
    buffer: BTreeMap<String, String>,
    user_agent: String,
    referrer: String,
    /// Any of its requests asked for privacy.
    gpc: bool,
}

impl Visit {
    fn read(hits: &dyn Hits, converting: &Arc<Record>) -> Result<Self, Unavailable> {
        let mut visit = Self::default();
        let mut next = Some(converting.clone());
        for _ in 0..MOST_REQUESTS {
            let Some(record) = next.take() else { break };
            if record.visit == converting.visit {
                visit.take(&record);
                if record.is_entrance() {
                    return Ok(visit);
                }
            }
            next = match record.previous {
                Some(previous) => hits.find(previous)?.map(|found| found.record),
                None => None,
            };
        }
        // So many requests in other tabs: the entrance itself still tells the browser.
        if let Some(entrance) = hits.find(converting.visit)? {
            visit.take(&entrance.record);
        }
        Ok(visit)
    }

    /// Later requests are taken first: what they said stays.
    fn take(&mut self, record: &Record) {
        for (name, value) in record.buffer.iter().rev() {
            self.buffer.entry(name.to_string()).or_insert_with(|| value.to_string());
        }
        self.gpc |= record.gpc;
        if self.user_agent.is_empty() {
            self.user_agent = record.user_agent.clone();
        }
        if self.referrer.is_empty() {
            self.referrer = record.referrer.to_string();
        }
    }
}
