//! A traffic source that is connected to a platform: visitors come, a network reports, and the platform, a fake
//! one on this machine, hears of it.

use super::sample::{meta, with};
use crate::receiver::{Heard, Manner, Receiver};
use crate::world::{IPHONE, World, location, parameter};
use serde_json::{Value, json};
use std::ops::Deref;
use std::time::{Duration, Instant};

/// A world whose traffic source is connected to a platform.
pub struct Street {
    world: World,
    pub source: String,
    funnel: String,
    pub platform: Receiver,
}

impl Deref for Street {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl Street {
    /// A street to the platform of these settings, whose click ID is called `click`.
    pub async fn to(integration: Value, click: &str) -> Self {
        let platform = Receiver::new().await;
        let world = World::with_platforms_at(platform.url.clone()).await;
        let source = json!({"name": "S", "fields": {"external": {"name": click}},
            "integration": integration});
        let source = world.make("traffic-sources", source).await;
        let offer = json!({"name": "O", "url": "https://offer.example/thanks?h={hit}"});
        let offer = world.make("offers", offer).await;
        let (root, page) = ("RoadRoot0001", "RoadOffer001");
        let funnel = json!({"name": "F", "nodes": [{"id": root, "kind": "traffic"},
                {"id": page, "kind": "offer", "pages": [{"page": offer, "weight": 1}]}],
            "connections": [{"id": "RoadWay00001", "from": root, "to": page, "weight": 1}]});
        let funnel = world.make("funnels", funnel).await;
        Self { world, source, funnel, platform }
    }

    /// The hit of somebody who comes with `query`.
    pub async fn hit(&self, query: &str, gpc: bool) -> String {
        let path = self.track(&format!("/fts/{}-{}?{query}", self.funnel, self.source));
        let mut request = self.client.get(path).header("user-agent", IPHONE);
        if gpc {
            request = request.header("sec-gpc", "1");
        }
        parameter(&location(&request.send().await.unwrap()), "h")
    }

    /// Books a network's postback; the conversion's ID.
    pub async fn books(&self, query: &str) -> String {
        let url = self.track(&format!("/pb/?format=json&{query}"));
        let answer: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        answer["conversion"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Waits until nothing is owed any more; the deliveries, oldest first.
    pub async fn settled(&self) -> Vec<Value> {
        self.deliveries_become(|rows| rows.iter().all(|row| row["state"] != "owed")).await
    }

    /// Waits until the deliveries, oldest first, are as wanted.
    pub async fn deliveries_become(&self, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            let log = self.api("POST", "/reports/deliveries", json!({"limit": 1000})).await;
            let mut rows = log["rows"].as_array().unwrap().clone();
            rows.reverse();
            if wanted(&rows) {
                return rows;
            }
            assert!(Instant::now() < patience, "{rows:#?}");
            tokio::task::yield_now().await;
        }
    }

    /// Books what `queries` say while the platform is called no more, so that it goes as one batch.
    pub async fn books_at_once(&self, queries: &[String]) {
        let deliveries = &self.running().app.deliveries;
        deliveries.disable(&self.key(), "test").await;
        for query in queries {
            self.books(query).await;
        }
        deliveries.enable(&self.key()).await.unwrap();
    }

    /// All that the log of deliveries tells, with every call.
    pub async fn told(&self) -> String {
        let mut all = String::new();
        for row in self.deliveries_become(|_| true).await {
            let path = format!("/deliveries/{}", row["id"].as_str().unwrap());
            all += &self.api("GET", &path, Value::Null).await.to_string();
        }
        all
    }

    pub fn key(&self) -> String {
        format!("integration:{}", self.source)
    }

    /// What the platform says when the settings are tried.
    pub async fn tried(&self) -> Value {
        let path = format!("/traffic-sources/{}/integration/test", self.source);
        self.api("POST", &path, Value::Null).await
    }
}

pub fn answers(status: &'static str, body: Value) -> Manner {
    Manner::Answers(status, String::new(), body.to_string())
}

pub fn body(heard: &Heard) -> Value {
    serde_json::from_str(&heard.body).unwrap()
}

/// Settings that send nothing that differs from world to world.
pub fn plain_meta(changes: Value) -> Value {
    let mapping = json!({"person": {"external_id": "", "country": ""}});
    with(with(meta(), json!({"mapping": mapping})), changes)
}
