//! A plan made ready for routing: nodes by place, ways out sorted, rules compiled.
//! Promise: made once when a plan is published or read; routing then looks nothing up twice.

use super::destinations::{self, Destinations};
use super::logic::Program;
use super::plan::{UnreadablePlan, cap_name, id_of};
use super::rule::Check;
use super::{Plan, PlanPage, PlannedCap};
use crate::assets::{Connection, Firing, NodeKind, PageNode, RedirectMode, RotatorMode, Route};
use crate::destination::Destination;
use crate::ids::EntityId;
use crate::money::Micros;
use crate::record::{Fire, PassedKind, PlanId};
use std::collections::HashMap;

/// A plan with its index.
#[derive(Debug)]
pub struct Ready {
    id: PlanId,
    plan: Plan,
    places: HashMap<EntityId, usize>,
    nodes: Vec<ReadyNode>,
    root: Option<usize>,
    destinations: Destinations,
    caps: Vec<PlannedCap>,
}

/// A node with its ways out.
#[derive(Debug)]
pub(super) struct ReadyNode {
    pub(super) id: EntityId,
    pub(super) kind: PassedKind,
    pub(super) does: Does,
}

/// What a node does, by the shape of its choice.
#[derive(Debug)]
pub(super) enum Does {
    Rotate { sticky: bool, unseen_first: bool, ways: Vec<Way> },
    Show { unseen_first: bool, pages: Vec<(EntityId, u32)>, actions: Vec<(u8, Way)> },
    Decide { routes: Vec<ReadyRoute>, default: Option<Way> },
    Leave,
    Tag { add: Vec<EntityId>, remove: Vec<EntityId>, way: Option<Way> },
    Logic { program: Option<Program>, ways: Keyed },
    Ask { ways: Keyed },
    Notify { way: Option<Way> },
}

/// Ways out by key.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) routes: Vec<(String, Option<Way>)>,
    pub(super) default: Option<Way>,
}

/// A connection with the place of the node it enters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) connection: EntityId,
    pub(super) node: EntityId,
    pub(super) to: usize,
    pub(super) weight: u32,
}

/// A condition's route: an OR of groups, a group an AND of checks.
#[derive(Debug)]
pub(super) struct ReadyRoute {
    pub(super) groups: Vec<Vec<Check>>,
    pub(super) way: Option<Way>,
}

impl Ready {
    /// Makes `plan` ready. What cannot be read in it (only possible if it was not valid) never
    /// matches or leads nowhere.
    pub fn new(plan: Plan) -> Self {
        let id = plan.id();
        Self::with_id(id, plan)
    }

    /// Reads and readies a stored plan; its ID is the hash of the bytes as they are.
    /// # Errors
    /// The bytes are no plan.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadablePlan> {
        Ok(Self::with_id(id_of(bytes), Plan::from_bytes(bytes)?))
    }

    fn with_id(id: PlanId, plan: Plan) -> Self {
        let places: HashMap<_, _> = plan.nodes.iter().zip(0..).map(|(n, i)| (n.id, i)).collect();
        let mut ways: HashMap<EntityId, Vec<(&Connection, Way)>> = HashMap::new();
        for connection in &plan.connections {
            if let Some(to) = places.get(&connection.to) {
                let Connection { id, to: node, weight, .. } = *connection;
                let way = Way { connection: id, node, to: *to, weight };
                ways.entry(connection.from).or_default().push((connection, way));
            }
        }
        let nodes = plan.nodes.iter().map(|node| {
            let ways = ways.remove(&node.id).unwrap_or_default();
            let does = does(node.id, &node.does, &ways, &plan);
            ReadyNode { id: node.id, kind: node.does.passed(), does }
        });
        let nodes: Vec<ReadyNode> = nodes.collect();
        let root = nodes.iter().position(|node| node.kind == PassedKind::Traffic);
        let (destinations, caps) = (destinations::of(&plan), plan.caps());
        Self { id, places, nodes, root, destinations, caps, plan }
    }

    /// The plan's ID.
    pub fn id(&self) -> PlanId {
        self.id
    }

    /// The plan itself.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// A page with what its destination is built of.
    pub fn page(&self, page: EntityId) -> Option<&PlanPage> {
        self.plan.pages.get(&page)
    }

    /// What a node does.
    pub fn does(&self, node: EntityId) -> Option<&NodeKind> {
        self.places.get(&node).map(|place| &self.plan.nodes[*place].does)
    }

    /// The node's kind.
    pub fn kind(&self, node: EntityId) -> Option<PassedKind> {
        self.does(node).map(NodeKind::passed)
    }

    /// The settings of a lander or offer node.
    pub fn page_node(&self, node: EntityId) -> Option<&PageNode> {
        match self.does(node)? {
            NodeKind::Lander(shows) | NodeKind::Offer(shows) => Some(shows),
            _ => None,
        }
    }

    /// URL and redirect mode of an external node.
    pub fn external(&self, node: EntityId) -> Option<(&str, RedirectMode)> {
        match self.does(node)? {
            NodeKind::External { url, redirect } => Some((url, *redirect)),
            _ => None,
        }
    }

    /// Where a visitor is sent from `node`: to one of its pages, or (without a page) to the URL of
    /// an external node.
    pub fn destination(&self, node: EntityId, page: Option<EntityId>) -> Option<&Destination> {
        self.destinations.get(&(node, page))
    }

    /// The caps that its conditions ask for.
    pub fn caps(&self) -> &[PlannedCap] {
        &self.caps
    }

    /// The first node, by ID, that shows this page.
    pub fn node_showing(&self, page: EntityId) -> Option<EntityId> {
        let shows = |node: &&super::PlanNode| match &node.does {
            NodeKind::Lander(shows) | NodeKind::Offer(shows) => {
                shows.pages.iter().any(|shown| shown.page == page)
            }
            _ => false,
        };
        self.plan.nodes.iter().find(shows).map(|node| node.id)
    }

    /// The root.
    pub fn root(&self) -> Option<EntityId> {
        self.root.map(|place| self.nodes[place].id)
    }

    pub(super) fn place(&self, node: EntityId) -> Option<usize> {
        self.places.get(&node).copied()
    }

    pub(super) fn node(&self, place: usize) -> Option<&ReadyNode> {
        self.nodes.get(place)
    }

    pub(super) fn root_place(&self) -> Option<usize> {
        self.root
    }

    /// What taking `connection` fires.
    pub(super) fn fires(&self, connection: EntityId) -> Vec<Fire> {
        let found = self.plan.connections.binary_search_by_key(&connection, |c| c.id);
        let fires = found.map(|place| self.plan.connections[place].fire.as_slice());
        fires.unwrap_or_default().iter().map(|firing| fire(connection, firing)).collect()
    }
}

