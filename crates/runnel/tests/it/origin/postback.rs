//! “Conversion tracking using a postback URL”, with a hit.

use super::stage::{DAY_MS, Stage};
use crate::world::{IPHONE, parameter};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_conversion_creates_revenue() {
    let stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    stage.books(&format!("hit={}&tx=A1&rev=20.25", offer.hit)).await;
    assert_eq!(stage.conversions().await, ["A1 approved 20.25"]);
    assert_eq!(stage.totals().await["revenue"], "20.25");
    let totals = stage.totals().await;
    assert_eq!((&totals["conversions"], &totals["visits"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn only_landers_and_offers_convert() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    let offer = stage.acts(&lander, 1).await;
    stage.books(&format!("hit={}&tx=L&rev=1", lander.hit)).await;
    stage.books(&format!("hit={}&tx=O&rev=2", offer.hit)).await;
    assert_eq!(stage.conversions().await, ["L approved 1.00", "O approved 2.00"]);
    for node in ["traffic", "rotator"] {
        let hit = stage.hit_of(&lander.vid, node).await;
        stage.logs(&format!("hit={hit}&tx=N&rev=3"), "not_a_page").await;
    }
    assert_eq!(stage.conversions().await.len(), 2);
}

#[tokio::test]
async fn a_postback_may_be_loaded_by_anything() {
    let stage = Stage::open().await;
    let (client, url) = (&stage.client, stage.track("/pb/"));
    let hit = stage.reaches_offer().await.hit;
    let query =
        |tx: &str| vec![("hit", hit.clone()), ("tx", tx.to_owned()), ("rev", "1".to_owned())];
    let browser = client.get(&url).query(&query("browser")).header("user-agent", IPHONE);
    let network =
        client.get(&url).query(&query("network")).header("user-agent", "python-requests/2.31");
    let form = client.post(&url).form(&query("form"));
    let app = client.post(&url).json(&json!({"hit": hit, "tx": "app", "rev": 1}));
    let bare = client.get(stage.track("/pb")).query(&query("bare"));
    for request in [browser, network, form, app, bare] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.text().await.unwrap(), "OK");
    }
    assert_eq!(stage.conversions().await.len(), 5);
}

#[tokio::test]
async fn a_hit_is_required() {
    let stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    stage.logs("tx=A&rev=5", "missing_hit").await;
    stage.logs("hit=&tx=A&rev=5", "missing_hit").await;
    stage.logs("hit=nonsense&tx=A&rev=5", "unknown_hit").await;
    let forged = hit.replace('0', "1").replacen('2', "3", 1);
    assert_ne!(forged, hit);
    stage.logs(&format!("hit={forged}&tx=A&rev=5"), "unknown_hit").await;
    assert!(stage.conversions().await.is_empty());
}

#[tokio::test]
async fn a_tx_is_optional_and_tells_conversions_apart() {
    let stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    for (tx, rev) in [("&tx=A", "1"), ("", "2"), ("&tx=B", "3"), ("&tx=A", "4"), ("", "5")] {
        stage.books(&format!("hit={hit}{tx}&rev={rev}")).await;
    }
    let conversions = ["A approved 4.00", "- approved 5.00", "B approved 3.00"];
    assert_eq!(stage.conversions().await, conversions);
}

#[tokio::test]
async fn without_rev_the_offers_payout_is_booked() {
    let stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    let upsell = stage.acts(&offer, 1).await;
    stage.books(&format!("hit={}&tx=A", offer.hit)).await;
    stage.books(&format!("hit={}&tx=B&rev=", offer.hit)).await;
    stage.books(&format!("hit={}&tx=C&rev=0", offer.hit)).await;
    stage.books(&format!("hit={}&tx=D", upsell.hit)).await;
    let conversions =
        ["A approved 12.50", "B approved 12.50", "C approved 0.00", "D approved 0.00"];
    assert_eq!(stage.conversions().await, conversions);
}

#[tokio::test]
async fn every_node_touched_makes_a_hit_of_its_own() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    let offer = stage.acts(&lander, 1).await;
    let again = stage.enters_again(&offer.cookies).await;
    let mut hits = vec![lander.hit.clone(), offer.hit.clone(), again.hit.clone()];
    for node in ["traffic", "rotator"] {
        hits.push(stage.hit_of(&lander.vid, node).await);
    }
    hits.sort();
    hits.dedup();
    assert_eq!(hits.len(), 5);
    assert_eq!([&lander.vid, &offer.vid], [&again.vid, &again.vid]);
    assert_ne!(stage.enter().await.vid, lander.vid);
}

