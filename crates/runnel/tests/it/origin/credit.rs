//! “a conversion for any visitor will also attribute backward”.

use super::stage::{DAY_MS, Stage, drawn};
use serde_json::{Value, json};

/// `node conversions revenue` of the report by node.
async fn by_node(stage: &Stage) -> Vec<String> {
    let report = stage.report(json!([{"by": "node"}])).await;
    let names = ["root", "rotator", "lander", "offer", "upsell"];
    let row = |name: &&str| {
        let key = drawn(name);
        let rows = report["rows"].as_array().unwrap().iter();
        let found = rows.clone().find(|row| row["key"] == Value::String(key.clone()));
        let metrics = &found.unwrap_or_else(|| panic!("no row of {name}"))["metrics"];
        format!("{name} {} {}", metrics["conversions"], metrics["revenue"].as_str().unwrap())
    };
    names.iter().map(row).collect()
}

#[tokio::test]
async fn credit_reaches_every_node_before() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    let offer = stage.acts(&lander, 1).await;
    stage.acts(&offer, 1).await;
    stage.books(&format!("hit={}&tx=A&rev=20", offer.hit)).await;
    assert_eq!(stage.totals().await["revenue"], "20.00");
    let rows =
        ["root 1 20.00", "rotator 1 20.00", "lander 1 20.00", "offer 1 20.00", "upsell 0 0.00"];
    assert_eq!(by_node(&stage).await, rows);
    let totals = stage.totals().await;
    assert_eq!((&totals["conversions"], &totals["revenue"]), (&json!(1), &json!("20.00")));
    stage.books(&format!("hit={}&tx=A&status=rejected", offer.hit)).await;
    assert_eq!(stage.totals().await["revenue"], "0.00");
    assert!(by_node(&stage).await.iter().all(|row| row.ends_with(" 0 0.00")));
}

#[tokio::test]
async fn credit_reaches_earlier_visits_of_the_session() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    let upsell = stage.acts(&lander, 2).await;
    stage.clock.advance_ms(3 * DAY_MS);
    let lander = stage.enters_again(&upsell.cookies).await;
    assert_eq!(lander.vid, upsell.vid);
    let offer = stage.acts(&lander, 1).await;
    stage.clock.advance_ms(300 * DAY_MS);
    stage.books(&format!("hit={}&tx=A&rev=20", offer.hit)).await;
    assert_eq!(stage.totals().await["revenue"], "20.00");
    let rows =
        ["root 1 20.00", "rotator 1 20.00", "lander 1 20.00", "offer 1 20.00", "upsell 1 20.00"];
    assert_eq!(by_node(&stage).await, rows);
}
