//! One tracked request as the journal keeps it: its hits in order and everything needed to explain
//! the route, credit a conversion, and rebuild sessions and reports.
//! Promise: self-contained. No session, geo or device data is needed to read it again.

mod bytes;
mod consulted;
mod passed;

pub use bytes::UnreadableRecord;
pub use consulted::{Consulted, NoAnswer, Question, Reply, ServiceAnswer};
pub use passed::{Passed, PassedKind, Step, Taken};

use crate::assets::Field;
use crate::facts::Facts;
use crate::ids::{EntityId, HitId, RequestKey, Vid};
use crate::money::Micros;
use crate::shared;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most nodes kept in [`Record::path`].
pub const MOST_PATH: usize = 64;

/// A parameter: its name and value. Most are so short that they need no memory of their own.
pub type Parameter = (CompactString, CompactString);

/// The latest value of `name` in `parameters`.
pub fn latest<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a str> {
    parameters.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The latest value of each name in `parameters`.
pub fn by_name<'a>(
    parameters: impl IntoIterator<Item = &'a Parameter>,
) -> BTreeMap<String, String> {
    parameters.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// One tracked request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Time, machine and chance shared by all hits of the request; the journal's key.
    pub request: RequestKey,
    /// What the visitor did.
    pub kind: RequestKind,
    /// Who.
    pub vid: Vid,
    /// Whether this request issued the `vid`.
    pub new_visitor: bool,
    /// The first hit of the visit this request belongs to.
    pub visit: HitId,
    /// First hit of the visitor's previous request, in any funnel.
    pub previous: Option<HitId>,
    /// First hit of the visitor's previous visit, in any funnel.
    pub previous_visit: Option<HitId>,
    /// The funnel walked.
    pub funnel: EntityId,
    /// The traffic source of the visit.
    pub source: EntityId,
    /// The plan that decided.
    pub plan: PlanId,
    /// The chance handed to routing.
    pub seed: u64,
    /// The action that was taken, for [`RequestKind::Action`].
    pub action: Option<Taken>,
    /// The nodes passed by this request, in order: each is a hit.
    pub steps: Vec<Step>,
    /// What the visit had passed before this request, each (node, page) once, oldest first.
    pub path: Vec<Passed>,
    /// Action numbers that the visit had taken before this request, each once, oldest first.
    pub actions: Vec<u8>,
    /// The sender of the visit's entrance: what reports group by.
    #[serde(with = "shared")]
    pub facts: Arc<Facts>,
    /// The sender of this request where it differs from the entrance: what routing saw.
    pub own_facts: Option<Box<Facts>>,
    /// Tracking fields of the visit.
    #[serde(with = "shared")]
    pub fields: Arc<[(Field, CompactString)]>,
    /// Parameters that this request added to the session's buffer.
    pub buffer: Vec<Parameter>,
    /// Cost of the visit, on an entrance.
    pub cost: Option<Cost>,
    /// Cost of the visit's entrance, on every record of the visit: a node that is first reached by
    /// this request takes it on in reports about nodes (product.md §6.8).
    pub visit_cost: Micros,
    /// Conversions and events that the action fires; a worker books them.
    pub fires: Vec<Fire>,
    /// Every outside input that routing asked for, in order, so that the route can be recomputed.
    pub consulted: Vec<Consulted>,
    /// The visitor's tags after this request.
    pub tags: Vec<EntityId>,
    /// Host name of the tracking domain that the visit entered by.
    pub domain: CompactString,
    /// Referrer of the visit's entrance.
    pub referrer: CompactString,
    /// User agent of the entrance (empty on other requests).
    pub user_agent: String,
    /// Whether this request carried Global Privacy Control (`Sec-GPC: 1`).
    pub gpc: bool,
}

impl Record {
    /// The hit made by step number `index`.
    pub fn hit(&self, index: usize) -> Option<HitId> {
        self.steps.get(index).map(|step| self.request.stored_hit(index, step.checksum))
    }

    /// All hits with their steps, in order.
    pub fn hits(&self) -> impl Iterator<Item = (HitId, &Step)> {
        self.steps
            .iter()
            .enumerate()
            .map(|(i, step)| (self.request.stored_hit(i, step.checksum), step))
    }

    /// The step that made `hit`, if this record holds it with the same checksum.
    pub fn step_of(&self, hit: HitId) -> Option<&Step> {
        self.steps
            .get(hit.index())
            .filter(|step| self.request == hit.request() && step.checksum == hit.checksum())
    }

    /// What routing saw of the sender.
    pub fn routed_facts(&self) -> &Facts {
        self.own_facts.as_deref().unwrap_or(&self.facts)
    }

    /// Action numbers that the visit has taken, with this request's own.
    pub fn actions_taken(&self) -> Vec<u8> {
        let own = self.action.as_ref().map(|taken| taken.number);
        let new = own.filter(|number| !self.actions.contains(number));
        self.actions.iter().copied().chain(new).collect()
    }

    /// Whether this request begins a visit.
    pub fn is_entrance(&self) -> bool {
        self.kind == RequestKind::Entrance
    }
}

/// What the visitor did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestKind {
    /// Entered a funnel, by redirect or by the tag.
    Entrance,
    /// Took an action out of a page.
    Action,
    /// The tag reported a page that had no hit yet in this visit.
    View,
    /// The tag was called without a new hit: the session goes on.
    Touch,
}

/// What the entrance cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Amount in the account's currency.
    pub amount: Micros,
}

/// A conversion or event that an action fires (product.md §6.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fire {
    /// The connection that carries it; its tx is `action:{connection}`.
    pub connection: EntityId,
    /// The event's name; none means a conversion.
    pub event: Option<String>,
    /// A fixed amount; none means the offer's payout.
    pub revenue: Option<Micros>,
}

/// Content hash of a compiled funnel with all it refers to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct PlanId(pub u64);
