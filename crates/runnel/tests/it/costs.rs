//! What visits and conversions cost, from the click to the report (product.md §9).

use crate::world::{World, location, parameter};
use serde_json::{Value, json};

/// A source with its cost settings, and a funnel of one offer.
struct Billing {
    world: World,
    link: String,
    funnel: String,
}

impl Billing {
    async fn of(source: Value, funnel: Value) -> Self {
        let world = World::new().await;
        let mut asset = json!({"name": "Push"});
        merge(&mut asset, source);
        let source = world.make("traffic-sources", asset).await;
        let page = json!({"name": "O", "url": "https://offer.example/?s={hit}"});
        let offer = world.make("offers", page).await;
        let mut asset = json!({
            "name": "F",
            "nodes": [
                {"id": "root00000000", "kind": "traffic"},
                {"id": "offer0000000", "kind": "offer", "pages": [{"page": offer}]},
            ],
            "connections": [{"id": "way000000000", "from": "root00000000", "to": "offer0000000"}],
        });
        merge(&mut asset, funnel);
        if let Some(rule) = asset.as_object_mut().unwrap().remove("override") {
            asset["costOverrides"] = json!({ source.clone(): rule });
        }
        let funnel = world.make("funnels", asset).await;
        Self { link: format!("/fts/{funnel}-{source}"), funnel, world }
    }

    /// Enters with this query; gives the offer's hit.
    async fn enters(&self, query: &str) -> String {
        let response = self.world.get(&format!("{}?{query}", self.link)).await;
        parameter(&location(&response), "s")
    }

    async fn costs(&self) -> Value {
        let report = self.world.report(json!([{"by": "funnel", "include": [self.funnel]}])).await;
        report["totals"]["cost"].clone()
    }

    /// The cost after each of these postbacks.
    async fn costs_after(&self, calls: &[&str]) -> Vec<Value> {
        let hit = self.enters("").await;
        let mut costs = Vec::new();
        for call in calls {
            self.world.get(&format!("/pb/?hit={hit}&{call}")).await;
            costs.push(self.costs().await);
        }
        costs
    }
}

fn merge(asset: &mut Value, more: Value) {
    asset.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
}

#[tokio::test]
async fn the_url_names_the_cost_and_what_cannot_be_believed_falls_back() {
    let source = json!({"costModel": "cpe", "defaultCost": "0.02", "costModifierPercent": 50});
    let billing = Billing::of(source, json!({})).await;
    for query in ["", "c=0.05", "c=cpm_5", "c=-1", "c=cheap", "c=0", "c=99999", "c={cost}"] {
        billing.enters(query).await;
    }
    // 0.02 five times, 0.05, 0.005 and nothing; half as much again.
    assert_eq!(billing.costs().await, "0.2325");
}

#[tokio::test]
async fn the_funnels_override_comes_before_the_url_and_its_default_comes_last() {
    let dear = json!({"costModel": "cpm", "defaultCost": "5"});
    let rule = json!({"model": "cpe", "amount": "0.70"});
    let billing = Billing::of(dear.clone(), json!({"override": rule})).await;
    billing.enters("c=0.05").await;
    assert_eq!(billing.costs().await, "0.70");
    let billing = Billing::of(dear, json!({"defaultCost": rule})).await;
    billing.enters("").await;
    assert_eq!(billing.costs().await, "0.005");
    let billing = Billing::of(json!({}), json!({"defaultCost": rule})).await;
    billing.enters("").await;
    assert_eq!(billing.costs().await, "0.70");
}

#[tokio::test]
async fn cpa_applies_once_per_conversion_and_is_taken_back_on_reject() {
    let billing = Billing::of(json!({"costModel": "cpa", "defaultCost": "4"}), json!({})).await;
    let calls = [
        "tx=1&rev=9&status=pending",
        "tx=1&rev=9",
        "tx=1&rev=12",
        "tx=2&rev=3",
        "tx=1&status=rejected",
        "tx=1&rev=9",
    ];
    let costs = ["0.00", "4.00", "4.00", "8.00", "4.00", "8.00"];
    assert_eq!(billing.costs_after(&calls).await, costs);
}

#[tokio::test]
async fn a_visit_that_was_free_at_its_entrance_causes_no_cpa() {
    let billing = Billing::of(json!({"costModel": "cpa", "defaultCost": "4"}), json!({})).await;
    for (query, cost) in [("c=0", "0.00"), ("c=0.50", "0.50"), ("", "4.50")] {
        let hit = billing.enters(query).await;
        billing.world.get(&format!("/pb/?hit={hit}&rev=9")).await;
        assert_eq!(billing.costs().await, cost, "{query}");
    }
}

#[tokio::test]
async fn a_share_of_the_revenue_follows_it() {
    let source = json!({"costModel": "revshare", "defaultCost": "25"});
    let billing = Billing::of(source, json!({})).await;
    let calls = ["rev=8&status=pending", "rev=8", "rev=12", "rev=-4", "status=rejected"];
    assert_eq!(billing.costs_after(&calls).await, ["0.00", "2.00", "3.00", "2.00", "0.00"]);
}
