//! What nobody can read is set aside, counted and named; what comes after it reaches reports.

use crate::world::{World, location, parameter};
use runnel::cli::doctor::examine;
use runnel::config::Config;
use serde_json::{Value, json};
use std::time::SystemTime;

/// Root → offer; gives the funnel's entrance.
async fn draw(world: &World) -> String {
    let source = world.make("traffic-sources", json!({"name": "Push"})).await;
    let network = json!({"name": "Network", "parameters": {"sub": "{hit}"}});
    let network = world.make("offer-sources", network).await;
    let offer = json!({"name": "O", "url": "https://o.example/", "offerSource": network});
    let offer = world.make("offers", offer).await;
    let funnel = json!({"name": "F", "nodes": [{"id": "LackRoot0001", "kind": "traffic"},
            {"id": "LackOffer001", "kind": "offer", "pages": [{"page": offer, "weight": 1}]}],
        "connections": [{"id": "LackConn0001", "from": "LackRoot0001", "to": "LackOffer001"}]});
    format!("/fts/{}-{source}", world.make("funnels", funnel).await)
}

async fn enter(world: &World, link: &str) -> String {
    parameter(&location(&world.get(link).await), "sub")
}

async fn convert(world: &World, hit: &str, revenue: &str) {
    let answer = world.get(&format!("/pb/?hit={hit}&rev={revenue}")).await;
    assert_eq!(answer.text().await.unwrap(), "OK");
}

/// A ledger entry and a record that this program cannot read, as a damaged disk or a later version
/// leaves them.
async fn spoil(world: &World) {
    let app = &world.running().app;
    let number = app.journal.append(1, vec![250, 1, 2, 3]).unwrap();
    app.journal.synced(number).await.unwrap();
    let columns = "conversion, call, at_ms, booked_at_ms, via, actor, operation, status_before, \
        status_after, revenue_before, revenue_after, expected_before, expected_after, \
        cost_before, cost_after, original_amount, original_currency, rate, notify";
    let copy = format!(
        "INSERT INTO entries (seq, {columns}, body) \
         SELECT seq + 1, {columns}, x'fa01' FROM entries ORDER BY seq DESC LIMIT 1"
    );
    for sql in [copy, "UPDATE ledger_sequence SET last = last + 1".into()] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&app.database.pool).await.unwrap();
    }
}

fn totals(report: &Value) -> [Value; 3] {
    ["visits", "conversions", "revenue"].map(|name| report["totals"][name].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_entry_and_record_cost_only_themselves() {
    let mut world = World::new().await;
    let link = draw(&world).await;
    convert(&world, &enter(&world, &link).await, "1.50").await;
    spoil(&world).await;
    convert(&world, &enter(&world, &link).await, "2.25").await;
    let all = [json!(2), json!(2), json!("3.75")];
    assert_eq!(totals(&world.report(json!([])).await), all);

    let metrics = format!("http://{}/api/v1/metrics", world.running().admin);
    let metrics = world.client.get(metrics).bearer_auth(&world.key).send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("runnel_reports_set_aside 2"));

    // They stay noted, and the figures the same, when the store is closed and opened again.
    world.restart().await;
    assert_eq!(totals(&world.report(json!([])).await), all);
    assert_eq!(world.running().app.facts.set_aside(), 2);
    let config = Config { data: world.stop().await, ..Config::default() };
    let found = examine(&config, SystemTime::now()).await;
    let reports = found.iter().find(|finding| finding.subject == "report store").unwrap();
    assert!(reports.text.contains("journal 1 (unreadable)"), "{reports}");
    assert!(reports.text.contains("ledger 2 (unreadable)"), "{reports}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booked_call_wakes_whoever_follows_the_ledger() {
    let world = World::new().await;
    let link = draw(&world).await;
    let hit = enter(&world, &link).await;
    let booked = world.running().app.database.booked.subscribe();
    assert!(!booked.has_changed().unwrap());
    convert(&world, &hit, "1").await;
    assert!(booked.has_changed().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn data_reach_reports_without_anybody_asking_for_it() {
    let world = World::new().await;
    let link = draw(&world).await;
    convert(&world, &enter(&world, &link).await, "1").await;
    let body = json!({"from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"});
    while world.api("POST", "/reports/drilldown", body.clone()).await["totals"]["conversions"] != 1
    {
        tokio::task::yield_now().await;
    }
}
