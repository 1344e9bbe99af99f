//! Where people find postback URLs and snippets, and that what they find works.

use super::stage::Stage;
use serde_json::{Value, json};

/// The query of a postback URL on the tracking domain.
fn query_of(url: &Value) -> String {
    let (domain, query) = url.as_str().unwrap().split_once("/pb/?").unwrap();
    assert!(domain.starts_with("http"), "{domain}");
    query.to_owned()
}

#[tokio::test]
async fn the_account_shows_its_global_postback_urls() {
    let stage = Stage::open().await;
    let codes = stage.api("GET", "/tracking-codes", Value::Null).await;
    assert_eq!(query_of(&codes["postbackUrl"]), "hit=REPLACE&tx=REPLACE&rev=REPLACE");
    assert_eq!(
        query_of(&codes["visitorPostbackUrl"]),
        "vid=REPLACE&p=REPLACE&tx=REPLACE&rev=REPLACE"
    );
    let offer = stage.reaches_offer().await;
    let filled = query_of(&codes["postbackUrl"])
        .replacen("REPLACE", &offer.hit, 1)
        .replacen("REPLACE", "A", 1)
        .replacen("REPLACE", "5", 1);
    stage.books(&filled).await;
    let silent = query_of(&codes["silentPostbackUrl"]).replacen("REPLACE", &offer.hit, 1);
    stage.books(&silent).await;
    assert_eq!(stage.conversions().await, ["A approved 5.00", "- approved 12.50"]);
    assert_eq!(stage.told_the_source().await, ["A"]);
}

#[tokio::test]
async fn an_offer_and_its_source_show_the_networks_postback_url() {
    let stage = Stage::open().await;
    let path = format!("/offers/{}/tracking-codes", stage.offer);
    let of_offer = stage.api("GET", &path, Value::Null).await;
    let of_offer = query_of(&of_offer["postbackUrl"]);
    assert_eq!(of_offer, "hit={{clickid}}&tx={{transaction}}&rev={{payout}}");
    let path = format!("/offer-sources/{}/postback-url", stage.network);
    let of_source = stage.api("GET", &path, Value::Null).await;
    assert_eq!(query_of(&of_source["url"]), of_offer);
}

#[tokio::test]
async fn an_offer_shows_the_tag_and_its_conversion_event() {
    let stage = Stage::open().await;
    let path = format!("/offers/{}/tracking-codes", stage.offer);
    let codes = stage.api("GET", &path, Value::Null).await;
    let tag = codes["universalTag"].as_str().unwrap();
    let event = codes["conversionScript"].as_str().unwrap();
    assert!(tag.contains("/js/flux.js") && tag.contains("<script"), "{tag}");
    assert!(event.contains("flux.track(\"conversion\",{rev:\"VALUE\"})"), "{event}");
    let of_page = codes["pageConversionScript"].as_str().unwrap();
    assert!(of_page.contains(&format!("p:{}", json!(stage.offer))), "{of_page}");
}
