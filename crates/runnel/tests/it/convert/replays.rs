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

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_restores_worth_and_tx_too() {
    let shop = Shop::open().await;
    let (first, second) = (shop.offer_hit().await, shop.offer_hit().await);
    shop.pb(&format!("hit={first}&tx=A&rev=20&status=pending")).await;
    shop.pb(&format!("hit={second}&rev=20&status=pending")).await;
    let done = shop.upload(&format!("{first}:A, 5\n{second}:B, 5"), false).await;
    assert_eq!(counts(&done), [0, 2, 0, 0, 0], "{done}");
    let undo = format!("/updates/{}/undo", done["operation"].as_str().unwrap());
    let undone = shop.world.api("POST", &undo, json!(null)).await;
    assert_eq!(counts(&undone), [0, 2, 0, 0, 0], "{undone}");
    assert_eq!(shop.conversions().await, ["- pending 0.01", "A pending 0.01"]);
    // Pending without an amount: what was expected before the operation.
    shop.pb(&format!("hit={first}&tx=A&status=pending")).await;
    let expecting = shop.world.api("POST", "/reports/conversions", json!({"tx": "A"})).await;
    assert_eq!(expecting["rows"][0]["expected"], "20.00", "{expecting}");
    // The pending conversion waits for its tx again.
    shop.pb(&format!("hit={second}&tx=C&status=approved")).await;
    assert_eq!(shop.conversions().await, ["A pending 0.01", "C approved 12.50"]);
}
