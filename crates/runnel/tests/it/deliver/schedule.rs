//! When a source that does not listen is told again, by a clock that the test moves.

use super::shop::Shop;
use crate::receiver::Manner;
use serde_json::{Value, json};

const MINUTE_MS: u64 = 60_000;

impl Shop {
    /// Moves the clock until `count` calls were heard in all; when the last one came, in
    /// milliseconds from now, to the minute above.
    async fn heard_by(&self, count: usize) -> u64 {
        let began_ms = self.clock.now_ms();
        while self.receiver.heard().len() < count {
            let row = self.settled_attempt(count - 1).await;
            let due = row["dueAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
            let due_ms = due.as_millisecond() as u64;
            self.clock.advance_ms(due_ms.saturating_sub(self.clock.now_ms()));
            self.receiver.hears(count).await;
        }
        self.clock.now_ms() - began_ms
    }

    /// The only delivery, once so many attempts are written down.
    async fn settled_attempt(&self, count: usize) -> Value {
        self.deliveries_become(|rows| rows[0]["attempts"] == json!(count)).await.remove(0)
    }
}

#[tokio::test]
async fn twelve_attempts_in_ninety_six_hours_then_it_stays_and_can_be_sent_again() {
    let shop = Shop::open(json!({})).await;
    shop.receiver.behave(|_| Manner::status("500 Oops"));
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=5")).await;
    shop.receiver.hears(1).await;
    let began_ms = shop.clock.now_ms();
    for attempt in 2..=12 {
        shop.heard_by(attempt).await;
    }
    let hours = (shop.clock.now_ms() - began_ms) as f64 / (60.0 * MINUTE_MS as f64);
    assert!((96.0 * 0.9..=96.0 * 1.1).contains(&hours), "{hours} hours");
    let rows = shop.deliveries_become(|rows| rows[0]["state"] == "failed").await;
    // The words after the number are the standard's, whatever a server writes there (RFC 9110 §15).
    assert_eq!(rows[0]["reason"], "answered 500 Internal Server Error");
    // Every attempt bore the same ID, and is in the log.
    let heard = shop.receiver.heard();
    let id = rows[0]["id"].as_str().unwrap();
    assert!(heard.iter().all(|heard| heard.delivery() == id));
    let detail = shop.api("GET", &format!("/deliveries/{id}"), Value::Null).await;
    assert_eq!(detail["attemptsMade"].as_array().unwrap().len(), 12);
    // Nothing more comes by itself, however long.
    shop.clock.advance_ms(30 * 24 * 60 * MINUTE_MS);
    shop.receiver.behave(|_| Manner::ok());
    let dry = json!({"filter": {}, "dryRun": true});
    assert_eq!(shop.api("POST", "/deliveries/replay", dry).await["changed"], 1);
    assert_eq!(shop.receiver.heard().len(), 12);
    shop.api("POST", "/deliveries/replay", json!({"filter": {}})).await;
    assert_eq!(shop.hears(13).await[12], "S1 5.00 approved A");
    shop.deliveries_become(|rows| rows[0]["state"] == "delivered").await;
}

#[tokio::test]
async fn what_failed_is_told_again_before_what_follows_on_its_hit() {
    let shop = Shop::open(json!({"tell": "every-change"})).await;
    shop.receiver.behave(|heard| match heard.parameter("t").as_str() {
        "A" => Manner::status("503 Not now"),
        _ => Manner::ok(),
    });
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=5")).await;
    shop.receiver.hears(1).await;
    shop.books(&format!("hit={hit}&tx=A&status=rejected")).await;
    shop.books(&format!("hit={hit}&tx=A&rev=6")).await;
    // Another visitor's is not held up.
    let other = shop.hit("S2").await;
    shop.books(&format!("hit={other}&tx=B&rev=1")).await;
    shop.hears(2).await;
    let first_is_written =
        |rows: &[Value]| rows.iter().any(|row| row["attempts"] == 1 && row["state"] == "owed");
    shop.deliveries_become(first_is_written).await;
    shop.receiver.behave(|_| Manner::ok());
    shop.clock.advance_ms(5 * MINUTE_MS);
    assert_eq!(
        shop.heard_in_all().await,
        [
            "S1 5.00 approved A",
            "S2 1.00 approved B",
            "S1 5.00 approved A",
            "S1 0.00 rejected A",
            "S1 6.00 approved A"
        ]
    );
}

#[tokio::test]
async fn a_destination_may_ask_for_a_pause() {
    let shop = Shop::open(json!({})).await;
    shop.receiver.behave(|_| {
        Manner::Answers("429 Too Many Requests", "retry-after: 3600\r\n".into(), String::new())
    });
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=5")).await;
    let row = shop.settled_attempt(1).await;
    let due = row["dueAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(due.as_millisecond() as u64, shop.clock.now_ms() + 60 * MINUTE_MS);
}

#[tokio::test]
async fn gone_disables_a_destination_until_somebody_enables_it() {
    let mut shop = Shop::open(json!({})).await;
    shop.receiver.behave(|_| Manner::status("410 Gone"));
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=5")).await;
    let key = format!("source:{}:conversion", shop.source);
    shop.settled_attempt(1).await;
    shop.books(&format!("hit={hit}&tx=B&rev=6")).await;
    shop.world.restart().await;
    let list = shop.api("GET", "/destinations", Value::Null).await;
    let row = &list["rows"][0];
    assert_eq!((&row["key"], &row["backlog"]), (&json!(key), &json!(2)), "{row}");
    assert_eq!(row["disabled"]["reason"], "answered 410 Gone");
    shop.receiver.behave(|_| Manner::ok());
    let tried = shop.api("POST", &format!("/destinations/{key}/test"), Value::Null).await;
    assert_eq!((&tried["taken"], &tried["call"]["status"]), (&json!(true), &json!(200)));
    shop.api("POST", &format!("/destinations/{key}/enable"), Value::Null).await;
    let heard = shop.heard_in_all().await;
    assert_eq!(heard[0], "S1 5.00 approved A");
    assert_eq!(heard[2..], ["S1 5.00 approved A", "S1 6.00 approved B"]);
}

#[tokio::test]
async fn what_is_cancelled_is_not_sent() {
    let shop = Shop::open(json!({})).await;
    shop.receiver.behave(|_| Manner::status("500 Oops"));
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=5")).await;
    shop.settled_attempt(1).await;
    let filter = json!({"filter": {"sources": [shop.source]}});
    assert_eq!(shop.api("POST", "/deliveries/cancel", filter).await["changed"], 1);
    shop.receiver.behave(|_| Manner::ok());
    shop.clock.advance_ms(60 * MINUTE_MS);
    let other = shop.hit("S2").await;
    shop.books(&format!("hit={other}&tx=B&rev=1")).await;
    assert_eq!(shop.heard_in_all().await, ["S1 5.00 approved A", "S2 1.00 approved B"]);
}

#[tokio::test]
async fn an_old_approval_is_not_sent_again_over_a_newer_rejection() {
    let shop = Shop::open(json!({"tell": "every-change"})).await;
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=5")).await;
    shop.books(&format!("hit={hit}&tx=A&status=rejected")).await;
    shop.heard_in_all().await;
    let again = json!({"filter": {"states": ["delivered"]}});
    assert_eq!(shop.api("POST", "/deliveries/replay", again).await["changed"], 1);
    shop.hears(3).await;
    assert_eq!(shop.heard_in_all().await[2], "S1 0.00 rejected A");
}
