//! One tracked request as the journal keeps it: its hits in order and everything needed to explain
//! the route, credit a conversion, and rebuild sessions and reports.
//! Promise: self-contained. No session, geo or device data is needed to read it again.

use crate::assets::Field;
use crate::facts::Facts;
use crate::ids::{EntityId, HitId, RequestKey, Vid};
use crate::money::Micros;
use serde::{Deserialize, Serialize};

/// Most nodes kept in [`Record::path`].
pub const MOST_PATH: usize = 64;

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
    pub facts: Facts,
    /// The sender of this request where it differs from the entrance: what routing saw.
    pub own_facts: Option<Box<Facts>>,
    /// Tracking fields of the visit.
    pub fields: Vec<(Field, String)>,
    /// Parameters that this request added to the session's buffer.
    pub buffer: Vec<(String, String)>,
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
    pub domain: String,
    /// Referrer of the visit's entrance.
    pub referrer: String,
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

/// One node passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Checksum of the hit's ID.
    pub checksum: [u8; 3],
    /// Node.
    pub node: EntityId,
    /// Its kind.
    pub kind: PassedKind,
    /// The page shown, on lander and offer nodes.
    pub page: Option<EntityId>,
    /// The connection that led here.
    pub by: Option<EntityId>,
    /// First hit on this node in the session (*unique*).
    pub first: bool,
}

/// A (node, page) that the visit had passed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Passed {
    /// Node.
    pub node: EntityId,
    /// Its kind.
    pub kind: PassedKind,
    /// The page shown.
    pub page: Option<EntityId>,
}

/// Kinds of node as records keep them.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names of product.md §4
pub enum PassedKind {
    Traffic,
    Rotator,
    Lander,
    Offer,
    Condition,
    External,
    Tag,
    Logic,
    Middleware,
    Webhook,
    Optimiser,
}

impl PassedKind {
    /// Whether the node shows a page: only such hits convert.
    pub fn is_page(self) -> bool {
        matches!(self, Self::Lander | Self::Offer)
    }
}

/// An action taken out of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The hit of the page that was left.
    pub from: HitId,
    /// Its node.
    pub node: EntityId,
    /// Its page.
    pub page: Option<EntityId>,
    /// Its kind (lander or offer).
    pub kind: PassedKind,
    /// The action's number.
    pub number: u8,
    /// The connection followed.
    pub connection: EntityId,
    /// First click out of this node in the session (*unique*).
    pub first: bool,
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

/// A question that routing asked and the answer it got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consulted {
    /// What was asked.
    pub question: Question,
    /// What was answered.
    pub reply: Reply,
}

/// What routing may ask beside the facts: the visitor's session, the address, counters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Question {
    /// Has the session seen this node?
    SeenNode(EntityId),
    /// Has the session seen this page?
    SeenPage(EntityId),
    /// Has the visitor converted on this offer?
    Converted(EntityId),
    /// Does the visitor carry this tag?
    HasTag(EntityId),
    /// Which connection did this sticky node choose before?
    Sticky(EntityId),
    /// How far is this cap filled? The text names it: `{node}/{route}/{group}/{rule}`.
    Cap(String),
    /// Is the visitor new?
    NewVisitor,
    /// The session buffer's parameter of this name (`{data-NAME}`).
    Data(String),
    /// The request's URL.
    Url,
    /// The request's referrer.
    Referrer,
    /// Which page of this node does the visitor's browser report as shown?
    Shown(EntityId),
    /// What does the service behind this middleware node answer?
    Answer(EntityId),
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Yes or no.
    Is(bool),
    /// A text; none if there is no such thing.
    Text(Option<String>),
    /// A count.
    Count(u64),
    /// A connection; none if nothing was chosen before.
    Connection(Option<EntityId>),
    /// A page; none if the browser named none.
    Page(Option<EntityId>),
    /// What a middleware service answered.
    Answer(ServiceAnswer),
    /// Why there is no answer that counts.
    NoAnswer(NoAnswer),
}

/// What a middleware service answered, as far as it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAnswer {
    /// The key of the route it wants; none leaves it to `default`.
    pub route: Option<String>,
    /// Parameters for the session's buffer.
    pub data: Vec<(String, String)>,
    /// Tags for the visitor.
    pub tags: Vec<EntityId>,
}

/// Why a middleware node took its default way without the service's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoAnswer {
    /// None came in time.
    Timeout,
    /// No connection, or it broke off.
    Unreachable,
    /// It answered with a status that is no success.
    Status,
    /// Its answer is longer than is read.
    TooLarge,
    /// Its answer is not of the form that is asked for.
    Unreadable,
    /// It named a route that the node has not.
    UnknownRoute,
    /// So many visitors wait already that this one was not made to.
    Busy,
    /// It failed too often: it is not asked for a while.
    Resting,
    /// The visitor has waited long enough for other services.
    Patience,
}

impl NoAnswer {
    /// A stable word for counters: `timeout`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Status => "status",
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::UnknownRoute => "unknown_route",
            Self::Busy => "busy",
            Self::Resting => "resting",
            Self::Patience => "patience",
        }
    }
}

/// Content hash of a compiled funnel with all it refers to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct PlanId(pub u64);

impl Record {
    /// The journal's bytes. The first is the layout's version.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        bytes.push(LAYOUT);
        postcard::to_extend(self, bytes).unwrap_or_default()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    /// # Errors
    /// The bytes are of a layout this program does not know, or are no record.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableRecord> {
        match bytes.split_first() {
            Some((&LAYOUT, rest)) => postcard::from_bytes(rest).map_err(|_| UnreadableRecord),
            Some((&WITHOUT_GPC, rest)) => {
                let completed = [rest, &[u8::from(false)]].concat();
                postcard::from_bytes(&completed).map_err(|_| UnreadableRecord)
            }
            _ => Err(UnreadableRecord),
        }
    }
}

/// The first fields of a [`Record`].
#[derive(Deserialize)]
struct Head {
    _request: RequestKey,
    _kind: RequestKind,
    _vid: Vid,
    _new_visitor: bool,
    _visit: HitId,
    _previous: Option<HitId>,
    _previous_visit: Option<HitId>,
    _funnel: EntityId,
    _source: EntityId,
    _plan: PlanId,
    _seed: u64,
    action: Option<Taken>,
}

impl Record {
    /// Whether the record in `bytes` took an action: only such fire. Reads the first fields alone;
    /// what is no record took none.
    pub fn took_action(bytes: &[u8]) -> bool {
        let Some((&(LAYOUT | WITHOUT_GPC), rest)) = bytes.split_first() else { return false };
        postcard::take_from_bytes::<Head>(rest).is_ok_and(|(head, _)| head.action.is_some())
    }
}

/// Room for the bytes of most records.
const USUAL_BYTES: usize = 512;
const LAYOUT: u8 = 2;
/// The layout before [`Record::gpc`], which is its last field.
const WITHOUT_GPC: u8 = 1;

/// The bytes are not a record this program can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a record of a known layout")]
pub struct UnreadableRecord;
