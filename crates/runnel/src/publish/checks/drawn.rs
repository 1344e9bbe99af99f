//! A funnel's JSON before it is read: IDs that the client left to the server are filled in, and
//! fields that no node of its kind has are found (serde passes over them in flattened types).

use crate::error::Fault;
use crate::publish::Fresh;
use serde_json::{Map, Value};

/// The kinds of node with the fields that each has beside [`COMMON`].
const KINDS: [(&str, &[&str]); 10] = [
    ("traffic", &["mode", "unseenFirst"]),
    ("rotator", &["mode", "unseenFirst"]),
    ("lander", &["pages", "unseenFirst", "parameters", "accumulate"]),
    ("offer", &["pages", "unseenFirst", "parameters", "accumulate"]),
    ("condition", &["routes", "condition"]),
    ("external", &["url", "redirect"]),
    ("tag", &["add", "remove"]),
    ("logic", &["expression", "routes", "timezone"]),
    ("middleware", &["url", "routes", "timeoutMs", "signedBy"]),
    ("webhook", &["webhook"]),
];
const COMMON: [&str; 4] = ["id", "name", "position", "kind"];

/// Fills in IDs of nodes and connections; returns faults of nodes.
pub(super) fn complete(drawn: &mut Map<String, Value>, fresh: Fresh<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for list in ["nodes", "connections"] {
        let items = drawn.get_mut(list).and_then(Value::as_array_mut);
        for (i, item) in items.into_iter().flatten().enumerate() {
            let Some(item) = item.as_object_mut() else { continue };
            if item.get("id").is_none_or(Value::is_null) {
                item.insert("id".into(), fresh().to_string().into());
            }
            if list == "nodes" {
                faults.extend(fault_of_node(i, item));
            }
        }
    }
    faults
}

fn fault_of_node(i: usize, node: &Map<String, Value>) -> Option<Fault> {
    let Some(kind) = node.get("kind").and_then(Value::as_str) else {
        return Some(Fault::new(format!("nodes[{i}].kind"), "is needed"));
    };
    let Some((_, own)) = KINDS.iter().find(|(name, _)| *name == kind) else {
        let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
        let text = format!("is none of {}", names.join(", "));
        return Some(Fault::new(format!("nodes[{i}].kind"), text));
    };
    let known = |name: &str| COMMON.contains(&name) || own.contains(&name);
    let unknown = node.keys().find(|name| !known(name))?;
    let text = format!("is no field of a {kind} node");
    Some(Fault::new(format!("nodes[{i}].{unknown}"), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::assets::{Node, NodeKind, PageNode, RedirectMode, RotatorMode};
    use serde_json::json;

    #[test]
    fn every_field_of_every_kind_of_node_is_known() {
        let (mode, unseen_first) = (RotatorMode::Random, true);
        let all = [
            NodeKind::Traffic { mode, unseen_first },
            NodeKind::Rotator { mode, unseen_first },
            NodeKind::Lander(PageNode::default()),
            NodeKind::Offer(PageNode::default()),
            NodeKind::Condition { routes: vec![], condition: None },
            NodeKind::External { url: String::new(), redirect: RedirectMode::Found },
            NodeKind::Tag { add: vec![], remove: vec![] },
            NodeKind::Middleware {
                url: String::new(),
                routes: vec![],
                timeout_ms: 1,
                signed_by: Some(rules::ids::EntityId::new(0, 1)),
            },
            NodeKind::Webhook { webhook: rules::ids::EntityId::new(0, 1) },
            NodeKind::Logic { expression: "\"a\"".into(), routes: vec![], timezone: "UTC".into() },
        ];
        for does in all {
            let position = Some(rules::assets::Position { x: 0.0, y: 0.0 });
            let id = "node00000001".parse().unwrap();
            let node = Node { id, name: "named".into(), position, does };
            let drawn = serde_json::to_value(&node).unwrap();
            let drawn = drawn.as_object().unwrap();
            assert_eq!(fault_of_node(0, drawn), None);
            let kind = drawn["kind"].as_str().unwrap();
            let own = KINDS.iter().find(|(name, _)| *name == kind).unwrap().1;
            assert_eq!(drawn.len(), COMMON.len() + own.len(), "{kind} has all its fields");
        }
    }

    #[test]
    fn missing_ids_are_made_and_strange_fields_named() {
        let mut drawn = json!({"nodes": [{"kind": "traffic"}, {"kind": "lander", "page": "x"},
            {"kind": "cloak"}, {}], "connections": [{"id": null}, {"id": "conn00000001"}]});
        let mut made = 0;
        let mut fresh = || {
            made += 1;
            rules::ids::EntityId::new(0, made)
        };
        let faults = complete(drawn.as_object_mut().unwrap(), &mut fresh);
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["nodes[1].page", "nodes[2].kind", "nodes[3].kind"]);
        assert_eq!(drawn["nodes"][0]["id"], "000000000001");
        assert_eq!(drawn["connections"][0]["id"], "000000000005");
        assert_eq!(drawn["connections"][1]["id"], "conn00000001");
    }
}
