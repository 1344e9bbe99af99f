//! The funnel as drawn: nodes and connections. What makes one valid is in [`crate::funnel`].

use super::{CostModel, Route, SourcePostback};
use crate::ids::EntityId;
use crate::money::Micros;
use crate::record::PassedKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The graph that visitors walk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Funnel {
    /// Name people see.
    pub name: String,
    /// The group it belongs to.
    #[serde(default)]
    pub group: Option<EntityId>,
    /// Its nodes.
    pub nodes: Vec<Node>,
    /// Its connections.
    pub connections: Vec<Connection>,
    /// Parameters added to every destination; values may hold tokens.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Cost where neither URL nor source says one.
    #[serde(default)]
    pub default_cost: Option<CostRule>,
    /// Cost per traffic source, before all others.
    #[serde(default)]
    pub cost_overrides: BTreeMap<EntityId, CostRule>,
    /// Postbacks per traffic source instead of the source's own: `conversion`, or an event's name.
    /// One without URL sends none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub postback_overrides: BTreeMap<EntityId, BTreeMap<String, SourcePostback>>,
    /// Whether addresses of its visitors are truncated before they are written.
    #[serde(default)]
    pub truncate_ip: bool,
}

/// A cost and how it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CostRule {
    /// How it is counted.
    #[serde(default)]
    pub model: CostModel,
    /// Amount; for revenue share percent.
    pub amount: Micros,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Survives edits, so that statistics do.
    pub id: EntityId,
    /// Name people see; empty shows the kind or the page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Place on the canvas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// What it does.
    #[serde(flatten)]
    pub does: NodeKind,
}

/// Place on the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Position {
    pub x: f64,
    pub y: f64,
}

/// What a node does (product.md §4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NodeKind {
    /// The root: exactly one, nothing leads into it; behaves as a rotator.
    Traffic {
        /// How it chooses.
        #[serde(default)]
        mode: RotatorMode,
        /// Prefers branches that the session has not seen.
        #[serde(default)]
        unseen_first: bool,
    },
    /// Chooses a way out by weight.
    Rotator {
        /// How it chooses.
        #[serde(default)]
        mode: RotatorMode,
        /// Prefers branches that the session has not seen.
        #[serde(default)]
        unseen_first: bool,
    },
    /// Shows a lander.
    Lander(PageNode),
    /// Shows an offer.
    Offer(PageNode),
    /// The first route whose rules match.
    Condition {
        /// Routes of its own, in order.
        #[serde(default)]
        routes: Vec<Route>,
        /// A shared condition instead of routes of its own.
        #[serde(default)]
        condition: Option<EntityId>,
    },
    /// Sends the visitor away; not an offer.
    External {
        /// URL with tokens.
        url: String,
        /// How the visitor is sent there.
        #[serde(default)]
        redirect: super::RedirectMode,
    },
    /// Adds or removes visitor tags, goes on.
    Tag {
        /// Tags added.
        #[serde(default)]
        add: Vec<EntityId>,
        /// Tags removed.
        #[serde(default)]
        remove: Vec<EntityId>,
    },
    /// A short expression names the route.
    Logic {
        /// What is run: a text that it gives is the route's key.
        expression: String,
        /// The keys it may give, beside `default`.
        #[serde(default)]
        routes: Vec<String>,
        /// Zone of its time variables, IANA; empty means UTC.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        timezone: String,
    },
    /// Asks an HTTP service which route to take.
    Middleware {
        /// Where it is asked, by POST.
        url: String,
        /// The keys it may answer, beside `default`.
        #[serde(default)]
        routes: Vec<String>,
        /// Longest wait for its answer in milliseconds, up to 10,000.
        #[serde(default = "patience_ms")]
        timeout_ms: u32,
        /// The webhook whose secrets sign the question; none leaves it unsigned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed_by: Option<EntityId>,
    },
    /// Notifies a webhook of the visit, goes on.
    Webhook {
        /// The webhook.
        webhook: EntityId,
    },
}

impl NodeKind {
    /// The kind as records keep it.
    pub fn passed(&self) -> PassedKind {
        match self {
            Self::Traffic { .. } => PassedKind::Traffic,
            Self::Rotator { .. } => PassedKind::Rotator,
            Self::Lander(_) => PassedKind::Lander,
            Self::Offer(_) => PassedKind::Offer,
            Self::Condition { .. } => PassedKind::Condition,
            Self::External { .. } => PassedKind::External,
            Self::Tag { .. } => PassedKind::Tag,
            Self::Logic { .. } => PassedKind::Logic,
            Self::Middleware { .. } => PassedKind::Middleware,
            Self::Webhook { .. } => PassedKind::Webhook,
        }
    }
}

/// A lander or offer node: pages by weight.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageNode {
    /// The pages shown.
    pub pages: Vec<WeightedPage>,
    /// Prefers pages that the session has not seen.
    #[serde(default)]
    pub unseen_first: bool,
    /// Parameters added to the destination; values may hold tokens.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Whether the session's buffer is added to the destination.
    #[serde(default)]
    pub accumulate: bool,
}

/// A page and its weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WeightedPage {
    /// The lander or offer.
    pub page: EntityId,
    /// Its weight among the node's pages.
    #[serde(default = "one")]
    pub weight: u32,
}

/// How a rotator chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RotatorMode {
    /// Anew each time.
    #[default]
    Random,
    /// A visitor keeps the branch for the session.
    Sticky,
}

/// A way from one node to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Connection {
    /// Survives edits.
    pub id: EntityId,
    /// Node it leaves.
    pub from: EntityId,
    /// Node it enters.
    pub to: EntityId,
    /// Weight, out of traffic and rotator nodes (and among connections with the same action).
    #[serde(default = "one")]
    pub weight: u32,
    /// The route that it serves, out of condition, logic and middleware nodes: its key, or `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The action numbers that it listens to, out of lander and offer nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<u8>,
    /// What taking it fires.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fire: Vec<Firing>,
}

/// Something that an action fires: `{"conversion":{"rev":"payout"}}`, `{"event":{"name":"lead"}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Firing {
    /// A conversion.
    Conversion(FiredConversion),
    /// A custom event.
    Event(FiredEvent),
}

/// A conversion that an action fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FiredConversion {
    /// `payout` for the offer's, or a fixed decimal.
    pub rev: String,
}

/// A custom event that an action fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FiredEvent {
    /// The event's name.
    pub name: String,
    /// A fixed decimal; none means no revenue.
    #[serde(default)]
    pub rev: Option<Micros>,
}

fn patience_ms() -> u32 {
    5_000
}

fn one() -> u32 {
    1
}
