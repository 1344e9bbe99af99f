//! Middleware nodes through real HTTP: asked, believed, recorded; and whatever goes wrong, the
//! visitor gets on.

use super::service::Service;
use super::webhooks::signed_with;
use crate::world::{World, location, parameter};
use serde_json::{Value, json};

const FUNNEL: &str = "F00000000001";
const SOURCE: &str = "Z00000000001";

/// traffic → middleware → `yes` or `default`, each away to an address of its own.
fn funnel(service: &str, signed_by: Option<&str>) -> Value {
    let away = |n: usize, key: &str| {
        json!({"id": format!("N0000000001{n}"), "kind": "external",
            "url": format!("https://away.example/{key}?h={{hit}}&score={{data-score}}")})
    };
    let way = |n: usize, key: &str| {
        json!({"id": format!("C0000000001{n}"), "from": "N00000000002",
            "to": format!("N0000000001{n}"), "route": key})
    };
    json!({"id": FUNNEL, "name": "F", "nodes": [
            {"id": "N00000000001", "kind": "traffic"},
            {"id": "N00000000002", "kind": "middleware", "url": service, "routes": ["yes"],
             "timeoutMs": 10_000, "signedBy": signed_by},
            away(1, "yes"), away(3, "default")],
        "connections": [{"id": "C00000000001", "from": "N00000000001", "to": "N00000000002"},
            way(1, "yes"), way(3, "default")]})
}

async fn world(service: &Service) -> World {
    let world = World::new().await;
    let fields = json!({"external": {"name": "clickid"}});
    world.make("traffic-sources", json!({"id": SOURCE, "name": "Z", "fields": fields})).await;
    world.make("tags", json!({"id": "T00000000001", "name": "good"})).await;
    world.make("funnels", funnel(&service.url, None)).await;
    world
}

fn entrance() -> String {
    format!("/fts/{FUNNEL}-{SOURCE}?clickid=x1&age=42")
}

/// Where a visitor is sent, and why.
async fn sent_to(world: &World) -> (String, Value) {
    let to = location(&world.get(&entrance()).await);
    let path = reqwest::Url::parse(&to).unwrap().path()[1..].to_owned();
    let hit = parameter(&to, "h");
    let found = world.api("GET", &format!("/explorer/hit/{hit}"), Value::Null).await;
    assert_eq!(found["route"]["equal"], true, "{found}");
    (path, found)
}

