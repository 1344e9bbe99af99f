//! Whom a conversion credits, from the click to the report (product.md §6.8).

use crate::world::{IPHONE, World, location, parameter};
use serde_json::{Value, json};

const DAY_MS: u64 = 24 * 3600 * 1000;

/// Two funnels of one offer each, from one source.
struct Two {
    world: World,
    links: [String; 2],
    funnels: [String; 2],
}

impl Two {
    async fn funnels() -> Self {
        let world = World::new().await;
        let source = world.make("traffic-sources", json!({"name": "Push"})).await;
        let page = json!({"name": "O", "url": "https://offer.example/?s={hit}", "payout": "10"});
        let offer = world.make("offers", page).await;
        let mut funnels = [String::new(), String::new()];
        for (n, funnel) in funnels.iter_mut().enumerate() {
            let id = |name: &str| format!("{name}{n:0>7}");
            *funnel = world
                .make(
                    "funnels",
                    json!({
                        "name": format!("F{n}"),
                        "nodes": [
                            {"id": id("root-").replace('-', "0"), "kind": "traffic"},
                            {"id": id("offer"), "kind": "offer", "pages": [{"page": offer}]},
                        ],
                        "connections": [{
                            "id": id("way00"), "from": id("root-").replace('-', "0"), "to": id("offer")
                        }],
                    }),
                )
                .await;
        }
        let links = funnels.each_ref().map(|funnel| format!("/fts/{funnel}-{source}"));
        Self { world, links, funnels }
    }

    /// Enters a funnel as the visitor `vid` (empty for a new one): hit and vid.
    async fn enters(&self, funnel: usize, vid: &str) -> (String, String) {
        self.world.clock.advance_ms(1);
        let url = self.world.track(&self.links[funnel]);
        let request = self.world.client.get(url).header("user-agent", IPHONE);
        let response = request.header("cookie", format!("rn_vid={vid}")).send().await.unwrap();
        let to = location(&response);
        (parameter(&to, "s"), parameter(&to, "vid"))
    }

    /// `conversions indirect lifetime revenue` of each funnel.
    async fn figures(&self) -> [String; 2] {
        let report = self.world.report(json!([{"by": "funnel"}])).await;
        let of = |id: &String| {
            let rows = report["rows"].as_array().unwrap();
            let row = rows.iter().find(|row| row["key"] == Value::String(id.clone())).unwrap();
            let m = &row["metrics"];
            let revenue = m["revenue"].as_str().unwrap();
            format!("{} {} {} {revenue}", m["conversions"], m["indirect"], m["lifetime"])
        };
        self.funnels.each_ref().map(of)
    }
}

#[tokio::test]
async fn a_conversion_is_indirect_in_the_visitors_other_funnels_at_any_age() {
    let two = Two::funnels().await;
    let (_, vid) = two.enters(1, "").await;
    two.enters(1, &vid).await;
    two.world.clock.advance_ms(90 * DAY_MS);
    let (hit, same) = two.enters(0, &vid).await;
    assert_eq!(same, vid);
    two.enters(1, "").await;
    two.world.get(&format!("/pb/?hit={hit}&tx=A")).await;
    assert_eq!(two.figures().await, ["1 0 1 10.00", "0 1 1 0.00"]);
    two.world.get(&format!("/pb/?hit={hit}&tx=A&status=rejected")).await;
    assert_eq!(two.figures().await, ["0 0 0 0.00", "0 0 0 0.00"]);
}

#[tokio::test]
async fn only_visits_before_the_conversion_count_and_a_second_tab_is_one() {
    let two = Two::funnels().await;
    let (first, vid) = two.enters(0, "").await;
    two.enters(1, &vid).await;
    two.world.get(&format!("/pb/?hit={first}&tx=A")).await;
    assert_eq!(two.figures().await, ["1 0 1 10.00", "0 0 0 0.00"]);
    let (second, _) = two.enters(0, &vid).await;
    two.world.get(&format!("/pb/?hit={second}&tx=B")).await;
    assert_eq!(two.figures().await, ["2 0 2 20.00", "0 1 1 0.00"]);
}
