//! The whole road: a click with the platform's ID → a network's postback → what the platform receives,
//! a fake one on this machine.

use super::sample::{google, microsoft};
use super::street::{Street, answers, body, plain_meta};
use crate::receiver::Heard;
use crate::world::{IPHONE, START_MS};
use serde_json::{Value, json};

const DAY_MS: u64 = 86_400_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_click_and_a_postback_reach_meta() {
    let street = Street::to(plain_meta(json!({})), "fbclid").await;
    let hit = street.hit("fbclid=IwAR0click", false).await;
    let person = "em=John_Smith%40gmail.com&phone=%2B1%20(650)%20555-1212&fn=Mary";
    let id = street.books(&format!("hit={hit}&tx=T-1&rev=12.50&{person}")).await;
    let heard = &street.platform.hears(1).await[0];
    assert_eq!(
        (heard.method.as_str(), heard.target.as_str()),
        ("POST", "/graph.facebook.com/v26.0/1234567890/events")
    );
    assert!(heard.headers.contains("authorization: Bearer meta-token"), "{}", heard.headers);
    let golden = json!({"data": [{
        "event_name": "Purchase", "event_time": START_MS / 1_000, "event_id": id,
        "action_source": "website", "event_source_url": "https://offer.example/thanks",
        "user_data": {
            "em": ["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"],
            "ph": ["e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"],
            "fn": ["6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"],
            "client_ip_address": "127.0.0.1", "client_user_agent": IPHONE,
            "fbc": format!("fb.1.{START_MS}.IwAR0click")},
        "custom_data": {"value": 12.5, "currency": "USD", "order_id": "T-1"}}]});
    assert_eq!(body(heard), golden);
    let rows = street.settled().await;
    assert_eq!((rows.len(), &rows[0]["state"]), (1, &json!("delivered")), "{rows:#?}");
    assert!(!json!(rows).to_string().contains("meta-token"));
    // Meta takes no corrections: none is owed.
    street.books(&format!("hit={hit}&tx=T-1&rev=20")).await;
    street.books(&format!("hit={hit}&tx=T-1&status=rejected")).await;
    assert_eq!(street.settled().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_batch_that_meta_refuses_only_the_bad_one_is_lost() {
    let street = Street::to(plain_meta(json!({})), "fbclid").await;
    street.platform.behave(|heard| match heard.body.contains("\"order_id\":\"BAD\"") {
        true => answers(
            "400 Bad Request",
            json!({"error": {"code": 100, "message": "Invalid parameter"}}),
        ),
        false => answers("200 OK", json!({"events_received": 1})),
    });
    let mut calls = Vec::new();
    for tx in ["A", "B", "BAD", "C", "D"] {
        let hit = street.hit(&format!("fbclid={tx}"), false).await;
        calls.push(format!("hit={hit}&tx={tx}&rev=1"));
    }
    street.books_at_once(&calls).await;
    let rows = street.settled().await;
    let states: Vec<_> = rows.iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["delivered", "delivered", "refused", "delivered", "delivered"]);
    assert!(rows[2]["reason"].as_str().unwrap().contains("Invalid parameter"), "{rows:#?}");
    let sent: Vec<Vec<String>> = street.platform.heard().iter().map(order_ids).collect();
    assert_eq!(sent[0], ["A", "B", "BAD", "C", "D"]);
    assert!(sent.contains(&vec!["BAD".to_owned()]));
    // Whatever was taken went once.
    for tx in ["A", "B", "C", "D"] {
        let taken = sent.iter().filter(|ids| !ids.iter().any(|id| id == "BAD"));
        assert_eq!(taken.filter(|ids| ids.iter().any(|id| id == tx)).count(), 1, "{tx}: {sent:?}");
    }
}

fn order_ids(heard: &Heard) -> Vec<String> {
    let events = body(heard)["data"].as_array().unwrap().clone();
    events.iter().map(|e| e["custom_data"]["order_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_event_stays_alone() {
    let street = Street::to(plain_meta(json!({})), "fbclid").await;
    let (old, new) = (street.hit("fbclid=old", false).await, street.hit("fbclid=new", false).await);
    street.clock.advance_ms(8 * DAY_MS);
    let hour_later = START_MS / 1_000 + 3_600;
    street.books(&format!("hit={old}&tx=OLD&rev=1&time={hour_later}")).await;
    street.books(&format!("hit={new}&tx=NEW&rev=1")).await;
    let rows = street.settled().await;
    assert_eq!(rows[0]["reason"], "the platform takes nothing older than 7 days", "{rows:#?}");
    assert_eq!(rows[1]["state"], "delivered");
    let sent: Vec<_> = street.platform.heard().iter().flat_map(order_ids).collect();
    assert_eq!(sent, ["NEW"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn google_hears_of_another_amount_and_of_a_rejection() {
    let street = Street::to(google("google-ads", "dev-token"), "gclid").await;
    let calls = std::sync::atomic::AtomicU64::new(0);
    street.platform.behave(move |heard| {
        let call = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        match heard.target.as_str() {
            "/oauth2.googleapis.com/token" => {
                let token = format!("granted-{call}");
                answers("200 OK", json!({"access_token": token, "expires_in": 3600}))
            }
            // The first token is refused: another is asked for.
            _ if call == 1 => answers("401 Unauthorized", json!({"error": {"code": 401}})),
            _ => answers("200 OK", json!({"results": [{}]})),
        }
    });
    let hit = street.hit("gclid=Cj0Kclick", false).await;
    let id = street.books(&format!("hit={hit}&tx=T&rev=12.50")).await;
    street.settled().await;
    street.clock.advance_ms(60_000);
    street.books(&format!("hit={hit}&tx=T&rev=20")).await;
    street.settled().await;
    street.books(&format!("hit={hit}&tx=T&status=rejected")).await;
    let rows = street.settled().await;
    assert!(rows.iter().all(|row| row["state"] == "delivered"), "{rows:#?}");

    let customer = "/googleads.googleapis.com/v26/customers/1112223333:";
    let heard = street.platform.heard();
    let targets: Vec<_> = heard.iter().map(|heard| heard.target.replace(customer, "")).collect();
    assert_eq!(
        targets,
        [
            "/oauth2.googleapis.com/token",
            "uploadClickConversions",
            "/oauth2.googleapis.com/token",
            "uploadClickConversions",
            "uploadConversionAdjustments",
            "uploadConversionAdjustments",
        ]
    );
    assert!(heard[3].headers.contains("authorization: Bearer granted-2"), "{}", heard[3].headers);
    let new = &body(&heard[3])["conversions"][0];
    assert_eq!((&new["gclid"], &new["orderId"]), (&json!("Cj0Kclick"), &json!(id)));
    assert_eq!(new["conversionDateTime"], "2026-11-01 12:00:00+00:00");
    let adjustments = [4, 5].map(|at| body(&heard[at])["conversionAdjustments"][0].clone());
    let action = "customers/1112223333/conversionActions/700800900";
    let restated = json!({"adjustmentType": "RESTATEMENT", "conversionAction": action, "orderId": id,
        "adjustmentDateTime": "2026-11-01 12:01:00+00:00",
        "restatementValue": {"adjustedValue": 20.0, "currencyCode": "USD"}});
    assert_eq!(adjustments[0], restated);
    let retracted = json!({"adjustmentType": "RETRACTION", "conversionAction": action,
        "orderId": id, "adjustmentDateTime": "2026-11-01 12:01:00+00:00"});
    assert_eq!(adjustments[1], retracted);
}

#[tokio::test(flavor = "multi_thread")]
async fn global_privacy_control_at_the_entrance_is_respected_days_later() {
    let street = Street::to(plain_meta(json!({})), "fbclid").await;
    let hit = street.hit("fbclid=x", true).await;
    street.clock.advance_ms(3 * DAY_MS);
    street.books(&format!("hit={hit}&rev=1")).await;
    let heard = &street.platform.hears(1).await[0];
    assert_eq!(body(heard)["data"][0]["data_processing_options"], json!(["LDU"]));

    let street = Street::to(microsoft(), "msclkid").await;
    let token = json!({"access_token": "t", "expires_in": 3600});
    street.platform.behave(move |_| answers("200 OK", token.clone()));
    let hit = street.hit("msclkid=x", true).await;
    street.books(&format!("hit={hit}&rev=1")).await;
    let rows = street.settled().await;
    let reason = "withheld: the visitor's browser sends Global Privacy Control";
    assert_eq!(rows[0]["reason"], reason, "{rows:#?}");
    assert!(street.platform.heard().iter().all(|heard| !heard.target.contains("Apply")));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_tried_and_the_platforms_words_come_back_without_secrets() {
    let street = Street::to(plain_meta(json!({})), "fbclid").await;
    let tried = street.tried().await;
    assert_eq!(tried["ok"], false);
    assert!(tried["says"].as_str().unwrap().contains("testEventCode"), "{tried}");
    assert!(street.platform.heard().is_empty());

    let street = Street::to(plain_meta(json!({"testEventCode": "T1"})), "fbclid").await;
    let accepted = json!({"ok": true, "says": "The platform accepts these settings."});
    let tried = street.tried().await;
    assert_eq!((&tried["ok"], &tried["says"]), (&accepted["ok"], &accepted["says"]), "{tried}");
    assert_eq!(body(&street.platform.heard()[0])["test_event_code"], "T1");
    street.platform.behave(|_| {
        let error = json!({"code": 190, "message": "Malformed access token meta-token"});
        answers("401 Unauthorized", json!({"error": error}))
    });
    let tried = street.tried().await;
    assert_eq!(tried["ok"], false);
    let says = tried["says"].as_str().unwrap();
    assert!(says.starts_with("Meta does not accept the access token: Malformed"), "{says}");
    assert!(!tried.to_string().contains("meta-token"), "{tried}");
    // Nothing of it is a delivery.
    assert!(street.settled().await.is_empty());
    let none = street.make("traffic-sources", json!({"name": "Plain"})).await;
    let path = format!("/traffic-sources/{none}/integration/test");
    assert_eq!(street.try_api("POST", &path, Value::Null).await.0, 404);
}
