//! The demo: a newcomer clicks from the printed link to a conversion in the reports, with pages that
//! come from the server itself.

use crate::world::{IPHONE, World, location, parameter};
use runnel::demo;
use serde_json::json;

const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";

async fn visit(world: &World, url: &str, agent: &str) -> reqwest::Response {
    world.client.get(url).header("user-agent", agent).send().await.unwrap()
}

/// Opens a page of the demo and gives the path of its first link that begins so.
async fn link_on(world: &World, page: &str, start: &str) -> String {
    let text = visit(world, page, DESKTOP).await.error_for_status().unwrap().text().await.unwrap();
    let (_, rest) = text.split_once(&format!("href=\"{start}")).expect(&text);
    let path = format!("{start}{}", rest.split('"').next().unwrap()).replace("&amp;", "&");
    world.track(&path)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_link_leads_to_a_conversion_in_the_reports() {
    let world = World::demo().await;
    let told = demo::fill(&world.running().app, world.running().track).await.unwrap();
    assert_eq!(
        told.postback,
        world.track("/pb/?hit={{clickid}}&tx={{transaction}}&rev={{payout}}&status={{status}}")
    );

    let lander = location(&visit(&world, &told.entrance, DESKTOP).await);
    assert!(lander.starts_with(&world.track("/demo/lander-")), "{lander}");
    let action = link_on(&world, &lander, "/action/1").await;
    let offer = location(&visit(&world, &action, DESKTOP).await);
    assert!(offer.starts_with(&world.track("/demo/offer?hit=")), "{offer}");
    assert_eq!(parameter(&offer, "clickid"), parameter(&offer, "hit"));

    // Without a status: the offer's payout.
    let sale = link_on(&world, &offer, "/pb/").await;
    let paid = sale.replace("&status=pending", "");
    assert_eq!(visit(&world, &sale, DESKTOP).await.text().await.unwrap().trim(), "OK");
    assert_eq!(visit(&world, &paid, DESKTOP).await.text().await.unwrap().trim(), "OK");

    let more = link_on(&world, &offer, "/action/1").await;
    let upsell = location(&visit(&world, &more, DESKTOP).await);
    assert!(upsell.starts_with(&world.track("/demo/upsell?hit=")), "{upsell}");
    visit(&world, &upsell, DESKTOP).await.error_for_status().unwrap();

    let report = world.report(json!([{"by": "funnel"}])).await;
    let sums = &report["rows"][0]["metrics"];
    assert_eq!(report["rows"][0]["label"], "Demo funnel");
    assert_eq!((&sums["visits"], &sums["conversions"]), (&json!(1), &json!(1)), "{report:#}");
    assert_eq!((&sums["cost"], &sums["revenue"]), (&json!("0.05"), &json!("12.50")), "{report:#}");
    assert_eq!(sums["event.DemoEvent001.count"], 1);
    assert_eq!(sums["event.DemoEvent002.revenue"], "1.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_skip_the_offer() {
    let world = World::demo().await;
    let told = demo::fill(&world.running().app, world.running().track).await.unwrap();
    let lander = location(&visit(&world, &told.entrance, IPHONE).await);
    let action = world.track(&format!("/action/1?hit={}", parameter(&lander, "hit")));
    let next = location(&visit(&world, &action, IPHONE).await);
    assert!(next.starts_with(&world.track("/demo/upsell?hit=")), "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_keeps_what_was_changed_and_moves_the_pages() {
    let mut world = World::demo().await;
    demo::fill(&world.running().app, world.running().track).await.unwrap();
    let source = world.api("GET", "/traffic-sources/DemoSource01", json!(null)).await;
    let mut renamed = source.clone();
    renamed["name"] = "Mine".into();
    world.api("PUT", "/traffic-sources/DemoSource01", renamed).await;
    let lines = audit_lines(&world).await;
    demo::fill(&world.running().app, world.running().track).await.unwrap();
    assert_eq!(audit_lines(&world).await, lines, "nothing is edited where nothing differs");

    world.restart().await;
    let told = demo::fill(&world.running().app, world.running().track).await.unwrap();
    let source = world.api("GET", "/traffic-sources/DemoSource01", json!(null)).await;
    assert_eq!(source["name"], "Mine");
    let lander = location(&visit(&world, &told.entrance, DESKTOP).await);
    assert!(lander.starts_with(&world.track("/demo/lander-")), "the new port: {lander}");
}

async fn audit_lines(world: &World) -> i64 {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM audit_log");
    count.fetch_one(&world.running().app.database.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crowd_shows_in_the_reports() {
    let world = World::demo().await;
    let app = &world.running().app;
    let track = world.running().track;
    assert!(demo::fill(app, track).await.unwrap().fresh);
    assert!(!demo::fill(app, track).await.unwrap().fresh, "it is made once");
    demo::walk(app).await.unwrap();
    let report = world.report(json!([{"by": "lander"}])).await;
    let totals = report["totals"].get("metrics").unwrap_or(&report["totals"]).clone();
    let visits = totals["visits"].as_u64().unwrap();
    // 400 visitors; every sixth or so is a crawler and left out.
    assert!((280..400).contains(&visits), "{totals}");
    assert!(totals["conversions"].as_u64().unwrap() > 5, "{totals}");
    assert!(totals["cost"].as_str().unwrap() > "0", "{totals}");
    let countries = world.report(json!([{"by": "country"}])).await;
    let labels: Vec<_> =
        countries["rows"].as_array().unwrap().iter().map(|row| &row["label"]).collect();
    assert!(labels.len() >= 5, "{labels:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_demo_there_are_no_demo_pages() {
    let world = World::new().await;
    assert_eq!(world.get("/demo/offer").await.status(), 404);
}
