//! Funnel as drawn → everything that is wrong with it, each problem at its place.
//! Promise: all problems at once; a funnel without problems compiles, and every route through it
//! ends at a page, at an external URL or at a named dead end (product.md §4).

mod graph;
mod nodes;
mod routes;
mod ways;

use super::Library;
use crate::assets::{Condition, Connection, Funnel, Node};
use crate::ids::EntityId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Most nodes of a funnel.
pub const MOST_NODES: usize = 500;
/// Most connections of a funnel.
pub const MOST_CONNECTIONS: usize = 2000;
/// Most parameters on a funnel, node or page.
pub const MOST_PARAMETERS: usize = 200;
/// Longest value of a parameter, in bytes.
pub const LONGEST_PARAMETER: usize = 2048;

/// Something wrong with a funnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FunnelProblem)]
pub struct Problem {
    /// The field at fault, as a path: `nodes[2].pages[0].page`.
    pub at: String,
    /// The node it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<EntityId>,
    /// The connection it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<EntityId>,
    /// What is wrong, to be read after the field: “has no pages”.
    pub message: String,
}

/// Every problem of `funnel`; none means that it can be published.
pub fn problems(funnel: &Funnel, library: &dyn Library) -> Vec<Problem> {
    let mut found = Found::default();
    if funnel.nodes.len() > MOST_NODES {
        found.on("nodes", format!("has more than {MOST_NODES} nodes"));
    }
    if funnel.connections.len() > MOST_CONNECTIONS {
        found.on("connections", format!("has more than {MOST_CONNECTIONS} connections"));
    }
    if !found.problems.is_empty() {
        return found.problems; // the rest would take time in proportion
    }
    let drawn = Drawn::of(funnel);
    graph::check(&drawn, &mut found);
    nodes::check(&drawn, library, &mut found);
    ways::check(&drawn, library, &mut found);
    parameters("parameters", &funnel.parameters, &mut found);
    costs(funnel, &mut found);
    found.problems
}

/// Every problem of a shared condition; places are `routes[0].groups[1].rules[0].values[2]`.
pub fn condition_problems(condition: &Condition, library: &dyn Library) -> Vec<Problem> {
    let mut found = Found::default();
    routes::check("routes", &condition.routes, library, &mut found);
    found.problems
}

/// A funnel with its nodes by ID.
struct Drawn<'a> {
    funnel: &'a Funnel,
    nodes: HashMap<EntityId, &'a Node>,
}

impl<'a> Drawn<'a> {
    fn of(funnel: &'a Funnel) -> Self {
        Self { funnel, nodes: funnel.nodes.iter().map(|node| (node.id, node)).collect() }
    }

    /// Connections out of `node`.
    fn out_of(&self, node: EntityId) -> impl Iterator<Item = &'a Connection> {
        self.funnel.connections.iter().filter(move |c| c.from == node)
    }
}

/// Gathers problems; remembers which node or connection is being looked at.
#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
    node: Option<EntityId>,
    connection: Option<EntityId>,
}

impl Found {
    fn on(&mut self, at: impl Into<String>, message: impl Into<String>) {
        let (at, message) = (at.into(), message.into());
        let Self { node, connection, .. } = *self;
        self.problems.push(Problem { at, node, connection, message });
    }

    fn look_at_node(&mut self, node: EntityId) {
        (self.node, self.connection) = (Some(node), None);
    }

    fn look_at_connection(&mut self, connection: &Connection) {
        (self.node, self.connection) = (Some(connection.from), Some(connection.id));
    }

    fn look_at_funnel(&mut self) {
        (self.node, self.connection) = (None, None);
    }
}

fn parameters(at: &str, parameters: &BTreeMap<String, String>, found: &mut Found) {
    if parameters.len() > MOST_PARAMETERS {
        found.on(at, format!("has more than {MOST_PARAMETERS} parameters"));
    }
    for (name, value) in parameters {
        if name.is_empty() {
            found.on(at, "has a parameter without a name");
        }
        if name.len() + value.len() > LONGEST_PARAMETER {
            found.on(format!("{at}.{name}"), format!("is longer than {LONGEST_PARAMETER} bytes"));
        }
    }
}

fn costs(funnel: &Funnel, found: &mut Found) {
    let overrides = funnel.cost_overrides.iter();
    let costs = overrides
        .map(|(source, cost)| (format!("costOverrides.{source}.amount"), cost))
        .chain(funnel.default_cost.iter().map(|cost| ("defaultCost.amount".into(), cost)));
    found.look_at_funnel();
    for (at, cost) in costs {
        if cost.amount < crate::money::Micros::ZERO {
            found.on(at, "is negative");
        }
    }
}
