//! Reports show what the traffic source was told beside what was earned.

use super::shop::{Shop, TOLD};
use serde_json::{Value, json};

impl Shop {
    /// `revenue told` of everything, as a report grouped by offer shows it: the only row and the totals.
    async fn figures(&self) -> [String; 2] {
        let report = self.report(json!([{"by": "offer"}])).await;
        let shown = |metrics: &Value| {
            let text = |name: &str| metrics[name].as_str().unwrap().to_owned();
            format!("{} {}", text("revenue"), text("revenueTold"))
        };
        [shown(&report["rows"][0]["metrics"]), shown(&report["totals"])]
    }
}

#[tokio::test]
async fn a_report_shows_what_the_source_was_told_beside_what_was_earned() {
    let every = json!({"tell": "every-change", "pendingAmount": "expected",
        "revenueModifierPercent": -20, "skipZero": true});
    let shop = Shop::open(every).await;
    let hit = shop.hit("S1").await;
    // 80 % of 9.00, which is expected but not earned: pending conversions earn 0.01.
    shop.books(&format!("hit={hit}&tx=A&rev=9&status=pending")).await;
    assert_eq!(shop.figures().await, ["0.01 7.20", "0.01 7.20"]);
    shop.books(&format!("hit={hit}&tx=A&rev=10")).await;
    assert_eq!(shop.figures().await, ["10.00 8.00", "10.00 8.00"]);
    // Nothing is told of what earned nothing, nor of what asks for that.
    shop.books(&format!("hit={hit}&tx=B&rev=0")).await;
    shop.books(&format!("hit={hit}&tx=C&rev=5&disable_postbacks=1")).await;
    assert_eq!(shop.figures().await, ["15.00 8.00", "15.00 8.00"]);
    // What was told stays told when the modifier changes.
    shop.wish(json!({"revenueModifierPercent": 0})).await;
    shop.books(&format!("hit={hit}&tx=D&rev=1")).await;
    assert_eq!(shop.figures().await, ["16.00 9.00", "16.00 9.00"]);
    shop.books(&format!("hit={hit}&tx=A&status=rejected")).await;
    assert_eq!(shop.figures().await, ["6.00 1.00", "6.00 1.00"]);
}

#[tokio::test]
async fn a_source_that_hears_once_goes_on_believing_it() {
    let shop = Shop::open(json!({"revenueModifierPercent": 50})).await;
    let hit = shop.hit("S1").await;
    for change in ["rev=9&status=pending", "rev=10", "rev=12", "status=rejected"] {
        shop.books(&format!("hit={hit}&tx=A&{change}")).await;
    }
    assert_eq!(shop.figures().await, ["0.00 15.00", "0.00 15.00"]);
    let conversion = &shop.deliveries().await[0]["conversion"];
    let path = format!("/conversions/{}", conversion.as_str().unwrap());
    let page = shop.api("GET", &path, Value::Null).await;
    let entries = page["entries"].as_array().unwrap().iter();
    let told: Vec<_> = entries.map(|entry| entry["revenueTold"].as_str().unwrap()).collect();
    assert_eq!(told, ["0.00", "15.00", "15.00", "15.00"]);
}

#[tokio::test]
async fn a_reversal_takes_back_what_was_told_and_a_refund_says_less() {
    let shop = Shop::open(json!({"tell": "every-change", "revenueModifierPercent": -50})).await;
    let undo = format!("{}/undo{TOLD}", shop.receiver.url);
    shop.wish(json!({"reversalUrl": undo})).await;
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=10")).await;
    shop.books(&format!("hit={hit}&tx=B&rev=6")).await;
    assert_eq!(shop.figures().await, ["16.00 8.00", "16.00 8.00"]);
    shop.books(&format!("hit={hit}&tx=A&rev=4&status=refunded")).await;
    assert_eq!(shop.figures().await, ["10.00 5.00", "10.00 5.00"]);
    shop.books(&format!("hit={hit}&tx=B&status=rejected")).await;
    assert_eq!(shop.figures().await, ["4.00 2.00", "4.00 2.00"]);
}

#[tokio::test]
async fn reports_filled_anew_show_what_was_told_whatever_is_wished_since() {
    let mut shop = Shop::open(json!({"revenueModifierPercent": -50})).await;
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=10")).await;
    shop.wish(json!({"revenueModifierPercent": 0})).await;
    shop.books(&format!("hit={hit}&tx=B&rev=3")).await;
    shop.world.restart_with_reports_anew().await;
    assert_eq!(shop.figures().await, ["13.00 8.00", "13.00 8.00"]);
}
