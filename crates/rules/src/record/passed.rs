//! What a request passed: nodes as hits, the pages they showed, the action that was taken.

use crate::ids::{EntityId, HitId};
use serde::{Deserialize, Serialize};

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
