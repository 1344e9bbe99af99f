//! By which rules a traffic source is told.

use super::shop::{Shop, TOLD};
use crate::receiver::Receiver;
use serde_json::{Value, json};

#[tokio::test]
async fn a_conversion_is_told_once_when_it_is_first_normal() {
    let shop = Shop::open(json!({})).await;
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=9&status=pending")).await;
    shop.books(&format!("hit={hit}&tx=A&rev=10")).await;
    shop.books(&format!("hit={hit}&tx=A&rev=12")).await;
    shop.books(&format!("hit={hit}&tx=A&status=rejected")).await;
    shop.books(&format!("hit={hit}&tx=B")).await;
    assert_eq!(shop.heard_in_all().await, ["S1 10.00 approved A", "S1 12.50 approved B"]);
}

#[tokio::test]
async fn a_source_may_hear_at_once_or_of_every_change() {
    let seen = Shop::open(json!({"tell": "first-seen", "pendingAmount": "expected"})).await;
    let hit = seen.hit("S1").await;
    seen.books(&format!("hit={hit}&tx=A&rev=9&status=pending")).await;
    seen.books(&format!("hit={hit}&tx=A&rev=10")).await;
    assert_eq!(seen.heard_in_all().await, ["S1 9.00 pending A"]);

    let every = Shop::open(json!({"tell": "every-change"})).await;
    let hit = every.hit("S2").await;
    for change in ["rev=9&status=pending", "rev=10", "rev=10", "rev=12", "status=rejected"] {
        every.books(&format!("hit={hit}&tx=A&{change}")).await;
    }
    let all =
        ["S2 0.01 pending A", "S2 10.00 approved A", "S2 12.00 approved A", "S2 0.00 rejected A"];
    assert_eq!(every.heard_in_all().await, all);
}

#[tokio::test]
async fn statuses_zero_modifier_and_reversal() {
    let shop = Shop::open(json!({"skipZero": true, "revenueModifierPercent": -20})).await;
    let undo = format!("{}/undo{TOLD}", shop.receiver.url);
    shop.wish(json!({"reversalUrl": undo})).await;
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=free&rev=0")).await;
    shop.books(&format!("hit={hit}&tx=A&rev=10")).await;
    shop.books(&format!("hit={hit}&tx=A&status=rejected")).await;
    assert_eq!(shop.heard_in_all().await, ["S1 8.00 approved A", "S1 0.00 rejected A"]);
    let heard = shop.receiver.heard();
    assert!(heard[0].target.starts_with("/pb?") && heard[1].target.starts_with("/undo?"));
    // The modified figure stands beside the true one.
    let rows = shop.deliveries().await;
    assert_eq!((&rows[1]["revenue"], &rows[1]["revenueTrue"]), (&json!("8.00"), &json!("10.00")));
}

#[tokio::test]
async fn an_old_click_is_marked_too_late_and_may_still_be_sent_by_hand() {
    let shop = Shop::open(json!({"maximumAgeHours": 24})).await;
    let hit = shop.hit("S1").await;
    shop.clock.advance_ms(24 * 3_600_000 + 1);
    shop.books(&format!("hit={hit}&tx=A&rev=1")).await;
    let rows = shop.deliveries().await;
    assert_eq!((rows.len(), &rows[0]["state"]), (1, &json!("too_late")));
    let again = json!({"filter": {"states": ["too_late"]}});
    let replayed = shop.api("POST", "/deliveries/replay", again).await;
    assert_eq!(replayed["changed"], 1);
    assert_eq!(shop.hears(1).await, ["S1 1.00 approved A"]);
}

#[tokio::test]
async fn a_call_may_keep_itself_from_the_source_but_not_what_was_queued() {
    let shop = Shop::open(json!({})).await;
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=1&disable_postbacks=true")).await;
    shop.books(&format!("hit={hit}&tx=B&rev=2")).await;
    shop.books(&format!("hit={hit}&tx=B&rev=3&disable_postbacks=1")).await;
    // A later call without it delivers as usual.
    shop.books(&format!("hit={hit}&tx=A&rev=4")).await;
    assert_eq!(shop.heard_in_all().await, ["S1 2.00 approved B", "S1 4.00 approved A"]);
}