async fn why(world: &World) -> String {
    let (path, found) = sent_to(world).await;
    assert_eq!(path, "default");
    found["route"]["steps"][1]["why"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_services_answer_decides_and_is_kept() {
    let service = Service::start().await;
    let world = world(&service).await;
    service.says(200, r#"{"route": "yes", "data": {"score": 7}, "tags": ["good", "nobody"]}"#);
    let response = world.get(&entrance()).await;
    let to = location(&response);
    assert!(to.starts_with("https://away.example/yes?"), "{to}");
    assert_eq!(parameter(&to, "score"), "7");

    // The record alone explains the route, with the service gone.
    service.says(500, "");
    let hit = parameter(&to, "h");
    let found = world.api("GET", &format!("/explorer/hit/{hit}"), Value::Null).await;
    assert_eq!(found["route"]["equal"], true, "{found}");
    assert_eq!(found["route"]["steps"][1]["why"], "the service answered “yes”");
    assert_eq!(found["request"]["tags"], json!(["T00000000001"]), "{found}");
    assert_eq!(service.got().len(), 1);

    let asked: Value = serde_json::from_str(&service.got()[0].body).unwrap();
    assert_eq!(asked["type"], "middleware.asked");
    let data = &asked["data"];
    assert_eq!(
        (&data["fields"]["external"], &data["fields"]["clickid"]),
        (&json!("x1"), &json!("x1"))
    );
    assert_eq!((&data["data"]["age"], &data["newVisitor"]), (&json!("42"), &json!(true)));
    assert_eq!((&data["funnel"], &data["node"]), (&json!(FUNNEL), &json!("N00000000002")));
    assert_eq!(data["facts"]["device"], "mobile");
    // The hit named in the question is the one that the node made.
    assert_eq!(found["request"]["steps"][1]["hit"], data["hit"], "{found}");
}

#[tokio::test]
async fn questions_are_signed_by_the_webhook_that_the_node_names() {
    let service = Service::start().await;
    let world = World::new().await;
    world.make("traffic-sources", json!({"id": SOURCE, "name": "Z"})).await;
    let hook =
        world.api("POST", "/webhooks", json!({"name": "H", "url": "https://h.example/"})).await;
    world.make("funnels", funnel(&service.url, hook["id"].as_str())).await;
    world.get(&entrance()).await;
    assert!(signed_with(&service.got()[0], hook["secret"].as_str().unwrap()));
    let path = format!("/webhooks/{}", hook["id"].as_str().unwrap());
    assert_eq!(world.try_api("DELETE", &path, Value::Null).await.0, 409);
}

#[tokio::test]
async fn whatever_goes_wrong_the_visitor_takes_the_default_way() {
    let service = Service::start().await;
    let world = world(&service).await;
    for (status, body, reason) in [
        (
            200,
            r#"{"route": "other"}"#,
            "the service named a route that the node has not, so “default” was taken",
        ),
        (200, r#"{"route": "default"}"#, "the service answered “default”"),
        (200, "{}", "the service answered “default”"),
        (200, "yes", "the service gave an answer of another form, so “default” was taken"),
        (
            404,
            r#"{"route": "yes"}"#,
            "the service answered with a status that is no success, so “default” was taken",
        ),
        (
            302,
            r#"{"route": "yes"}"#,
            "the service answered with a status that is no success, so “default” was taken",
        ),
    ] {
        service.says(status, body);
        assert_eq!(why(&world).await, reason);
    }
    service.says(200, "{}");
    why(&world).await;
    service.says(200, &format!(r#"{{"route": "yes", "more": "{}"}}"#, "x".repeat(16 * 1024)));
    assert_eq!(why(&world).await, "the service answered more than is read, so “default” was taken");
    let path = format!("/funnels/{FUNNEL}");
    let mut hasty = world.api("GET", &path, Value::Null).await;
    hasty["nodes"][1]["timeoutMs"] = json!(50);
    world.api("PUT", &path, hasty).await;
    service.hangs(true);
    assert_eq!(why(&world).await, "the service did not answer in time, so “default” was taken");
}

/// A dead service costs a few visitors its patience, then nobody, until it is well again.
#[tokio::test]
async fn a_dead_service_is_left_alone_and_tried_again() {
    let service = Service::start().await;
    let world = world(&service).await;
    service.says(500, "");
    for _ in 0..5 {
        why(&world).await;
    }
    assert!(why(&world).await.contains("failed too often"));
    assert_eq!(service.got().len(), 5);
    service.says(200, r#"{"route": "yes"}"#);
    world.clock.advance_ms(5_000);
    assert_eq!(sent_to(&world).await.0, "yes");
    assert_eq!(sent_to(&world).await.0, "yes");
    assert_eq!(service.got().len(), 7);
}

/// A service that hangs keeps its own visitors only: the same visitor's other tab, and others in
/// another funnel, go on while it does; beyond its places nobody waits at all.
#[tokio::test]
async fn a_hanging_service_holds_up_nobody_else() {
    let service = Service::start().await;
    let world = world(&service).await;
    let other = json!({"id": "F00000000002", "name": "G", "nodes": [
            {"id": "N00000000021", "kind": "traffic"},
            {"id": "N00000000022", "kind": "external", "url": "https://away.example/other"}],
        "connections": [{"id": "C00000000021", "from": "N00000000021", "to": "N00000000022"}]});
    world.make("funnels", other).await;
    let other = format!("/fts/F00000000002-{SOURCE}");
    let vid = parameter(&location(&world.get(&other).await), "vid");

    service.hangs(true);
    let url = world.track(&entrance());
    let waits = |vid: &str| {
        let waiting = world.client.get(format!("{url}&vid={vid}")).send();
        tokio::spawn(async move { waiting.await.unwrap() })
    };
    let held = waits(&vid);
    service.until(1).await;
    let second_tab = world.get(&format!("{other}?vid={vid}")).await;
    assert_eq!(parameter(&location(&second_tab), "vid"), vid);
    assert!(!held.is_finished(), "the other tab waited for the service");
    let crowd: Vec<_> = (0..99).map(|_| waits("")).collect();
    service.until(100).await;
    for _ in 0..100 {
        assert_eq!(world.get(&other).await.status(), 302);
    }
    let beyond = world.get(&entrance()).await;
    assert!(location(&beyond).contains("/default?"), "{}", location(&beyond));
    service.hangs(false);
    for waiting in crowd.into_iter().chain([held]) {
        assert_eq!(waiting.await.unwrap().status(), 302);
    }
}

#[tokio::test]
async fn what_a_funnel_cannot_ask_is_refused() {
    let world = World::new().await;
    for (field, value, at) in [
        ("url", json!("ftp://a.example/"), "nodes[1].url"),
        ("timeoutMs", json!(10_001), "nodes[1].timeoutMs"),
        ("timeoutMs", json!(0), "nodes[1].timeoutMs"),
        ("signedBy", json!("W00000000009"), "nodes[1].signedBy"),
        ("routes", json!(["no"]), "nodes[1]"),
    ] {
        let mut drawn = funnel("https://s.example/", None);
        drawn["nodes"][1][field] = value;
        let (status, refused) = world.try_api("POST", "/funnels", drawn).await;
        assert_eq!((status, &refused["faults"][0]["field"]), (400, &json!(at)), "{refused}");
    }
}
