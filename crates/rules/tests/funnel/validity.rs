//! Every rule of validity: a funnel that breaks it, the place that is named, and what is said.

use crate::universe::Universe;
use rules::assets::Funnel;
use rules::funnel::problems;
use serde_json::{Value, json};

/// traffic → lander → (action 1) → offer; condition with route `us`; tag; external.
fn good() -> Value {
    json!({
        "name": "Good",
        "nodes": [
            {"id": "N00000000000", "kind": "traffic"},
            {"id": "N00000000001", "kind": "condition", "routes": [{"key": "us", "groups": [
                {"rules": [{"test": "country", "op": "is", "values": ["US"]}]}]}]},
            {"id": "N00000000002", "kind": "lander", "pages": [{"page": "L00000000001", "weight": 1}]},
            {"id": "N00000000003", "kind": "offer", "pages": [{"page": "O00000000001"}]},
            {"id": "N00000000004", "kind": "tag", "add": ["T00000000001"]},
            {"id": "N00000000005", "kind": "external", "url": "https://away.example/?c={country}"},
            {"id": "N00000000006", "kind": "rotator"},
        ],
        "connections": [
            {"id": "C00000000000", "from": "N00000000000", "to": "N00000000001"},
            {"id": "C00000000001", "from": "N00000000001", "to": "N00000000002", "route": "us"},
            {"id": "C00000000002", "from": "N00000000001", "to": "N00000000004", "route": "default"},
            {"id": "C00000000003", "from": "N00000000002", "to": "N00000000003", "actions": [1, 255],
             "fire": [{"conversion": {"rev": "0.50"}}, {"event": {"name": "lead", "rev": "1"}}]},
            {"id": "C00000000004", "from": "N00000000003", "to": "N00000000002", "actions": [1],
             "fire": [{"conversion": {"rev": "payout"}}]},
            {"id": "C00000000005", "from": "N00000000004", "to": "N00000000006"},
            {"id": "C00000000006", "from": "N00000000006", "to": "N00000000005", "weight": 2},
        ],
    })
}

fn found(funnel: &Value) -> Vec<(String, String)> {
    let funnel: Funnel = serde_json::from_value(funnel.clone()).unwrap();
    let problems = problems(&funnel, &Universe::new());
    problems.into_iter().map(|problem| (problem.at, problem.message)).collect()
}

fn places(funnel: &Value) -> Vec<String> {
    found(funnel).into_iter().map(|(at, _)| at).collect()
}

/// Puts `value` at a JSON pointer; past the end of a list it is added.
fn with(pointer: &str, value: Value) -> Value {
    let mut funnel = good();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match funnel.pointer_mut(parent).unwrap() {
        Value::Array(list) => match key.parse::<usize>() {
            Ok(place) if place < list.len() => list[place] = value,
            _ => list.push(value),
        },
        object => object[key] = value,
    }
    funnel
}

#[test]
fn a_good_funnel_has_no_problems() {
    assert_eq!(found(&good()), []);
}

