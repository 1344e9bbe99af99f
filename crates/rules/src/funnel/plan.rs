//! A plan: a funnel frozen with everything it refers to, so that a route can be decided, and
//! explained years later, from it alone (product.md §4, architecture joint 10).
//! Promise: the same content has the same ID on every machine. Places on the canvas, groups and
//! costs are left out: changing them makes no new plan.

use super::Library;
use crate::assets::{
    Cap, Condition, Connection, Funnel, Node, NodeKind, PageNode, RedirectMode, Route,
};
use crate::ids::EntityId;
use crate::record::{PassedKind, PlanId};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;
use std::collections::BTreeMap;
use std::hash::Hasher;

/// A frozen funnel. Its bytes are JSON; a field added later must be left out at its default, so
/// that older plans keep their ID.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The funnel.
    pub funnel: EntityId,
    /// Its name, for `{funnel-name}`.
    pub name: String,
    /// Nodes by ID, shared conditions resolved.
    pub nodes: Vec<PlanNode>,
    /// Connections by ID.
    pub connections: Vec<Connection>,
    /// Every page that a node shows.
    pub pages: BTreeMap<EntityId, PlanPage>,
    /// The funnel's parameters.
    pub parameters: BTreeMap<String, String>,
}

/// A node without its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanNode {
    /// The node.
    pub id: EntityId,
    /// Its name, for `{node-name}` and explanations.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it does; a condition node has its routes here, shared or not.
    pub does: NodeKind,
}

/// A page with what its destination is built of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanPage {
    /// Lander or offer.
    pub kind: PassedKind,
    /// Its name, for `{page-name}`.
    pub name: String,
    /// URL with tokens.
    pub url: String,
    /// The page's parameters.
    pub parameters: BTreeMap<String, String>,
    /// How the visitor is sent there.
    pub redirect: RedirectMode,
    /// Archived pages get no new traffic where another page is there.
    pub archived: bool,
    /// The network or shop behind an offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_source: Option<PlanOfferSource>,
}

/// What an offer source adds to a destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanOfferSource {
    /// The offer source.
    pub id: EntityId,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Name under which the visitor's ID is added; empty means `vid`.
    pub vid_parameter: String,
}

/// A cap that a plan's conditions ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCap {
    /// Its name in [`Question::Cap`](crate::record::Question::Cap): `{node}/{route}/{group}/{rule}`.
    pub name: String,
    /// What it counts.
    pub cap: Cap,
}

/// The bytes are no plan this program can read.
#[derive(Debug, thiserror::Error)]
#[error("not a plan that can be read: {0}")]
pub struct UnreadablePlan(#[from] serde_json::Error);

impl Plan {
    /// Freezes `funnel`. References that `library` does not know are left out, so compile what
    /// has no problems.
    pub fn compile(id: EntityId, funnel: &Funnel, library: &dyn Library) -> Self {
        let mut nodes: Vec<_> = funnel.nodes.iter().map(|node| frozen(node, library)).collect();
        nodes.sort_by_key(|node| node.id);
        let mut connections = funnel.connections.clone();
        connections.sort_by_key(|connection| connection.id);
        let pages = nodes.iter().flat_map(|node| pages_of(node, library)).collect();
        Self {
            funnel: id,
            name: funnel.name.clone(),
            nodes,
            connections,
            pages,
            parameters: funnel.parameters.clone(),
        }
    }

    /// The content hash: SipHash-2-4 under a fixed key over [`Self::to_bytes`].
    pub fn id(&self) -> PlanId {
        id_of(&self.to_bytes())
    }

    /// The plan as JSON, the same bytes for the same content.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    /// # Errors
    /// The bytes are no plan.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadablePlan> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The caps its conditions ask for, so that counters can be kept.
    pub fn caps(&self) -> Vec<PlannedCap> {
        let routes = self.nodes.iter().flat_map(|node| match &node.does {
            NodeKind::Condition { routes, .. } => routes.iter().map(|r| (node.id, r)).collect(),
            _ => Vec::new(),
        });
        routes.flat_map(|(node, route)| caps_of(node, route)).collect()
    }
}

/// The content hash of a plan's bytes.
pub(super) fn id_of(bytes: &[u8]) -> PlanId {
    let mut hasher = SipHasher24::new_with_key(b"runnel: plan id.");
    hasher.write(bytes);
    PlanId(hasher.finish())
}

/// The name of a cap: stable as long as its rule stays where it is.
pub(super) fn cap_name(node: EntityId, route: &str, group: usize, rule: usize) -> String {
    format!("{node}/{route}/{group}/{rule}")
}

fn caps_of(node: EntityId, route: &Route) -> Vec<PlannedCap> {
    let rules =
        route.groups.iter().enumerate().flat_map(|(g, group)| {
            group.rules.iter().enumerate().map(move |(r, rule)| (g, r, rule))
        });
    rules
        .filter_map(|(g, r, rule)| {
            let cap = rule.cap.clone()?;
            Some(PlannedCap { name: cap_name(node, &route.key, g, r), cap })
        })
        .collect()
}

fn frozen(node: &Node, library: &dyn Library) -> PlanNode {
    let does = match &node.does {
        NodeKind::Condition { condition: Some(shared), .. } => {
            let routes = library.condition(*shared).map(|Condition { routes, .. }| routes.clone());
            NodeKind::Condition { routes: routes.unwrap_or_default(), condition: None }
        }
        other => other.clone(),
    };
    PlanNode { id: node.id, name: node.name.clone(), does }
}

fn pages_of(node: &PlanNode, library: &dyn Library) -> Vec<(EntityId, PlanPage)> {
    let page = |id, library| match &node.does {
        NodeKind::Lander(_) => lander(id, library),
        _ => offer(id, library),
    };
    let (NodeKind::Lander(PageNode { pages, .. }) | NodeKind::Offer(PageNode { pages, .. })) =
        &node.does
    else {
        return Vec::new();
    };
    pages.iter().filter_map(|shown| Some((shown.page, page(shown.page, library)?))).collect()
}

fn lander(id: EntityId, library: &dyn Library) -> Option<PlanPage> {
    let found = library.lander(id)?;
    Some(PlanPage {
        kind: PassedKind::Lander,
        name: found.asset.name.clone(),
        url: found.asset.url.clone(),
        parameters: found.asset.parameters.clone(),
        redirect: found.asset.redirect,
        archived: found.archived,
        offer_source: None,
    })
}

fn offer(id: EntityId, library: &dyn Library) -> Option<PlanPage> {
    let found = library.offer(id)?;
    let source = found.asset.offer_source.and_then(|id| Some((id, library.offer_source(id)?)));
    Some(PlanPage {
        kind: PassedKind::Offer,
        name: found.asset.name.clone(),
        url: found.asset.url.clone(),
        parameters: found.asset.parameters.clone(),
        redirect: found.asset.redirect,
        archived: found.archived,
        offer_source: source.map(|(id, source)| PlanOfferSource {
            id,
            parameters: source.parameters.clone(),
            vid_parameter: source.vid_parameter.clone(),
        }),
    })
}