#[tokio::test]
async fn events_and_builder_actions_have_postbacks_of_their_own() {
    let receiver = Receiver::new().await;
    let url = |path: &str| format!("{}/{path}{TOLD}&m={{data-email}}&p={{pb-sub}}", receiver.url);
    let postbacks = json!({
        "conversion": {"url": url("conversion")},
        "lead": {"url": url("lead"), "method": "POST", "body": "{\"amount\": {rev}}"}});
    let shop = Shop::with(receiver, postbacks).await;
    // Going on to the offer fires a lead.
    let hit = shop.hit("S1").await;
    shop.hears(1).await;
    shop.books(&format!("hit={hit}&tx=A&rev=7&sub=x%20y")).await;
    let heard = shop.receiver.hears(2).await;
    assert_eq!((heard[0].method.as_str(), heard[0].body.as_str()), ("POST", "{\"amount\": 0.50}"));
    assert!(heard[0].headers.to_lowercase().contains("content-type: application/json"));
    assert_eq!((heard[0].parameter("e"), heard[0].parameter("m")), ("lead".into(), "a@b".into()));
    assert_eq!((heard[1].parameter("e"), heard[1].parameter("p")), ("".into(), "x y".into()));
    assert!(heard[1].target.starts_with("/conversion?"), "{}", heard[1].target);
}

#[tokio::test]
async fn a_funnel_may_send_another_postback_or_none() {
    let shop = Shop::open(json!({})).await;
    let path = format!("/funnels/{}", shop.funnel);
    let override_with = async |postback: Value| {
        let mut funnel = shop.api("GET", &path, Value::Null).await;
        funnel["postbackOverrides"] = json!({&shop.source: {"conversion": postback}});
        shop.api("PUT", &path, funnel).await;
    };
    override_with(json!({"url": format!("{}/other{TOLD}", shop.receiver.url)})).await;
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=1")).await;
    shop.hears(1).await;
    assert!(shop.receiver.heard()[0].target.starts_with("/other?"));
    override_with(json!({"url": ""})).await;
    shop.books(&format!("hit={hit}&tx=B&rev=1")).await;
    assert_eq!(shop.deliveries().await.len(), 1);
}

#[tokio::test]
async fn uploads_tell_nobody_or_once_or_always() {
    let shop = Shop::open(json!({})).await;
    let hit = shop.hit("S1").await;
    let upload = async |line: &str, postbacks: &str| {
        let body = json!({"lines": format!("{hit}:{line}"), "postbackCalls": postbacks});
        shop.api("PUT", "/updates/conversions", body).await;
    };
    upload("A, 1", "none").await;
    upload("A, 2", "onlyOnce").await;
    upload("A, 3", "onlyOnce").await;
    upload("A, 4", "all").await;
    assert_eq!(shop.heard_in_all().await, ["S1 2.00 approved A", "S1 4.00 approved A"]);
}

#[tokio::test]
async fn the_conversion_page_shows_what_was_told_and_secrets_of_networks_are_not_told() {
    let shop = Shop::open(json!({})).await;
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=1")).await;
    let row = shop.deliveries_become(|rows| rows[0]["state"] == "delivered").await.remove(0);
    let path = format!("/conversions/{}", row["conversion"].as_str().unwrap());
    let page = shop.api("GET", &path, Value::Null).await;
    assert_eq!(page["deliveries"][0]["id"], row["id"]);
    let path = format!("/deliveries/{}", row["id"].as_str().unwrap());
    let detail = shop.api("GET", &path, Value::Null).await;
    let attempt = &detail["attemptsMade"][0];
    assert_eq!(
        (&attempt["verdict"], &attempt["call"]["status"]),
        (&json!("delivered"), &json!(200))
    );
    assert!(attempt["call"]["url"].as_str().unwrap().contains("c=S1"));
    assert_eq!(shop.receiver.heard()[0].delivery(), row["id"].as_str().unwrap());
}
