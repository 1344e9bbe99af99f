//! A world whose traffic source listens: one lander, one offer that pays 12.50, one event.

use crate::origin::drawn;
use crate::receiver::{Heard, Receiver};
use crate::world::{World, location, parameter};
use serde_json::{Value, json};
use std::ops::Deref;
use std::time::{Duration, Instant};

pub struct Shop {
    pub world: World,
    pub source: String,
    pub funnel: String,
    pub receiver: Receiver,
}

impl Deref for Shop {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

/// What a conversion's postback tells the receiver in these tests.
pub const TOLD: &str = "?c={external}&r={rev}&s={status}&t={tx}&e={event}";

impl Shop {
    /// A shop whose source has, for conversions, a postback to the receiver with these wishes.
    pub async fn open(wishes: Value) -> Self {
        let receiver = Receiver::new().await;
        let mut postback = json!({"url": format!("{}/pb{TOLD}", receiver.url)});
        merge(&mut postback, wishes);
        Self::with(receiver, json!({"conversion": postback})).await
    }

    /// A shop whose source has these postbacks.
    pub async fn with(receiver: Receiver, postbacks: Value) -> Self {
        let world = World::new().await;
        world.make("events", json!({"name": "lead", "everyTime": true})).await;
        let source = json!({"name": "Push", "postbacks": postbacks,
            "fields": {"external": {"name": "clickid"}}});
        let source = world.make("traffic-sources", source).await;
        let lander = json!({"name": "L", "url": "https://lander.example/?h={hit}"});
        let lander = world.make("landers", lander).await;
        let offer =
            json!({"name": "O", "url": "https://offer.example/?h={hit}", "payout": "12.50"});
        let offer = world.make("offers", offer).await;
        let funnel = world.make("funnels", drawing(&lander, &offer)).await;
        Self { world, source, funnel, receiver }
    }

    /// The hit of the offer, by a visitor with this click ID.
    pub async fn hit(&self, click: &str) -> String {
        self.hit_from(&self.source, click).await
    }

    /// The hit of the offer, by a visitor from this source.
    pub async fn hit_from(&self, source: &str, click: &str) -> String {
        let path = format!("/fts/{}-{source}?clickid={click}&email=a@b", self.funnel);
        let lander = location(&self.get(&path).await);
        let hit = parameter(&lander, "h");
        parameter(&location(&self.get(&format!("/action/1?hit={hit}")).await), "h")
    }

    /// A network's postback that is booked.
    pub async fn books(&self, query: &str) {
        let answer = self.client.get(self.track(&format!("/pb/?{query}"))).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "OK", "{query}");
    }

    /// `click rev status tx` of each of the first `count` calls.
    pub async fn hears(&self, count: usize) -> Vec<String> {
        self.receiver.hears(count).await.iter().map(said).collect()
    }

    /// Waits until nothing is owed any more; then everything that was heard.
    pub async fn heard_in_all(&self) -> Vec<String> {
        self.deliveries_become(|rows| rows.iter().all(|row| row["state"] != "owed")).await;
        self.receiver.heard().iter().map(said).collect()
    }

    /// Waits until the delivery log looks so; the log, newest first.
    pub async fn deliveries_become(&self, so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            let rows = self.deliveries().await;
            if so(&rows) {
                return rows;
            }
            assert!(Instant::now() < patience, "{rows:#?}");
            tokio::task::yield_now().await;
        }
    }

    /// The delivery log, newest first.
    pub async fn deliveries(&self) -> Vec<Value> {
        let log = self.api("POST", "/reports/deliveries", json!({"limit": 1000})).await;
        log["rows"].as_array().unwrap().clone()
    }

    /// Replaces the wishes of the source's conversion postback.
    pub async fn wish(&self, wishes: Value) {
        let path = format!("/traffic-sources/{}", self.source);
        let mut source = self.api("GET", &path, Value::Null).await;
        merge(&mut source["postbacks"]["conversion"], wishes);
        self.api("PUT", &path, source).await;
    }
}

/// `click rev status tx event`.
fn said(heard: &Heard) -> String {
    let words = ["c", "r", "s", "t", "e"].map(|name| heard.parameter(name));
    words.join(" ").trim_end().to_owned()
}

fn merge(into: &mut Value, from: Value) {
    for (name, value) in from.as_object().unwrap() {
        into[name] = value.clone();
    }
}

fn drawing(lander: &str, offer: &str) -> Value {
    json!({"name": "F",
        "nodes": [
            {"id": drawn("droot"), "kind": "traffic"},
            {"id": drawn("dlander"), "kind": "lander", "pages": [{"page": lander}]},
            {"id": drawn("doffer"), "kind": "offer", "pages": [{"page": offer}]}],
        "connections": [
            {"id": drawn("dc1"), "from": drawn("droot"), "to": drawn("dlander")},
            {"id": drawn("dc2"), "from": drawn("dlander"), "to": drawn("doffer"), "actions": [1],
                "fire": [{"event": {"name": "lead", "rev": "0.50"}}]}]})
}
