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

/// Copies the call with tx `A` ten thousand times, as calls of conversions that are not there.
async fn flood(shop: &Shop, word: &str) {
    let columns = "at_ms, via, method, remote, query, body, content_type, hit, vid, tx, event, page, \
        offer_source";
    let rest = "verdict, reason, note, flags, seq, operation, replays, replayed";
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
         INSERT INTO calls (id, status_word, conversion, {columns}, {rest}) \
         SELECT '{word}' || i, '{word}', 'gone{word}' || i, {columns}, {rest} \
         FROM calls, n WHERE tx = 'A' AND conversion NOT LIKE 'gone%'"
    );
    let pool = &shop.world.running().app.database.pool;
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_word_corrects_its_own_calls_behind_ten_thousand_others() {
    let shop = Shop::open().await;
    for (tx, word) in [("A", "odd"), ("B", "late")] {
        let hit = shop.offer_hit().await;
        shop.pb(&format!("hit={hit}&tx={tx}&rev=5&status={word}")).await;
        shop.world.clock.advance_ms(1_000);
    }
    let flagged = json!({"filter": {"flag": "unknown_status_word"}});
    let log = shop.world.api("POST", "/reports/postbacks", flagged).await;
    let source = log["rows"][0]["offerSource"].as_str().unwrap().to_owned();
    let path = format!("/offer-sources/{source}/status-words");
    flood(&shop, "other").await;
    let late = json!({"word": "LATE", "means": "rejected", "dryRun": true});
    let shown = shop.world.api("POST", &path, late).await;
    assert_eq!((counts(&shown), &shown["left"]), ([0, 0, 1, 0, 0], &json!(0)));
    // One request corrects ten thousand; the answer says how many are left.
    flood(&shop, "odd").await;
    let odd = json!({"word": "odd", "means": "rejected", "dryRun": true});
    let shown = shop.world.api("POST", &path, odd).await;
    assert_eq!(shown["left"], 1);
    assert_eq!(shown["results"].as_array().unwrap().len(), 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_stays_blank_in_old_calls_when_its_parameter_is_renamed() {
    let mut shop = Shop::open().await;
    let network = json!({"name": "N2", "token": {"parameter": "key", "value": "s3cret"}});
    let id = shop.world.make("offer-sources", network).await;
    let hit = shop.offer_hit().await;
    shop.pb(&format!("hit={hit}&tx=A&rev=5&key=s3cret")).await;
    let path = format!("/offer-sources/{id}");
    for token in [json!({"parameter": "pass", "value": "s3cret"}), Value::Null] {
        let asset = shop.world.api("GET", &path, Value::Null).await;
        let changed = json!({"version": asset["version"], "name": "N2", "token": token});
        shop.world.api("PUT", &path, changed).await;
        let log = shop.world.api("POST", "/reports/postbacks", json!({})).await;
        assert!(!log.to_string().contains("s3cret"), "{log}");
    }
    shop.world.restart().await;
    let log = shop.world.api("POST", "/reports/postbacks", json!({})).await;
    assert!(log.to_string().contains("key=***") && !log.to_string().contains("s3cret"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_at_work_is_not_taken_back_before_its_end() {
    let shop = Shop::open().await;
    let hit = shop.offer_hit().await;
    let done = shop.upload(&format!("{hit}:A, 5"), false).await;
    let operation = done["operation"].as_str().unwrap();
    let undo = format!("/updates/{operation}/undo");
    let operations = &shop.world.running().app.database.operations;
    let working = operations.begin(operation.parse().unwrap());
    let (status, problem) = shop.world.try_api("POST", &undo, Value::Null).await;
    assert_eq!((status, &problem["type"]), (409, &json!("conflict")));
    assert_eq!(shop.conversions().await, ["A approved 5.00"]);
    drop(working);
    shop.world.api("POST", &undo, Value::Null).await;
    assert_eq!(shop.conversions().await, ["A rejected 0.00"]);
}
