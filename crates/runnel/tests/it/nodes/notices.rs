//! What webhooks are told: visits to webhook nodes, conversions, alerts; once each, however often the
//! program is killed.

use super::service::{Got, Service};
use super::webhooks::signed_with;
use crate::binary::{Binary, owner_key};
use crate::world::{World, location, parameter};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const FUNNEL: &str = "F00000000001";
const SOURCE: &str = "Z00000000001";
const HOOK: &str = "W00000000001";
const BOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

fn hook(service: &Service, events: Value) -> Value {
    json!({"id": HOOK, "name": "Hook", "url": service.url, "events": events})
}

/// traffic → webhook → offer.
fn funnel(offer: &str) -> Value {
    json!({"id": FUNNEL, "name": "F", "nodes": [
            {"id": "N00000000001", "kind": "traffic"},
            {"id": "N00000000002", "kind": "webhook", "name": "Tell", "webhook": HOOK},
            {"id": "N00000000003", "kind": "offer", "pages": [{"page": offer}]}],
        "connections": [
            {"id": "C00000000001", "from": "N00000000001", "to": "N00000000002"},
            {"id": "C00000000002", "from": "N00000000002", "to": "N00000000003"}]})
}

fn offer() -> Value {
    json!({"name": "O", "url": "https://offer.example/?h={hit}", "payout": "12.50"})
}

fn source() -> Value {
    json!({"id": SOURCE, "name": "Z", "fields": {"c1": {"name": "zone"}}})
}

async fn world(service: &Service, events: Value) -> (World, String) {
    let world = World::new().await;
    world.make("traffic-sources", source()).await;
    let made = world.api("POST", "/webhooks", hook(service, events)).await;
    let offer = world.make("offers", offer()).await;
    world.make("funnels", funnel(&offer)).await;
    (world, made["secret"].as_str().unwrap().to_owned())
}

fn body(got: &Got) -> Value {
    serde_json::from_str(&got.body).unwrap()
}

#[tokio::test]
async fn a_person_at_a_webhook_node_is_told_and_a_bot_is_not() {
    let service = Service::start().await;
    let (world, secret) = world(&service, json!(["node-visit"])).await;
    let path = format!("/fts/{FUNNEL}-{SOURCE}?zone=");
    let bot = world.client.get(world.track(&format!("{path}bot"))).header("user-agent", BOT);
    assert_eq!(bot.send().await.unwrap().status(), 302);
    let to = location(&world.get(&format!("{path}1&age=42")).await);
    service.until(1).await;
    let got = service.got().remove(0);
    assert!(signed_with(&got, &secret));
    let told = body(&got);
    assert_eq!(told["type"], "node.visited");
    let data = &told["data"];
    assert_eq!((&data["node"], &data["nodeName"]), (&json!("N00000000002"), &json!("Tell")));
    assert_eq!((&data["fields"]["c1"], &data["data"]["age"]), (&json!("1"), &json!("42")));
    assert_eq!(data["visitor"].as_str().unwrap(), parameter(&to, "vid"));
    assert_eq!(got.headers["webhook-id"], data["hit"].as_str().unwrap());

    // In the journal's order: once the next is there, nothing of the bot can follow.
    world.get(&format!("{path}2")).await;
    service.until(2).await;
    assert_eq!(body(&service.got()[1])["data"]["fields"]["c1"], "2");
}