#[test]
fn each_breach_is_named_at_its_place() {
    let connection = |from: &str, to: &str| json!({"id": "C00000000099", "from": from, "to": to});
    let mut wrong = Vec::new();
    for (pointer, value, expected) in [
        // One root, and nothing leads into it.
        (
            "/nodes/6",
            json!({"id": "N00000000006", "kind": "traffic"}),
            vec!["connections[5].to", "nodes[6]"],
        ),
        (
            "/connections/5/to",
            json!("N00000000000"),
            vec!["nodes[0]", "nodes[1]", "nodes[4]", "connections[5].to"],
        ),
        // Unique IDs.
        (
            "/nodes/6/id",
            json!("N00000000005"),
            vec!["nodes[6].id", "connections[5].to", "connections[6].from"],
        ),
        ("/connections/6/id", json!("C00000000005"), vec!["connections[6].id"]),
        ("/connections/6/id", json!("N00000000005"), vec!["connections[6].id"]),
        // Dangling and duplicate connections.
        ("/connections/6/to", json!("X00000000000"), vec!["connections[6].to"]),
        ("/connections/6/from", json!("X00000000000"), vec!["connections[6].from"]),
        ("/connections/9", connection("N00000000006", "N00000000005"), vec!["connections[7]"]),
        (
            "/connections/9",
            json!({"id": "C00000000099", "from": "N00000000002", "to": "N00000000003", "actions": [255]}),
            vec!["connections[7]"],
        ),
        (
            "/connections/9",
            json!({"id": "C00000000099", "from": "N00000000002", "to": "N00000000003", "actions": [2]}),
            vec![],
        ),
        // The same action to another node: by weight.
        (
            "/connections/9",
            json!({"id": "C00000000099", "from": "N00000000002", "to": "N00000000005", "actions": [1], "weight": 3}),
            vec![],
        ),
        // Conditions.
        ("/connections/1/route", json!("de"), vec!["nodes[1]", "connections[1].route"]),
        ("/connections/2/route", json!(null), vec!["nodes[1]", "connections[2].route"]),
        ("/connections/2/route", json!("us"), vec!["nodes[1]", "nodes[1]"]),
        (
            "/nodes/1/routes/0/key",
            json!("default"),
            vec!["nodes[1].routes[0].key", "connections[1].route"],
        ),
        ("/nodes/1/routes/0/groups", json!([]), vec!["nodes[1].routes[0].groups"]),
        ("/nodes/1/routes/0/groups/0/rules", json!([]), vec!["nodes[1].routes[0].groups[0].rules"]),
        (
            "/nodes/1/routes/0/groups/0/rules/0/test",
            json!("colour"),
            vec!["nodes[1].routes[0].groups[0].rules[0].test"],
        ),
        (
            "/nodes/1/condition",
            json!("K00000000001"),
            vec!["nodes[1].routes", "nodes[1].condition"],
        ),
        ("/connections/6/route", json!("us"), vec!["connections[6].route"]),
        // Weights.
        ("/connections/6/weight", json!(0), vec!["connections[6].weight"]),
        ("/nodes/2/pages/0/weight", json!(0), vec!["nodes[2].pages[0].weight"]),
        // Circles that no visitor breaks; one through a page is fine (the good funnel has it).
        ("/connections/6/to", json!("N00000000001"), vec!["nodes[1]", "nodes[4]", "nodes[6]"]),
        ("/connections/6/to", json!("N00000000006"), vec!["nodes[6]"]),
        // Pages.
        ("/nodes/2/pages/0/page", json!("O00000000001"), vec!["nodes[2].pages[0].page"]),
        ("/nodes/3/pages/0/page", json!("L00000000001"), vec!["nodes[3].pages[0].page"]),
        ("/nodes/3/pages/0/page", json!("X00000000001"), vec!["nodes[3].pages[0].page"]),
        ("/nodes/3/pages", json!([]), vec!["nodes[3].pages"]),
        ("/nodes/3/pages/9", json!({"page": "O00000000001"}), vec!["nodes[3].pages[1].page"]),
        // Actions.
        ("/connections/3/actions", json!([0]), vec!["connections[3].actions[0]"]),
        ("/connections/3/actions", json!([2, 2]), vec!["connections[3].actions[1]"]),
        ("/connections/3/actions", json!([]), vec!["connections[3].actions"]),
        ("/connections/6/actions", json!([1]), vec!["connections[6].actions"]),
        // Fires.
        (
            "/connections/3/fire/0/conversion/rev",
            json!("payout"),
            vec!["connections[3].fire[0].conversion.rev"],
        ),
        (
            "/connections/3/fire/0/conversion/rev",
            json!("-1"),
            vec!["connections[3].fire[0].conversion.rev"],
        ),
        (
            "/connections/3/fire/0/conversion/rev",
            json!("1e3"),
            vec!["connections[3].fire[0].conversion.rev"],
        ),
        (
            "/connections/3/fire/0/conversion/rev",
            json!("99999999"),
            vec!["connections[3].fire[0].conversion.rev"],
        ),
        (
            "/connections/3/fire/1/event/name",
            json!("nope"),
            vec!["connections[3].fire[1].event.name"],
        ),
        ("/connections/3/fire/1/event/rev", json!("-1"), vec!["connections[3].fire[1].event.rev"]),
        (
            "/connections/3/fire/9",
            json!({"conversion": {"rev": "1"}}),
            vec!["connections[3].fire[2]"],
        ),
        ("/connections/6/fire", json!([{"conversion": {"rev": "1"}}]), vec!["connections[6].fire"]),
        // Tags, external URLs, parameters, costs.
        ("/nodes/4/add/0", json!("T00000000009"), vec!["nodes[4].add[0]"]),
        ("/nodes/4/remove", json!(["L00000000001"]), vec!["nodes[4].remove[0]"]),
        ("/connections/9", connection("N00000000004", "N00000000002"), vec!["nodes[4]"]),
        ("/connections/9", connection("N00000000005", "N00000000002"), vec!["nodes[5]"]),
        ("/nodes/5/url", json!("javascript:alert(1)"), vec!["nodes[5].url"]),
        ("/nodes/5/url", json!("https://{c1}/"), vec!["nodes[5].url"]),
        ("/nodes/5/url", json!("market://details?id=x"), vec![]),
        ("/nodes/5/url", json!("intent://x"), vec!["nodes[5].url"]),
        ("/nodes/2/parameters", json!({"": "x"}), vec!["nodes[2].parameters"]),
        ("/parameters", json!({"a": "x".repeat(3000)}), vec!["parameters.a"]),
        ("/defaultCost", json!({"amount": "-1"}), vec!["defaultCost.amount"]),
        (
            "/costOverrides",
            json!({"Z00000000001": {"amount": "-1"}}),
            vec!["costOverrides.Z00000000001.amount"],
        ),
    ] {
        let mut named = places(&with(pointer, value.clone()));
        named.sort();
        let mut expected = expected;
        expected.sort();
        if named != expected {
            wrong.push(format!("{pointer} {value}: {named:?}, not {expected:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_funnel_without_a_root_says_so() {
    let found = found(&json!({"name": "Empty", "nodes": [], "connections": []}));
    assert_eq!(found, [("nodes".into(), "has no traffic node: a funnel has exactly one".into())]);
}

/// traffic → 30 rotators → lander are 32 hits, the most that one request can make.
fn chain(rotators: usize) -> Value {
    let id = |letter: char, n: usize| format!("{letter}{n:011}");
    let mut nodes = vec![json!({"id": id('N', 0), "kind": "traffic"})];
    nodes.extend((1..=rotators).map(|n| json!({"id": id('N', n), "kind": "rotator"})));
    nodes.push(
        json!({"id": id('N', rotators + 1), "kind": "lander", "pages": [{"page": "L00000000001"}]}),
    );
    let connections: Vec<Value> = (0..=rotators)
        .map(|n| json!({"id": id('C', n), "from": id('N', n), "to": id('N', n + 1)}))
        .collect();
    json!({"name": "Chain", "nodes": nodes, "connections": connections})
}

#[test]
fn a_walk_is_as_long_as_its_request_can_make_hits() {
    assert_eq!(found(&chain(30)), []);
    assert_eq!(places(&chain(31)), ["nodes[0]"]);
}

#[test]
fn a_funnel_that_is_too_large_is_refused_at_once() {
    assert_eq!(places(&chain(600)), ["nodes"]);
    let mut many = good();
    let one = many["connections"][6].clone();
    many["connections"] = Value::Array(vec![one; 2001]);
    assert_eq!(places(&many), ["connections"]);
}

#[test]
fn a_node_has_200_ways_out_at_most() {
    let mut funnel = chain(0);
    for n in 0..201 {
        let (id, to) = (format!("X{n:011}"), format!("E{n:011}"));
        let end = json!({"id": to, "kind": "external", "url": "https://away.example/"});
        funnel["nodes"].as_array_mut().unwrap().push(end);
        let way = json!({"id": id, "from": "N00000000001", "to": to, "actions": [1]});
        funnel["connections"].as_array_mut().unwrap().push(way);
    }
    assert_eq!(places(&funnel), ["nodes[1]"]);
    funnel["connections"].as_array_mut().unwrap().pop();
    assert_eq!(found(&funnel), []);
}

#[test]
fn all_problems_are_named_at_once_with_node_and_connection() {
    let mut funnel = with("/connections/6/weight", json!(0));
    funnel["nodes"][3]["pages"] = json!([]);
    let funnel: Funnel = serde_json::from_value(funnel).unwrap();
    let problems = problems(&funnel, &Universe::new());
    let ids: Vec<_> = problems
        .iter()
        .map(|p| (p.node.map(|id| id.to_string()), p.connection.map(|id| id.to_string())))
        .collect();
    let some = |id: &str| Some(id.to_owned());
    assert_eq!(ids, [(some("N00000000003"), None), (some("N00000000006"), some("C00000000006"))]);
}