#[tokio::test]
async fn the_hit_token_goes_to_the_network_and_comes_back() {
    let stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    let clickid = parameter(&offer.url, "clickid");
    assert!(offer.url.starts_with("https://offer.example/"));
    let configured = "hit={{clickid}}&tx={{transaction}}&rev={{payout}}";
    let sent = configured
        .replace("{{clickid}}", &clickid)
        .replace("{{transaction}}", "T-9")
        .replace("{{payout}}", "7.5");
    stage.books(&sent).await;
    assert_eq!(stage.conversions().await, ["T-9 approved 7.50"]);
}

#[tokio::test]
async fn placeholders_that_nobody_replaced_book_nothing() {
    let stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    for query in [
        "hit=REPLACE&tx=REPLACE&rev=REPLACE",
        "hit={{clickid}}&tx={{transaction}}&rev={{payout}}",
        "hit={token}&rev={token}&disable_postbacks=true",
        "vid=REPLACE&p=REPLACE&tx=REPLACE&rev=REPLACE",
    ] {
        stage.logs(query, "unreplaced_macro").await;
    }
    stage.logs(&format!("vid={}&p=REPLACE&rev=1", offer.vid), "unreplaced_macro").await;
    assert!(stage.conversions().await.is_empty());
    // With the hit filled in, what was forgotten counts as absent.
    stage.books(&format!("hit={}&tx=REPLACE&rev=REPLACE", offer.hit)).await;
    assert_eq!(stage.conversions().await, ["- approved 12.50"]);
}

#[tokio::test]
async fn the_hit_may_travel_under_a_networks_own_name() {
    let stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    for (n, query) in [
        format!("cid={hit}&txid=1&payout=1"),
        format!("clickid={hit}&tid=2&revenue=1"),
        format!("click_id={hit}&transaction_id=3&sum=1"),
        format!("subid={hit}&tx=4&amount=1"),
        format!("cnv_id={}&tx=5&rev=1", hit.to_uppercase()),
    ]
    .iter()
    .enumerate()
    {
        stage.books(query).await;
        assert_eq!(stage.conversions().await[n], format!("{} approved 1.00", n + 1));
    }
}

#[tokio::test]
async fn a_hit_captured_on_ones_own_page_converts() {
    let stage = Stage::open().await;
    let view = stage
        .view(json!({"url": "https://lander.example/", "f": stage.funnel, "ts": stage.source, "p": stage.lander}))
        .await;
    assert_eq!(view["error"], "");
    let hit = view["resolvedTokens"]["{hit}"].as_str().unwrap();
    stage.books(&format!("hit={hit}&tx=CRM-1&rev=30")).await;
    assert_eq!(stage.conversions().await, ["CRM-1 approved 30.00"]);
}

#[tokio::test]
async fn a_hit_converts_its_own_page_alone() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    let offer = stage.acts(&lander, 1).await;
    let upsell = stage.acts(&offer, 1).await;
    stage.books(&format!("hit={}&rev=5", offer.hit)).await;
    stage.books(&format!("hit={}&p={}&tx=X&rev=6", offer.hit, stage.upsell)).await;
    assert_eq!(stage.converted_pages().await, [stage.offer.clone(), stage.offer.clone()]);
    stage.books(&format!("hit={}&rev=7", upsell.hit)).await;
    assert_eq!(stage.converted_pages().await[2], stage.upsell);
}

#[tokio::test]
async fn a_hit_converts_at_any_age_and_after_a_restart() {
    let mut stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    stage.restart().await;
    stage.clock.advance_ms(5 * 365 * DAY_MS);
    stage.books(&format!("hit={hit}&tx=late&rev=8")).await;
    assert_eq!(stage.conversions().await, ["late approved 8.00"]);
    assert_eq!(stage.totals().await["revenue"], "8.00");
}
