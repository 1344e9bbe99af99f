//! Kept calls repeated: each is booked once, for the hit and by the rules of its own way.

use super::admin::{Shop, counts};
use serde_json::{Value, json};

async fn replay(shop: &Shop, body: Value) -> Value {
    shop.world.api("POST", "/postbacks/replay", body).await
}

async fn call_ids(shop: &Shop, filter: Value) -> Vec<Value> {
    let log = shop.world.api("POST", "/reports/postbacks", json!({"filter": filter})).await;
    log["rows"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_repeats_what_came_in_and_not_its_repetitions() {
    let shop = Shop::open().await;
    let hit = shop.offer_hit().await;
    shop.pb("clickid=wrong&tx=A&rev=3").await;
    assert_eq!(counts(&replay(&shop, json!({"filter": {}})).await), [0, 0, 0, 0, 1]);
    let all = json!({"filter": {}, "corrections": {"hit": hit}});
    let done = replay(&shop, all).await;
    assert_eq!((counts(&done), &done["left"]), ([1, 0, 0, 0, 0], &json!(0)), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_and_its_failed_repetition_are_booked_once_together() {
    let shop = Shop::open().await;
    let hit = shop.offer_hit().await;
    shop.pb("clickid=wrong&tx=A&rev=3").await;
    replay(&shop, json!({"filter": {}})).await;
    let ids = call_ids(&shop, json!({"verdicts": ["unbooked"]})).await;
    assert_eq!(ids.len(), 2);
    // With another tx each, they would be two conversions.
    let first = json!({"ids": [ids[1]], "corrections": {"hit": hit, "tx": "B"}});
    assert_eq!(counts(&replay(&shop, first).await), [1, 0, 0, 0, 0]);
    let second = json!({"ids": [ids[0]], "corrections": {"hit": hit, "tx": "C"}});
    assert_eq!(counts(&replay(&shop, second).await), [0, 0, 0, 1, 0]);
    assert_eq!(shop.conversions().await, ["B approved 3.00"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_tried_out_is_repeated_when_asked_for() {
    let shop = Shop::open().await;
    let hit = shop.offer_hit().await;
    shop.pb(&format!("hit={hit}&tx=A&rev=3&test=1")).await;
    assert_eq!(counts(&replay(&shop, json!({"filter": {}})).await), [0; 5]);
    assert!(shop.conversions().await.is_empty());
    let tests = json!({"filter": {"reasons": ["test"]}});
    assert_eq!(counts(&replay(&shop, tests).await), [1, 0, 0, 0, 0]);
}
