//! What a rule withholds is seen with the change that it was withheld of, each time with its reason.

use super::shop::Shop;
use serde_json::{Value, json};

impl Shop {
    /// The page of the conversion `tx`.
    pub async fn page(&self, tx: &str) -> Value {
        let list = self.api("POST", "/reports/conversions", json!({"tx": tx})).await;
        let id = list["rows"][0]["id"].as_str().unwrap();
        self.api("GET", &format!("/conversions/{id}"), Value::Null).await
    }

    /// Why the source was not told of each change of the conversion `tx`; `told` where it was.
    async fn withheld(&self, tx: &str) -> Vec<String> {
        let page = self.page(tx).await;
        let told: Vec<_> = list(&page["deliveries"]).map(|one| one["entry"].clone()).collect();
        let reasons = list(&page["entries"]).map(|entry| {
            let withheld: Vec<_> = list(&entry["withheld"]).collect();
            assert_eq!(withheld.is_empty(), told.contains(&entry["number"]), "{page:#}");
            let Some(one) = withheld.first() else { return "told".to_owned() };
            assert_eq!(one["destination"], format!("source:{}:conversion", self.source));
            assert!(!one["says"].as_str().unwrap().is_empty());
            one["reason"].as_str().unwrap().to_owned()
        });
        reasons.collect()
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

/// A source with these wishes hears of these changes, or not, for these reasons.
async fn story(wishes: Value, changes: &[&str], expected: &[&str]) {
    let shop = Shop::open(wishes.clone()).await;
    if wishes["reversalUrl"] == "" {
        shop.wish(json!({"reversalUrl": format!("{}/undo", shop.receiver.url)})).await;
    }
    let hit = shop.hit("S1").await;
    for change in changes {
        shop.books(&format!("hit={hit}&tx=A&{change}")).await;
    }
    assert_eq!(shop.withheld("A").await, expected, "{wishes} {changes:?}");
}

#[tokio::test]
async fn who_is_told_once_is_not_told_too_early_again_or_of_a_rejection() {
    let changes = ["rev=9&status=pending", "rev=10", "rev=12", "status=rejected"];
    story(json!({}), &changes, &["pending", "told", "told_before", "no_reversal"]).await;
}

#[tokio::test]
async fn a_status_left_out_and_nothing_earned_are_named() {
    let approved = json!({"tell": "every-change", "statuses": ["approved"]});
    let changes = ["rev=1&status=pending", "rev=2", "status=rejected"];
    story(approved, &changes, &["status", "told", "status"]).await;
    story(json!({"skipZero": true}), &["rev=0", "rev=3"], &["zero", "told"]).await;
}

#[tokio::test]
async fn what_changes_nothing_for_the_source_is_named() {
    let nothing_of_it = json!({"tell": "every-change", "revenueModifierPercent": -100});
    story(nothing_of_it, &["rev=1", "rev=2"], &["told", "unchanged"]).await;
}

#[tokio::test]
async fn a_rejection_of_what_was_never_told_or_is_taken_back_is_named() {
    let reversing = json!({"reversalUrl": ""});
    let changes = ["rev=1&status=pending", "status=rejected"];
    story(reversing.clone(), &changes, &["pending", "never_told"]).await;
    let changes = ["rev=1", "status=rejected", "rev=2&disable_postbacks=1", "status=rejected"];
    story(reversing, &changes, &["told", "told", "asked_for", "taken_back"]).await;
}

#[tokio::test]
async fn an_upload_that_tells_nobody_or_once_is_named() {
    let shop = Shop::open(json!({})).await;
    let hit = shop.hit("S1").await;
    for (line, postbacks) in [("A, 1", "none"), ("A, 2", "onlyOnce"), ("A, 3", "onlyOnce")] {
        let body = json!({"lines": format!("{hit}:{line}"), "postbackCalls": postbacks});
        shop.api("PUT", "/updates/conversions", body).await;
    }
    assert_eq!(shop.withheld("A").await, ["asked_for", "told", "told_before"]);
}

#[tokio::test]
async fn what_came_too_late_or_was_cancelled_is_told_no_more_and_says_so() {
    let shop = Shop::open(json!({"maximumAgeHours": 24})).await;
    let key = format!("source:{}:conversion", shop.source);
    let late = shop.hit("S1").await;
    shop.clock.advance_ms(24 * 3_600_000 + 1);
    shop.books(&format!("hit={late}&tx=A&rev=1")).await;
    shop.books(&format!("hit={late}&tx=A&rev=2")).await;
    assert_eq!(shop.withheld("A").await, ["told", "given_up"]);
    let kept = &shop.page("A").await["deliveries"][0];
    assert_eq!(kept["state"], "too_late");
    assert_eq!(kept["reason"], "the click is older than the maximum age of 24 h");

    let cancelled = shop.hit("S2").await;
    shop.api("POST", &format!("/destinations/{key}/disable"), Value::Null).await;
    shop.books(&format!("hit={cancelled}&tx=B&rev=1")).await;
    shop.api("POST", "/deliveries/cancel", json!({"filter": {}})).await;
    shop.books(&format!("hit={cancelled}&tx=B&rev=2")).await;
    assert_eq!(shop.withheld("B").await, ["told", "given_up"]);
}

#[tokio::test]
async fn a_dry_run_withholds_nothing_and_an_undo_tells_nobody() {
    let shop = Shop::open(json!({"tell": "every-change"})).await;
    let hit = shop.hit("S1").await;
    let upload = async |dry: bool| {
        let body =
            json!({"lines": format!("{hit}:A, 5"), "postbackCalls": "onlyOnce", "dryRun": dry});
        shop.api("PUT", "/updates/conversions", body).await
    };
    upload(true).await;
    let done = upload(false).await;
    let undo = format!("/updates/{}/undo", done["operation"].as_str().unwrap());
    shop.api("POST", &undo, Value::Null).await;
    let page = shop.page("A").await;
    let entries: Vec<_> = list(&page["entries"]).collect();
    assert_eq!((entries.len(), &entries[1]["via"]), (2, &json!("undo")));
    assert_eq!((&entries[1]["notify"], &entries[1]["withheld"]), (&json!("none"), &json!([])));
    assert_eq!(shop.heard_in_all().await, ["S1 5.00 approved A"]);
}

#[tokio::test]
async fn what_was_told_stands_beside_what_is_true_with_the_conversion() {
    let shop = Shop::open(json!({"revenueModifierPercent": -20})).await;
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=10")).await;
    let page = shop.page("A").await;
    let told = &page["deliveries"][0];
    assert_eq!((&told["revenue"], &told["revenueTrue"]), (&json!("8.00"), &json!("10.00")));
    assert_eq!(page["revenue"], "10.00", "the modifier changes nothing in the ledger");
    assert_eq!(told["entry"], page["entries"][0]["number"]);
    assert_eq!(shop.heard_in_all().await, ["S1 8.00 approved A"]);
}
