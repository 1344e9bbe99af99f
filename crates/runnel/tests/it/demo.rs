//! `serve --demo`: laid once, and every number of it can be asked for.

use crate::world::World;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn demo_visitors_show_in_the_reports() {
    let world = World::new().await;
    let app = &world.running().app;
    assert!(runnel::demo::lay(app).await.unwrap(), "an empty catalog takes the demo");
    assert!(!runnel::demo::lay(app).await.unwrap(), "the demo is laid once");
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
