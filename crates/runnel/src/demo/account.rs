//! What the demo account consists of, in the API's own shapes and under fixed IDs.

use crate::links::Base;
use rules::assets::{Condition, Event, Funnel, Lander, Offer, OfferSource, TrafficSource};
use rules::ids::EntityId;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The assets with their IDs.
pub(super) struct Account {
    pub source: (EntityId, TrafficSource),
    pub network: (EntityId, OfferSource),
    pub events: [(EntityId, Event); 2],
    pub landers: [(EntityId, Lander); 2],
    pub offers: [(EntityId, Offer); 2],
    pub condition: (EntityId, Condition),
    pub funnel: (EntityId, Funnel),
}

impl Account {
    /// The account whose pages are at `base`.
    pub(super) fn at(base: &Base) -> anyhow::Result<Self> {
        let page = |name: &str| format!("{}/demo/{name}?hit={{hit}}", base.as_str());
        Ok(Self {
            source: asset("DemoSource01", source())?,
            network: asset("DemoNetwork1", network())?,
            events: [
                asset("DemoEvent001", json!({"name": "demo-lead"}))?,
                asset("DemoEvent002", json!({"name": "demo-upsell", "everyTime": true}))?,
            ],
            landers: [
                asset("DemoLander01", json!({"name": "Demo lander A", "url": page("lander-a")}))?,
                asset("DemoLander02", json!({"name": "Demo lander B", "url": page("lander-b")}))?,
            ],
            offers: [
                asset("DemoOffer001", offer("Demo offer", "12.50", page("offer")))?,
                asset("DemoOffer002", offer("Demo upsell", "4.00", page("upsell")))?,
            ],
            condition: asset("DemoPhones01", phones())?,
            funnel: asset("DemoFunnel01", funnel())?,
        })
    }
}

fn asset<T: DeserializeOwned>(id: &str, body: Value) -> anyhow::Result<(EntityId, T)> {
    Ok((id.parse()?, serde_json::from_value(body)?))
}

fn source() -> Value {
    json!({"name": "Demo push network", "defaultCost": "0.05", "fields": {
        "campaign": {"name": "campaign", "placeholder": "spring-sale"},
        "external": {"name": "clickid", "placeholder": "click-0001"},
        "c1": {"name": "zone", "placeholder": "zone-7"}}})
}

fn network() -> Value {
    json!({"name": "Demo affiliate network", "parameters": {"clickid": "{hit}"}, "postback": {
        "hit": "{{clickid}}", "tx": "{{transaction}}", "rev": "{{payout}}", "status": "{{status}}"}})
}

fn offer(name: &str, payout: &str, url: String) -> Value {
    json!({"name": name, "url": url, "offerSource": "DemoNetwork1", "payout": payout})
}

fn phones() -> Value {
    json!({"name": "Demo: phones", "routes": [{"key": "phone", "groups": [
        {"rules": [{"test": "device", "op": "in-list", "values": ["mobile", "tablet"]}]}]}]})
}

/// traffic → rotator → lander A or B → (action 1) → phone? → upsell at once, else offer → upsell.
fn funnel() -> Value {
    let (lead, upsell) = (json!([{"event": {"name": "demo-lead"}}]), "demo-upsell");
    let at = |x: u32, y: u32| json!({"x": x, "y": y});
    json!({"name": "Demo funnel", "nodes": [
        {"id": "DemoNodeRoot", "kind": "traffic", "position": at(0, 120)},
        {"id": "DemoNodeTurn", "kind": "rotator", "mode": "sticky", "position": at(200, 120)},
        {"id": "DemoNodeLndA", "kind": "lander", "position": at(400, 0),
         "pages": [{"page": "DemoLander01", "weight": 1}]},
        {"id": "DemoNodeLndB", "kind": "lander", "position": at(400, 240),
         "pages": [{"page": "DemoLander02", "weight": 1}]},
        {"id": "DemoNodeCond", "kind": "condition", "condition": "DemoPhones01",
         "position": at(600, 120)},
        {"id": "DemoNodeOffr", "kind": "offer", "position": at(800, 0),
         "pages": [{"page": "DemoOffer001", "weight": 1}]},
        {"id": "DemoNodeUpsl", "kind": "offer", "position": at(1000, 240),
         "pages": [{"page": "DemoOffer002", "weight": 1}]}],
    "connections": [
        {"id": "DemoWay00001", "from": "DemoNodeRoot", "to": "DemoNodeTurn", "weight": 1},
        {"id": "DemoWay00002", "from": "DemoNodeTurn", "to": "DemoNodeLndA", "weight": 50},
        {"id": "DemoWay00003", "from": "DemoNodeTurn", "to": "DemoNodeLndB", "weight": 50},
        {"id": "DemoWay00004", "from": "DemoNodeLndA", "to": "DemoNodeCond", "actions": [1],
         "fire": lead},
        {"id": "DemoWay00005", "from": "DemoNodeLndB", "to": "DemoNodeCond", "actions": [1],
         "fire": lead},
        {"id": "DemoWay00006", "from": "DemoNodeCond", "to": "DemoNodeUpsl", "route": "phone"},
        {"id": "DemoWay00007", "from": "DemoNodeCond", "to": "DemoNodeOffr", "route": "default"},
        {"id": "DemoWay00008", "from": "DemoNodeOffr", "to": "DemoNodeUpsl", "actions": [1],
         "fire": [{"event": {"name": upsell, "rev": "1.00"}}]}]})
}
