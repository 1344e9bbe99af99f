//! Funnels keep every version: what a save changed, comparing, restoring, copies.

use super::desk::{Desk, Person, funnel};
use rules::funnel::Plan;
use runnel::admin::Role;
use serde_json::{Value, json};

async fn drawn(editor: &Person<'_>) -> Value {
    let lander = editor.add("landers", json!({"name": "L", "url": "https://l.example/"})).await;
    let offer = editor.add("offers", json!({"name": "O", "url": "https://o.example/"})).await;
    editor.post("/funnels", funnel(&lander, &offer)).await.expect(201)
}

#[tokio::test]
async fn a_save_states_what_changed_and_every_version_can_be_restored() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let first = drawn(&editor).await;
    let path = format!("/funnels/{}", first["id"].as_str().unwrap());
    assert!(first.get("changes").is_none());

    let mut second = first.clone();
    second["name"] = "Demo 2".into();
    second["nodes"][1]["position"] = json!({"x": 5.0, "y": 6.0});
    second["nodes"][2]["name"] = "The offer".into();
    second["nodes"].as_array_mut().unwrap().push(json!({"kind": "external",
        "id": "nodeAway0001", "url": "https://away.example/"}));
    let way = json!({"id": "connection03", "from": "nodeLander01", "to": "nodeAway0001",
        "actions": [2]});
    second["connections"].as_array_mut().unwrap().push(way);
    desk.app.clock.advance_ms(1000);
    let saved = editor.put(&path, second).await.expect(200);
    let expected = json!({"fields": ["name"],
        "nodes": {"added": ["nodeAway0001"], "removed": [], "changed": ["nodeOffer001"]},
        "connections": {"added": ["connection03"], "removed": [], "changed": []}});
    assert_eq!(saved["changes"], expected);

    let compared = editor.get(&format!("{path}/diff?from=1&to=2")).await.expect(200);
    assert_eq!(compared, expected);
    let list = editor.get(&format!("{path}/versions")).await.expect(200);
    let numbers: Vec<_> = list["items"].as_array().unwrap().iter().map(|v| &v["version"]).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(list["items"][0]["changes"], expected);
    assert_eq!(list["items"][0]["savedBy"], "editor");
    assert_eq!(list["items"][0]["savedAt"], "2026-11-22T00:00:01Z");
    let old = editor.get(&format!("{path}/versions/1")).await.expect(200);
    assert_eq!(old["funnel"]["nodes"], first["nodes"]);

    let restored = editor.press(&format!("{path}/versions/1/restore")).await.expect(200);
    assert_eq!((&restored["version"], &restored["name"]), (&json!(3), &json!("Demo")));
    assert_eq!(restored["nodes"], first["nodes"]);
    assert_eq!(restored["changes"]["nodes"]["removed"], json!(["nodeAway0001"]));
    let list = editor.get(&format!("{path}/versions?before=4")).await.expect(200);
    assert_eq!(list["items"][0]["restoredFrom"], 1);
    editor.press(&format!("{path}/versions/9/restore")).await.expect(404);
    editor.get(&format!("{path}/diff?from=1&to=9")).await.expect(404);
    editor.get("/funnels/Nothing00001/versions").await.expect(404);
}

#[tokio::test]
async fn a_version_that_no_longer_fits_is_not_restored() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let first = drawn(&editor).await;
    let path = format!("/funnels/{}", first["id"].as_str().unwrap());
    let mut second = first.clone();
    let other = editor.add("landers", json!({"name": "L2", "url": "https://l2.example/"})).await;
    let lander = first["nodes"][1]["pages"][0]["page"].as_str().unwrap();
    second["nodes"][1]["pages"][0]["page"] = other.into();
    editor.put(&path, second).await.expect(200);
    editor.delete(&format!("/landers/{lander}")).await.expect(204);
    let refused = editor.press(&format!("{path}/versions/1/restore")).await;
    assert_eq!(refused.faults(), ["nodes[1].pages[0].page"]);
    assert_eq!(editor.get(&path).await.expect(200)["version"], 2);
}

#[tokio::test]
async fn missing_ids_are_made_and_copies_have_their_own() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let first = drawn(&editor).await;
    let offer = first["nodes"][2]["pages"][0]["page"].clone();
    // A lone node and connections may leave their IDs to the server.
    let drawn = json!({"name": "IDs", "nodes": [{"id": "rootNode0001", "kind": "traffic"},
        {"id": "offerNode001", "kind": "offer", "pages": [{"page": offer}]}],
        "connections": [{"from": "rootNode0001", "to": "offerNode001"}]});
    let made = editor.post("/funnels", drawn).await.expect(201);
    assert_eq!(made["connections"][0]["id"].as_str().unwrap().len(), 12);

    // A rule that names nodes of the funnel goes on naming them in the copy.
    let mut capped = first.clone();
    let cap =
        json!({"count": "visits", "of": "nodeOffer001", "over": {"rolling": {"minutes": 60}}});
    let rule = json!({"test": "cap", "op": "<", "values": ["10"], "cap": cap});
    capped["nodes"].as_array_mut().unwrap().push(json!({"id": "nodeCond0001", "kind": "condition",
        "routes": [{"key": "open", "groups": [{"rules": [rule]}]}]}));
    capped["connections"] = json!([
        {"id": "connection01", "from": "nodeTraffic1", "to": "nodeCond0001"},
        {"id": "connection02", "from": "nodeCond0001", "to": "nodeLander01", "route": "open"},
        {"id": "connection03", "from": "nodeCond0001", "to": "nodeOffer001", "route": "default"}]);
    let path = format!("/funnels/{}", first["id"].as_str().unwrap());
    editor.put(&path, capped).await.expect(200);
    let copy = editor.press(&format!("{path}/duplicate")).await.expect(201);
    assert_eq!(copy["name"], "Demo (copy)");
    let text = copy.to_string();
    for old in ["nodeTraffic1", "nodeLander01", "nodeOffer001", "nodeCond0001", "connection0"] {
        assert!(!text.contains(old), "{old} in {text}");
    }
    let counted = &copy["nodes"][3]["routes"][0]["groups"][0]["rules"][0]["cap"]["of"];
    assert_eq!(counted, &copy["nodes"][2]["id"]);
    assert_eq!(copy["nodes"][2]["pages"][0]["page"], offer);
}

#[tokio::test]
async fn the_plan_of_a_version_can_be_read_for_ever() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let first = drawn(&editor).await;
    let id = first["id"].as_str().unwrap().parse().unwrap();
    let before = desk.app.snapshot.load().plans[&id].clone();
    let mut second = first.clone();
    second["connections"][0]["weight"] = 5.into();
    editor.put(&format!("/funnels/{id}"), second).await.expect(200);
    let after = desk.app.snapshot.load().plans[&id].clone();
    assert_ne!(before.id(), after.id());
    for plan in [before, after] {
        let read = desk.app.plan(plan.id()).await.unwrap();
        assert_eq!((read.id(), read.plan()), (plan.id(), plan.plan()));
        assert_eq!(Plan::from_bytes(&plan.plan().to_bytes()).unwrap().id(), plan.id());
    }
}
