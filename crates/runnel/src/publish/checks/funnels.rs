//! Funnels and the conditions they share. What makes a graph valid is in `rules::funnel`; here it
//! meets the rest of the configuration.

use super::postbacks;
use crate::error::Fault;
use crate::publish::asset::shelved;
use crate::publish::{Asset, Changes, Findings, Fresh};
use crate::snapshot::Snapshot;
use crate::store::catalog::Kind;
use rules::assets::{Condition, CostRule, Firing, Funnel, Node, NodeKind, Route, Rule};
use rules::ids::EntityId;
use rules::money::Micros;
use serde_json::{Map, Value};
use std::collections::HashMap;

impl Asset for Funnel {
    const KIND: Kind = Kind::Funnels;
    const KEEPS_VERSIONS: bool = true;
    const IN_PLANS: bool = true;

    shelved!(funnels);

    fn check(&self, id: EntityId, among: &Snapshot, findings: &mut Findings) {
        findings.faults.extend(among.problems(self));
        let lost = self.group.is_some_and(|group| !among.holds(&among.groups, group));
        findings.fault_if(lost, "group", "is no funnel group");
        check_costs(self, among, findings);
        check_postbacks(self, among, findings);
        check_nodes(self, id, among, findings);
    }

    fn refers_to(&self, among: &Snapshot) -> Vec<EntityId> {
        let nodes = self.nodes.iter().flat_map(|node| named_by_node(node, among));
        let fired = self.connections.iter().flat_map(|connection| &connection.fire);
        let events = fired.filter_map(|firing| match firing {
            Firing::Event(event) => among.event_named(&event.name),
            Firing::Conversion(_) => None,
        });
        let costs = self.cost_overrides.keys().copied();
        let told = self
            .postback_overrides
            .iter()
            .flat_map(|(source, list)| postbacks::events(list, among).into_iter().chain([*source]));
        nodes.chain(events).chain(costs).chain(told).chain(self.group).collect()
    }

    fn complete(drawn: &mut Map<String, Value>, fresh: Fresh<'_>) -> Vec<Fault> {
        super::drawn::complete(drawn, fresh)
    }

    fn changes_since(&self, before: &Self) -> Option<Changes> {
        Some(Changes::between(before, self))
    }

    /// The same graph under fresh IDs, so that the copy has statistics of its own.
    fn copied(&self, fresh: Fresh<'_>) -> Self {
        let inside = self.nodes.iter().map(|node| node.id);
        let inside = inside.chain(self.connections.iter().map(|connection| connection.id));
        let renewed: HashMap<String, String> =
            inside.map(|id| (id.to_string(), fresh().to_string())).collect();
        let drawn = serde_json::to_value(self).map(|drawn| renew(drawn, &renewed));
        drawn.and_then(serde_json::from_value).unwrap_or_else(|_| self.clone())
    }
}

/// The document with every text that is an old ID replaced by the new one.
fn renew(drawn: Value, renewed: &HashMap<String, String>) -> Value {
    match drawn {
        Value::String(text) => Value::String(renewed.get(&text).cloned().unwrap_or(text)),
        Value::Array(items) => items.into_iter().map(|item| renew(item, renewed)).collect(),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, inner)| (name, renew(inner, renewed))).collect(),
        ),
        other => other,
    }
}

/// That costs are not negative is the graph's own matter.
fn check_costs(funnel: &Funnel, among: &Snapshot, findings: &mut Findings) {
    let large = |cost: &CostRule| cost.amount > Micros::LARGEST;
    let text = "is more than 10,000,000";
    findings.fault_if(funnel.default_cost.as_ref().is_some_and(large), "defaultCost.amount", text);
    for (source, cost) in &funnel.cost_overrides {
        let at = format!("costOverrides.{source}");
        findings.fault_if(!among.holds(&among.sources, *source), &at, "is no traffic source");
        findings.fault_if(large(cost), format!("{at}.amount"), text);
    }
}

fn check_postbacks(funnel: &Funnel, among: &Snapshot, findings: &mut Findings) {
    for (source, list) in &funnel.postback_overrides {
        let at = format!("postbackOverrides.{source}");
        findings.fault_if(!among.holds(&among.sources, *source), &at, "is no traffic source");
        postbacks::check(&at, list, true, among, findings);
    }
}

/// What about nodes is not the graph's own matter.
fn check_nodes(funnel: &Funnel, id: EntityId, among: &Snapshot, findings: &mut Findings) {
    let others = among.funnels.values().filter(|held| held.id != id);
    let taken: HashMap<EntityId, &str> = others
        .flat_map(|held| held.asset.nodes.iter().map(|node| (node.id, held.asset.name.as_str())))
        .collect();
    for (i, node) in funnel.nodes.iter().enumerate() {
        findings.text(&format!("nodes[{i}].name"), &node.name);
        if let Some(name) = taken.get(&node.id) {
            let text = format!("is a node of funnel {name} too: reports by node will mix the two");
            findings.warn(format!("nodes[{i}].id"), text);
        }
        if let NodeKind::External { url, .. } = &node.does {
            let mut told = Findings::default();
            told.url(&format!("nodes[{i}].url"), url, among);
            findings.warnings.extend(told.warnings);
        }
    }
}

fn named_by_node(node: &Node, among: &Snapshot) -> Vec<EntityId> {
    match &node.does {
        NodeKind::Lander(shows) | NodeKind::Offer(shows) => {
            shows.pages.iter().map(|shown| shown.page).collect()
        }
        NodeKind::Condition { routes, condition } => {
            let named = named_in_routes(routes, among).into_iter();
            named.chain(*condition).collect()
        }
        NodeKind::Tag { add, remove } => add.iter().chain(remove).copied().collect(),
        NodeKind::Traffic { .. }
        | NodeKind::Rotator { .. }
        | NodeKind::External { .. }
        | NodeKind::Logic { .. } => Vec::new(),
        NodeKind::Middleware { signed_by, .. } => signed_by.iter().copied().collect(),
        NodeKind::Webhook { webhook } => vec![*webhook],
    }
}

/// Faults of a shared condition.
pub(super) fn check_condition(condition: &Condition, among: &Snapshot, findings: &mut Findings) {
    findings.faults.extend(among.condition_problems(condition));
}

/// The assets that rules name: counted by caps, or compared with.
pub(super) fn named_in_routes(routes: &[Route], among: &Snapshot) -> Vec<EntityId> {
    let rules = routes.iter().flat_map(|route| &route.groups).flat_map(|group| &group.rules);
    rules.flat_map(|rule| named_by_rule(rule, among)).collect()
}

fn named_by_rule(rule: &Rule, among: &Snapshot) -> Vec<EntityId> {
    let compared = rule.values.iter().filter_map(|value| value.parse().ok());
    let compared = compared.filter(|id| among.holds_any(*id));
    compared.chain(rule.cap.as_ref().map(|cap| cap.of)).collect()
}