#[tokio::test]
async fn conversions_are_told_with_every_change_also_where_the_source_is_not() {
    let service = Service::start().await;
    let (world, _) = world(&service, json!(["conversion", "node-visit"])).await;
    let to = location(&world.get(&format!("/fts/{FUNNEL}-{SOURCE}")).await);
    let hit = parameter(&to, "h");
    for call in ["tx=1&disable_postbacks=true", "tx=1&rev=20", "tx=1&status=rejected"] {
        let answer = world.get(&format!("/pb/?hit={hit}&{call}")).await;
        assert_eq!(answer.text().await.unwrap(), "OK");
    }
    service.until(4).await;
    let told: Vec<_> = service.got().iter().map(body).collect();
    let told: Vec<_> = told.iter().filter(|told| told["type"] != "node.visited").collect();
    let seen = |field: &str| told.iter().map(|t| t["data"][field].clone()).collect::<Vec<_>>();
    let kinds: Vec<_> = told.iter().map(|told| told["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["conversion.created", "conversion.updated", "conversion.rejected"]);
    assert_eq!(seen("revenue"), ["12.50", "20.00", "0.00"]);
    assert_eq!(seen("statusBefore"), [Value::Null, json!("approved"), json!("approved")]);
    assert_eq!(seen("hit"), vec![json!(hit); 3]);
}

#[tokio::test]
async fn a_webhook_that_takes_no_visits_cannot_stand_in_a_funnel() {
    let service = Service::start().await;
    let world = World::new().await;
    world.make("webhooks", hook(&service, json!(["conversion"]))).await;
    let offer = world.make("offers", offer()).await;
    let (status, refused) = world.try_api("POST", "/funnels", funnel(&offer)).await;
    assert_eq!((status, &refused["faults"][0]["field"]), (400, &json!("nodes[1].webhook")));
}

#[tokio::test]
async fn a_disabled_destination_is_an_alert() {
    let (ill, well) = (Service::start().await, Service::start().await);
    let (world, _) = world(&ill, json!(["node-visit"])).await;
    let second = json!({"name": "Second", "url": well.url, "events": ["alert"]});
    world.make("webhooks", second).await;
    ill.says(410, "");
    world.get(&format!("/fts/{FUNNEL}-{SOURCE}")).await;
    ill.until(1).await;
    let app = &world.running().app;
    let mut alerts = runnel::deliver::Alerts::default();
    while well.got().is_empty() {
        alerts.look(app).await.unwrap();
        tokio::task::yield_now().await;
    }
    let told = body(&well.got()[0]);
    assert_eq!(
        (&told["type"], &told["data"]["kind"]),
        (&json!("alert.raised"), &json!("destination_disabled"))
    );
    assert_eq!(told["data"]["about"]["destination"], format!("webhook:{HOOK}"));
}

/// What the service heard, by zone: the IDs under which it was told.
fn by_zone(service: &Service) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for got in service.got() {
        let zone = body(&got)["data"]["fields"]["c1"].as_str().unwrap().to_owned();
        all.entry(zone).or_default().push(got.headers["webhook-id"].to_str().unwrap().to_owned());
    }
    all
}

/// The real program is killed right after its clicks, and once more in the middle of telling: every
/// click is told, under one ID each; what was under way at a kill may be repeated, nothing else is.
#[tokio::test]
async fn no_visit_is_lost_or_made_twice_by_kills() {
    const CLICKS: usize = 60;
    let (service, folder) = (Service::start().await, tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("runnel.toml"), "outbound_allow = [\"127.0.0.1\"]\n")
        .unwrap();
    let key = owner_key(folder.path());
    let mut server = Binary::start(folder.path(), &key);
    server.make("traffic-sources", source()).await;
    server.make("webhooks", hook(&service, json!(["node-visit"]))).await;
    let offer = server.make("offers", offer()).await;
    server.make("funnels", funnel(&offer)).await;
    let mut last = String::new();
    for zone in 0..CLICKS {
        let path = format!("/fts/{FUNNEL}-{SOURCE}?zone={zone}");
        last = location(&server.get(&path).await);
    }
    // A postback waits until its hit, and so every hit before it, is on disk.
    let hit = parameter(&last, "h");
    assert_eq!(server.get(&format!("/pb/?hit={hit}")).await.status(), 200);
    server.kill();

    service.hangs(true);
    let before = service.got().len();
    server = Binary::start(folder.path(), &key);
    if before < CLICKS {
        service.until(before + 1).await;
    }
    server.kill();
    service.hangs(false);
    let _server = Binary::start(folder.path(), &key);
    loop {
        let count = service.got().len();
        if by_zone(&service).len() == CLICKS {
            break;
        }
        service.until(count + 1).await;
    }
    for (zone, ids) in by_zone(&service) {
        let same = ids.iter().all(|id| *id == ids[0]);
        assert!(same && ids.len() <= 3, "{zone}: {ids:?}");
    }
}
