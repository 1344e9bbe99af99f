//! What the delivery log forgets, and what it never does, by a clock that the test moves.

use super::shop::Shop;
use runnel::deliver::{Told, What};
use runnel::keeper::forget_once;
use runnel::store::deliveries::{DeliveryState, NewDelivery, owe};
use serde_json::{Value, json};

const DAY_MS: u64 = 24 * 3_600_000;

impl Shop {
    /// Owes something that no conversion causes to a destination that nobody configured.
    async fn owes_nobody(&self, delivery: &str, what: What) {
        let told = Told { delivery: delivery.into(), what, ..Told::default() };
        let (state, at_ms) = (DeliveryState::Owed, self.clock.now_ms());
        let (destination, reason) = ("webhook:NobodysHook1".into(), String::new());
        let one = NewDelivery { destination, told, state, reason, at_ms };
        owe(&self.running().app.database, &[one]).await.unwrap();
    }

    /// `payloads attempts calls` that are stored.
    async fn stored(&self) -> [i64; 3] {
        let pool = &self.running().app.database.pool;
        let mut counts = [0; 3];
        for (count, table) in counts.iter_mut().zip(["payloads", "attempts", "calls"]) {
            let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM delivery_{table}"));
            *count = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
        }
        counts
    }

    async fn forgets(&self) -> u64 {
        forget_once(&self.running().app).await.unwrap()
    }

    async fn delivery(&self, tx: &str) -> Value {
        let page = self.page(tx).await;
        let id = page["deliveries"][0]["id"].as_str().unwrap();
        self.api("GET", &format!("/deliveries/{id}"), Value::Null).await
    }
}

#[tokio::test]
async fn what_was_sent_goes_after_its_retention_and_that_it_was_told_stays() {
    let shop = Shop::open(json!({})).await;
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=1")).await;
    shop.owes_nobody("visit", What::Visit).await;
    shop.owes_nobody("alert", What::Alert("feed_stopped".into())).await;
    shop.deliveries_become(|rows| rows.iter().all(|row| row["state"] != "owed")).await;
    assert_eq!(shop.stored().await, [3, 3, 1]);

    let days = shop.running().app.snapshot.load().settings.delivery_log_days;
    shop.clock.advance_ms(u64::from(days) * DAY_MS);
    assert_eq!(shop.forgets().await, 0, "its last moment is not over");
    shop.clock.advance_ms(1);
    assert!(shop.forgets().await > 0);
    assert_eq!((shop.forgets().await, shop.stored().await), (0, [0, 0, 0]));

    // Visits and alerts are gone, the conversion's row says what it said.
    let rows = shop.deliveries().await;
    assert_eq!((rows.len(), &rows[0]["state"]), (1, &json!("delivered")));
    let shown = shop.delivery("A").await;
    assert_eq!((&shown["told"], &shown["attemptsMade"]), (&Value::Null, &json!([])));
    assert_eq!((&shown["revenue"], &shown["status"]), (&json!("1.00"), &json!("approved")));
    // A late change is a change, not news; and what is forgotten cannot be sent again.
    shop.books(&format!("hit={hit}&tx=A&rev=2")).await;
    assert_eq!(shop.page("A").await["entries"][1]["withheld"][0]["reason"], "told_before");
    let again = json!({"filter": {"states": ["delivered"]}});
    assert_eq!(shop.api("POST", "/deliveries/replay", again).await["changed"], 0);
    assert_eq!(shop.heard_in_all().await, ["S1 1.00 approved A"]);
}

#[tokio::test]
async fn what_is_owed_for_longer_than_the_log_is_kept_fails_and_what_is_not_waits_on() {
    let shop = Shop::open(json!({})).await;
    let key = format!("source:{}:conversion", shop.source);
    shop.api("POST", &format!("/destinations/{key}/disable"), Value::Null).await;
    let days = u64::from(shop.running().app.snapshot.load().settings.delivery_log_days);
    for (click, tx) in [("S1", "OLD"), ("S2", "NEW")] {
        let hit = shop.hit(click).await;
        shop.books(&format!("hit={hit}&tx={tx}&rev=1")).await;
        shop.clock.advance_ms(days * DAY_MS / 2 + 1);
    }
    assert!(shop.forgets().await > 0);
    let old = shop.delivery("OLD").await;
    assert_eq!((&old["state"], &old["told"]), (&json!("failed"), &Value::Null));
    assert_eq!(old["reason"], "owed for longer than the log is kept");
    assert_eq!(shop.delivery("NEW").await["state"], "owed");
    shop.api("POST", &format!("/destinations/{key}/enable"), Value::Null).await;
    assert_eq!(shop.heard_in_all().await, ["S2 1.00 approved NEW"]);
}
