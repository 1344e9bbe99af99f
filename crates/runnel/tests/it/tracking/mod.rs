//! Entrance, action and view as a browser sees them (product.md §3, §8).

mod action;
mod entrance;
mod memory;
mod tag;
mod view;

use crate::world::{World, location, parameter};
use serde_json::json;

/// Root → lander → (action 1) → offer; IDs of what was made.
pub struct Road {
    pub source: String,
    pub lander: String,
    pub offer: String,
    pub funnel: String,
}

pub const ROOT: &str = "NodeRoot0001";
pub const LANDER: &str = "NodeLander01";
pub const OFFER: &str = "NodeOffer001";

pub async fn road(world: &World) -> Road {
    let source = world
        .make(
            "traffic-sources",
            json!({"name": "Push", "fields": {
                "campaign": {"name": "campaign", "placeholder": "[campaign]"},
                "external": {"name": "clickid", "placeholder": "[clickid]"},
                "c1": {"name": "zone", "placeholder": "[zone]"}}}),
        )
        .await;
    let lander = json!({"name": "L1", "url": "https://lander.example/?h={hit}&z={c1}"});
    let lander = world.make("landers", lander).await;
    let network = json!({"name": "Network A", "parameters": {"clickid": "{hit}"}});
    let network = world.make("offer-sources", network).await;
    let offer = json!({"name": "O1", "url": "https://offer.example/?a=1",
        "offerSource": network, "payout": "12.50"});
    let offer = world.make("offers", offer).await;
    let funnel = world
        .make(
            "funnels",
            json!({"name": "Demo", "nodes": [
                {"id": ROOT, "kind": "traffic"},
                {"id": LANDER, "kind": "lander", "pages": [{"page": lander, "weight": 1}]},
                {"id": OFFER, "kind": "offer", "pages": [{"page": offer, "weight": 1}]}],
              "connections": [
                {"id": "ConnRoot0001", "from": ROOT, "to": LANDER, "weight": 1},
                {"id": "ConnLander01", "from": LANDER, "to": OFFER, "actions": [1]}]}),
        )
        .await;
    Road { source, lander, offer, funnel }
}

impl Road {
    pub fn entrance(&self) -> String {
        format!("/fts/{}-{}", self.funnel, self.source)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_entrance_to_credited_conversion() {
    let world = World::new().await;
    let road = road(&world).await;
    let entered = world.get(&format!("{}?clickid=abc&zone=7&email=x%40y", road.entrance())).await;
    let lander = location(&entered);
    assert!(lander.starts_with("https://lander.example/?h="), "{lander}");
    assert_eq!(parameter(&lander, "z"), "7");
    let vid = parameter(&lander, "vid");
    assert_eq!(vid.len(), 24);
    assert_eq!(entered.headers()["cache-control"], "no-store");

    let acted = world.get(&format!("/action/1?vid={vid}&n={LANDER}")).await;
    let offer = location(&acted);
    let hit = parameter(&offer, "clickid");
    assert_eq!((parameter(&offer, "a"), parameter(&offer, "vid")), ("1".into(), vid));

    let booked = world.get(&format!("/pb/?hit={hit}&tx=T1")).await;
    assert_eq!((booked.status().as_u16(), booked.text().await.unwrap()), (200, "OK".into()));

    let report = world.report(json!([{"by": "node"}])).await;
    let totals = &report["totals"];
    assert_eq!((&totals["visits"], &totals["conversions"]), (&json!(1), &json!(1)));
    assert_eq!(totals["revenue"], "12.50");
    for node in [ROOT, LANDER, OFFER] {
        let rows = report["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["key"] == node).unwrap_or_else(|| panic!("{report}"));
        assert_eq!(row["metrics"]["conversions"], 1, "{node}");
        assert_eq!(row["metrics"]["revenue"], "12.50", "{node}");
    }
    let seen = world.api("GET", &format!("/explorer/hit/{hit}"), json!(null)).await;
    assert_eq!(seen["route"]["equal"], true, "{seen}");
    assert_eq!(seen["conversions"][0]["revenue"], "12.50");
}
