//! “Conversion tracking using JavaScript”: what `flux.track("conversion", {…})` sends, and what the
//! server makes of it.

use super::stage::Stage;
use crate::world::{location, parameter};
use serde_json::json;

#[tokio::test]
async fn the_tag_books_the_revenue_it_names() {
    let stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    let answer = stage.tag(json!({"vid": offer.vid, "rev": "4.20"})).await;
    assert_eq!(answer["error"], "");
    assert_eq!(stage.conversions().await, ["- approved 4.20"]);
}

#[tokio::test]
async fn a_blank_revenue_from_the_tag_means_the_payout() {
    let stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    stage.tag(json!({"vid": offer.vid, "rev": "", "tx": "blank"})).await;
    stage.tag(json!({"vid": offer.vid, "tx": "missing"})).await;
    stage.tag(json!({"vid": offer.vid, "tx": "sample", "rev": "VALUE"})).await;
    let payout = |tx: &str| format!("{tx} approved 12.50");
    assert_eq!(stage.conversions().await, ["blank", "missing", "sample"].map(payout));
}

#[tokio::test]
async fn the_tag_converts_the_latest_offer() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    let offer = stage.acts(&lander, 1).await;
    stage.tag(json!({"vid": lander.vid, "tx": "first", "rev": "1"})).await;
    stage.acts(&offer, 1).await;
    stage.tag(json!({"vid": lander.vid, "tx": "second", "rev": "2"})).await;
    assert_eq!(stage.converted_pages().await, [stage.offer.clone(), stage.upsell.clone()]);
}

#[tokio::test]
async fn the_tag_may_force_a_page() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    let offer = stage.acts(&lander, 1).await;
    stage.acts(&offer, 1).await;
    stage.tag(json!({"vid": lander.vid, "p": stage.offer, "tx": "A", "rev": "1"})).await;
    stage.tag(json!({"vid": lander.vid, "p": stage.lander, "tx": "B", "rev": "1"})).await;
    assert_eq!(stage.converted_pages().await, [stage.offer.clone(), stage.lander.clone()]);
}

#[tokio::test]
async fn the_tag_may_force_a_visitor_or_a_hit_but_not_both() {
    let stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    let both = stage.tag(json!({"vid": offer.vid, "hit": offer.hit, "rev": "1"})).await;
    assert_ne!(both["error"], "");
    assert!(stage.conversions().await.is_empty());
    stage.tag(json!({"hit": offer.hit, "tx": "hit", "rev": "1"})).await;
    stage.tag(json!({"vid": offer.vid, "tx": "vid", "rev": "2"})).await;
    assert_eq!(stage.conversions().await, ["hit approved 1.00", "vid approved 2.00"]);
}

#[tokio::test]
async fn the_tag_may_pass_a_transaction() {
    let stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    for rev in ["1", "2"] {
        stage.tag(json!({"vid": offer.vid, "tx": "ORDER-7", "rev": rev})).await;
    }
    assert_eq!(stage.conversions().await, ["ORDER-7 approved 2.00"]);
}

#[tokio::test]
async fn the_visitor_is_in_the_js_response_and_in_every_destination() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    let offer = stage.acts(&lander, 1).await;
    for page in [&lander, &offer] {
        assert_eq!(parameter(&page.url, "vid"), lander.vid);
    }
    let view = stage.view(json!({"url": lander.url, "hit": lander.hit})).await;
    assert_eq!(view["resolvedTokens"]["{visitor}"], lander.vid.as_str());
    assert_eq!(view["resolvedTokens"]["{hit}"], lander.hit.as_str());
    // A link that carries vid and node, as the tag writes it, finds its page without a cookie.
    let node = view["resolvedTokens"]["{current-node-id}"].as_str().unwrap();
    let link = format!("/action/1?vid={}&n={node}", lander.vid);
    let response = stage.get(&link).await;
    let to = location(&response);
    assert!(to.starts_with("https://offer.example/"), "{to}");
}
