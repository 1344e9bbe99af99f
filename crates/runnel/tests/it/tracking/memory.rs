//! What is remembered: caps, converted offers, tags and sticky branches, also after a kill
//! (product.md §4).

use crate::binary::{Binary, owner_key};
use crate::world::{World, location, parameter};
use rules::ids::HitId;
use runnel::snapshot::Snapshot;
use serde_json::{Value, json};

const ROOT: &str = "MemoRoot0001";
const CONDITION: &str = "MemoConditio";

/// Root → condition: the rule sends to `b`, else to `a`. Returns what makes the assets.
fn funnel(a: &str, b: &str, routes: Value) -> Value {
    json!({"name": "F", "nodes": [{"id": ROOT, "kind": "traffic"},
            {"id": CONDITION, "kind": "condition", "routes": routes},
            {"id": "MemoOfferA01", "kind": "offer", "pages": [{"page": a}]},
            {"id": "MemoOfferB01", "kind": "offer", "pages": [{"page": b}]}],
        "connections": [{"id": "MemoConn0001", "from": ROOT, "to": CONDITION},
            {"id": "MemoConn0002", "from": CONDITION, "to": "MemoOfferB01", "route": "b"},
            {"id": "MemoConn0003", "from": CONDITION, "to": "MemoOfferA01", "route": "default"}]})
}

fn offer(name: &str) -> Value {
    json!({"name": name, "url": format!("https://{name}.example/?sub={{hit}}"), "payout": "1"})
}

fn host(url: &str) -> String {
    reqwest::Url::parse(url).unwrap().host_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_diverts_as_soon_as_the_postback_is_answered_and_counts_once() {
    let mut world = World::new().await;
    let source = world.make("traffic-sources", json!({"name": "S"})).await;
    let (a, b) = (world.make("offers", offer("a")).await, world.make("offers", offer("b")).await);
    let cap = json!({"test": "cap", "op": ">=", "values": ["2"],
        "cap": {"count": "conversions", "of": a, "over": {"calendar": {"period": "day"}}}});
    // The same cap in two rules: what a restart loads must not count twice.
    let routes = json!([{"key": "b", "groups": [{"rules": [cap.clone(), cap]}]}]);
    let funnel = world.make("funnels", funnel(&a, &b, routes)).await;
    let link = format!("/fts/{funnel}-{source}");
    let first = location(&world.get(&link).await);
    assert_eq!(host(&first), "a.example");
    world.get(&format!("/pb/?hit={}", parameter(&first, "sub"))).await;
    world.restart().await;
    let second = location(&world.get(&link).await);
    assert_eq!(host(&second), "a.example", "one of two");
    world.get(&format!("/pb/?hit={}&tx=1", parameter(&second, "sub"))).await;
    assert_eq!(host(&location(&world.get(&link).await)), "b.example", "full");
    world.get(&format!("/pb/?hit={}&tx=1&status=rejected", parameter(&second, "sub"))).await;
    assert_eq!(host(&location(&world.get(&link).await)), "a.example", "a rejection makes room");
    world.clock.advance_ms(24 * 3600 * 1000);
    world.get(&format!("/pb/?hit={}&tx=2", parameter(&second, "sub"))).await;
    assert_eq!(host(&location(&world.get(&link).await)), "a.example", "a new day");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_converted_offer_is_remembered_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let key = owner_key(data.path());
    let server = Binary::start(data.path(), &key);
    let source = server.make("traffic-sources", json!({"name": "S"})).await;
    let (a, b) = (server.make("offers", offer("a")).await, server.make("offers", offer("b")).await);
    let bought = json!({"test": "converted", "op": "is", "values": [a]});
    let routes = json!([{"key": "b", "groups": [{"rules": [bought]}]}]);
    let funnel = server.make("funnels", funnel(&a, &b, routes)).await;
    let page = location(&server.get(&format!("/fts/{funnel}-{source}")).await);
    assert_eq!(host(&page), "a.example");
    let answer = server.get(&format!("/pb/?hit={}", parameter(&page, "sub"))).await;
    assert_eq!(answer.text().await.unwrap(), "OK");
    server.kill();
    let server = Binary::start(data.path(), &key);
    let again = format!("/fts/{funnel}-{source}?vid={}", parameter(&page, "vid"));
    assert_eq!(host(&location(&server.get(&again).await)), "b.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_on_their_way_to_the_disk_count_towards_a_new_cap_once() {
    let world = World::new().await;
    let source = world.make("traffic-sources", json!({"name": "S"})).await;
    let (a, b) = (world.make("offers", offer("a")).await, world.make("offers", offer("b")).await);
    let cap = json!({"test": "cap", "op": ">=", "values": ["1000"],
        "cap": {"count": "visits", "of": a, "over": {"calendar": {"period": "day"}}}});
    let routes = json!([{"key": "b", "groups": [{"rules": [cap]}]}]);
    let funnel = world.make("funnels", funnel(&a, &b, routes)).await;
    let went = location(&world.get(&format!("/fts/{funnel}-{source}")).await);
    let app = &world.running().app;
    let hit = HitId::parse(&parameter(&went, "sub"), &app.keys).unwrap();
    let first = app.record_of(hit).unwrap();
    let snapshot = Snapshot::load(&app.database).await.unwrap();
    let planned = snapshot.plans.values().flat_map(|plan| plan.caps());
    let cap = planned.map(|planned| planned.cap.clone()).next().unwrap();
    // No plan asks for the cap for a moment, and meanwhile visits come.
    app.caps.keep(&[]);
    for n in 1..=20 {
        let key = first.request.as_u128() ^ (n << 8);
        app.journal.append(key, first.to_bytes()).unwrap();
    }
    app.put_in_force(snapshot).await.unwrap();
    assert_eq!(app.caps.filled(&cap, app.clock.now_ms()), 21);
}