fn fire(connection: EntityId, firing: &Firing) -> Fire {
    match firing {
        // `payout` is no amount, so it reads as none: the offer's.
        Firing::Conversion(fired) => {
            Fire { connection, event: None, revenue: fired.rev.parse().ok() }
        }
        Firing::Event(fired) => {
            let revenue = Some(fired.rev.unwrap_or(Micros::ZERO));
            Fire { connection, event: Some(fired.name.clone()), revenue }
        }
    }
}

fn does(node: EntityId, kind: &NodeKind, ways: &[(&Connection, Way)], plan: &Plan) -> Does {
    let all = || ways.iter().map(|(_, way)| *way);
    let by_route =
        |key: &str| ways.iter().find(|(c, _)| c.route.as_deref() == Some(key)).map(|(_, way)| *way);
    let keyed = |routes: &[String]| Keyed {
        routes: routes.iter().map(|key| (key.clone(), by_route(key))).collect(),
        default: by_route(DEFAULT),
    };
    match kind {
        NodeKind::Traffic { mode, unseen_first } | NodeKind::Rotator { mode, unseen_first } => {
            let sticky = *mode == RotatorMode::Sticky;
            Does::Rotate { sticky, unseen_first: *unseen_first, ways: all().collect() }
        }
        NodeKind::Lander(shows) | NodeKind::Offer(shows) => Does::Show {
            unseen_first: shows.unseen_first,
            pages: open_pages(shows, plan),
            actions: actions(ways),
        },
        NodeKind::Condition { routes, .. } => Does::Decide {
            routes: routes.iter().map(|r| ready_route(node, r, by_route(&r.key))).collect(),
            default: by_route(DEFAULT),
        },
        NodeKind::Logic { expression, routes, timezone } => Does::Logic {
            program: Program::compile(expression, timezone).ok(),
            ways: keyed(routes),
        },
        NodeKind::Middleware { routes, .. } => Does::Ask { ways: keyed(routes) },
        NodeKind::Webhook { .. } => Does::Notify { way: all().next() },
        NodeKind::External { .. } => Does::Leave,
        NodeKind::Tag { add, remove } => {
            Does::Tag { add: add.clone(), remove: remove.clone(), way: all().next() }
        }
    }
}

/// The route that is taken when no other matches.
pub(super) const DEFAULT: &str = "default";

/// The pages that get traffic: archived ones only where no other is left.
fn open_pages(shows: &PageNode, plan: &Plan) -> Vec<(EntityId, u32)> {
    let known = || shows.pages.iter().filter_map(|s| Some((s, plan.pages.get(&s.page)?)));
    let open: Vec<_> =
        known().filter(|(_, page)| !page.archived).map(|(s, _)| (s.page, s.weight)).collect();
    if open.is_empty() { known().map(|(s, _)| (s.page, s.weight)).collect() } else { open }
}

fn actions(ways: &[(&Connection, Way)]) -> Vec<(u8, Way)> {
    let each = |(connection, way): &(&Connection, Way)| {
        let way = *way;
        connection.actions.clone().into_iter().map(move |number| (number, way))
    };
    ways.iter().flat_map(each).collect()
}

fn ready_route(node: EntityId, route: &Route, way: Option<Way>) -> ReadyRoute {
    let groups = route.groups.iter().enumerate().map(|(g, group)| {
        let checks = group.rules.iter().enumerate();
        checks
            .map(|(r, rule)| Check::compile(rule, &cap_name(node, &route.key, g, r)))
            .map(|check| check.unwrap_or(Check::Never))
            .collect()
    });
    ReadyRoute { groups: groups.collect(), way }
}
