//! Decides a route: (plan, start, request, replies, seed, time) → the nodes passed and the end.
//! Promise: pure and total. Every start ends at a page, at an external URL or at a named dead end,
//! after at most 32 nodes ([`RequestKey::MOST_HITS`](crate::ids::RequestKey::MOST_HITS)); nothing
//! panics, whatever the plan.

mod chance;
mod choose;
mod inputs;
mod walk;

pub use inputs::{Inputs, Recording, Replay, Request};
pub(super) use walk::Walk;

use super::{Broken, Ready};
use crate::ids::EntityId;
use crate::record::{Fire, NoAnswer, Parameter, PassedKind};

/// Where a walk begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The visitor enters: at this node, or at the root.
    Entrance {
        /// The node named by `n=`.
        node: Option<EntityId>,
    },
    /// The visitor takes an action out of a page node.
    Action {
        /// The page node that is left.
        node: EntityId,
        /// The action's number.
        number: u8,
    },
    /// The visitor's browser already shows a page of this node: nothing is chosen, the page is
    /// asked for with [`Question::Shown`](crate::record::Question::Shown).
    Shown {
        /// The page node.
        node: EntityId,
    },
}

/// A decided route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The connection that an action took, with what it fires.
    pub taken: Option<TakenWay>,
    /// The nodes passed, in order: each is a hit.
    pub steps: Vec<RouteStep>,
    /// Where it ends.
    pub end: End,
    /// Tags put on the visitor.
    pub tags_added: Vec<EntityId>,
    /// Parameters that middleware services put into the session's buffer.
    pub data_added: Vec<Parameter>,
    /// Tags taken off the visitor; none of them is among those added.
    pub tags_removed: Vec<EntityId>,
}

/// The connection that an action took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenWay {
    /// The connection.
    pub connection: EntityId,
    /// What it fires (bots fire nothing: that is the caller's to see to).
    pub fires: Vec<Fire>,
    /// Why this one.
    pub why: Reason,
}

/// A node passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteStep {
    /// The node.
    pub node: EntityId,
    /// Its kind.
    pub kind: PassedKind,
    /// The page shown, on lander and offer nodes.
    pub page: Option<EntityId>,
    /// The connection that led here.
    pub by: Option<EntityId>,
    /// Why the walk went on from here (or showed the page) as it did.
    pub why: Reason,
}

/// Why a node chose what it chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There was nothing to choose between.
    Only,
    /// Chance, by weight.
    Weight {
        /// Weight of what was chosen.
        weight: u32,
        /// Sum of the weights in play.
        of: u64,
    },
    /// Chance, by weight, among what the session had not seen.
    Unseen {
        /// Weight of what was chosen.
        weight: u32,
        /// Sum of the weights in play.
        of: u64,
    },
    /// The visitor keeps the branch of before.
    Sticky,
    /// Route number `route` matched, by its group number `group`.
    Matched {
        /// Place among the condition's routes.
        route: usize,
        /// Place among the route's groups.
        group: usize,
    },
    /// No route of the condition matched.
    Default,
    /// The expression gave the key of a route.
    Gave {
        /// Place among the node's routes; none for `default`.
        route: Option<usize>,
    },
    /// The expression gave no key that a route has, so `default` was taken.
    Broke(Broken),
    /// The middleware service named a route, or left it to `default`.
    Answered {
        /// Place among the node's routes; none for `default`.
        route: Option<usize>,
    },
    /// The middleware service gave no answer that counts, so `default` was taken.
    Unanswered(NoAnswer),
    /// The visitor's browser already showed the page.
    Shown,
    /// Nowhere to go: the end says why.
    Stuck,
}

/// Where a route ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At a page: send the visitor there.
    Page {
        /// The lander or offer node.
        node: EntityId,
        /// The page.
        page: EntityId,
    },
    /// At an external URL.
    External {
        /// The external node.
        node: EntityId,
    },
    /// Nowhere.
    DeadEnd(DeadEnd),
}

/// Why a route ends nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadEnd {
    /// The plan has no such node (or no root).
    NoSuchNode,
    /// No connection out of the page listens to the action.
    NoSuchAction,
    /// The node has no page.
    NoPage,
    /// Nothing leads on from the node.
    NoWayOut,
    /// More nodes than one request can make hits.
    TooLong,
}

impl DeadEnd {
    /// A stable word for counters: `no_way_out`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchNode => "no_such_node",
            Self::NoSuchAction => "no_such_action",
            Self::NoPage => "no_page",
            Self::NoWayOut => "no_way_out",
            Self::TooLong => "too_long",
        }
    }
}

/// Decides where the visitor goes at `at_ms` (Unix milliseconds). `seed` is all the chance there
/// is; wrap `ask` in a [`Recording`] to be able to explain the route later.
pub fn route(
    plan: &Ready,
    start: Start,
    request: &Request<'_>,
    ask: &mut dyn Inputs,
    seed: u64,
    at_ms: u64,
) -> Route {
    Walk::new(plan, request, ask, seed, at_ms).from(start)
}
