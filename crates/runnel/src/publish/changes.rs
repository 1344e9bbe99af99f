//! Two versions of a funnel → what changed, node by node and connection by connection.

use rules::assets::Funnel;
use rules::ids::EntityId;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a save changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// Fields of the funnel itself.
    pub fields: Vec<String>,
    /// Nodes.
    pub nodes: Changed,
    /// Connections.
    pub connections: Changed,
}

/// IDs by what happened to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ChangedIds)]
pub struct Changed {
    /// Only in the later version.
    pub added: Vec<EntityId>,
    /// Only in the earlier version.
    pub removed: Vec<EntityId>,
    /// In both, with other content. A node that only moved on the canvas is not named.
    pub changed: Vec<EntityId>,
}

impl Changes {
    /// What turns `before` into `after`.
    pub fn between(before: &Funnel, after: &Funnel) -> Self {
        let nodes = |funnel: &Funnel| {
            let still = funnel.nodes.iter().cloned().map(|mut node| {
                node.position = None;
                (node.id, node)
            });
            still.collect::<BTreeMap<_, _>>()
        };
        let connections = |funnel: &Funnel| {
            let each = funnel.connections.iter().cloned().map(|c| (c.id, c));
            each.collect::<BTreeMap<_, _>>()
        };
        Self {
            fields: fields(before, after),
            nodes: changed(&nodes(before), &nodes(after)),
            connections: changed(&connections(before), &connections(after)),
        }
    }
}

fn changed<T: PartialEq>(before: &BTreeMap<EntityId, T>, after: &BTreeMap<EntityId, T>) -> Changed {
    let both = after.iter().filter(|(id, new)| before.get(id).is_some_and(|old| old != *new));
    Changed {
        added: after.keys().filter(|id| !before.contains_key(id)).copied().collect(),
        removed: before.keys().filter(|id| !after.contains_key(id)).copied().collect(),
        changed: both.map(|(id, _)| *id).collect(),
    }
}

/// Names of top-level fields, beside the graph, that differ.
fn fields(before: &Funnel, after: &Funnel) -> Vec<String> {
    let (before, after) = (without_graph(before), without_graph(after));
    let differ = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    differ.map(|(name, _)| name.clone()).collect()
}

fn without_graph(funnel: &Funnel) -> Map<String, Value> {
    let drawn = serde_json::to_value(funnel).unwrap_or_default();
    let mut fields = drawn.as_object().cloned().unwrap_or_default();
    fields.retain(|name, _| name != "nodes" && name != "connections");
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn funnel(drawn: Value) -> Funnel {
        serde_json::from_value(drawn).unwrap()
    }

    #[test]
    fn every_kind_of_change_is_named_and_moving_is_none() {
        let before = funnel(json!({"name": "A", "nodes": [
            {"id": "node00000001", "kind": "traffic", "position": {"x": 1.0, "y": 1.0}},
            {"id": "node00000002", "kind": "rotator"},
            {"id": "node00000003", "kind": "external", "url": "https://a.example/"}],
            "connections": [{"id": "conn00000001", "from": "node00000001", "to": "node00000002"},
                            {"id": "conn00000002", "from": "node00000002", "to": "node00000003"}]}));
        let after = funnel(json!({"name": "B", "nodes": [
            {"id": "node00000001", "kind": "traffic", "position": {"x": 9.0, "y": 1.0}},
            {"id": "node00000003", "kind": "external", "url": "https://b.example/"},
            {"id": "node00000004", "kind": "rotator"}],
            "connections": [{"id": "conn00000001", "from": "node00000001", "to": "node00000003"}]}));
        let ids = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect::<Vec<_>>();
        let expected = Changes {
            fields: vec!["name".into()],
            nodes: Changed {
                added: ids(&["node00000004"]),
                removed: ids(&["node00000002"]),
                changed: ids(&["node00000003"]),
            },
            connections: Changed {
                added: vec![],
                removed: ids(&["conn00000002"]),
                changed: ids(&["conn00000001"]),
            },
        };
        assert_eq!(Changes::between(&before, &after), expected);
        assert_eq!(Changes::between(&after, &after), Changes::default());
    }
}
