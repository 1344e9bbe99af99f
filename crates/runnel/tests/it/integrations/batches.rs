//! Several conversions in one batch, each with a fate of its own.

use super::sample::{google, microsoft, tiktok, with};
use super::street::{Street, answers, body};
use serde_json::{Value, json};

fn states(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["state"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tiktok_refuses_by_its_place_is_the_only_one_lost() {
    let street = Street::to(tiktok(), "ttclid").await;
    street.platform.behave(|heard| {
        let ids = body(heard)["data"].as_array().unwrap().len();
        assert_eq!(ids, 3);
        let bad = json!({"order_in_batch": 1, "error_message": "no user"});
        let answer = json!({"code": 20001, "message": "partial", "data": {"failed_events": [bad]}});
        answers("200 OK", answer)
    });
    let mut calls = Vec::new();
    for tx in ["A", "B", "C"] {
        let hit = street.hit(&format!("ttclid={tx}"), false).await;
        calls.push(format!("hit={hit}&tx={tx}&rev=1"));
    }
    street.books_at_once(&calls).await;
    let rows = street.settled().await;
    assert_eq!(states(&rows), ["delivered", "refused", "delivered"]);
    assert_eq!(rows[1]["reason"], "no user");
    assert_eq!(street.platform.heard().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_conversions_and_corrections_go_in_calls_of_their_own_each_with_its_verdicts() {
    let street = Street::to(microsoft(), "msclkid").await;
    street.platform.behave(|heard| {
        let path = heard.target.rsplit_once("v13/").map_or("", |(_, path)| path);
        let fault = |index: u64, code: &str| {
            let error = json!({"Index": index, "Code": 1, "ErrorCode": code, "Message": "words"});
            answers("200 OK", json!({"PartialErrors": [error]}))
        };
        match (path, heard.body.matches("ConversionName").count()) {
            ("OfflineConversions/Apply", 2) => fault(1, "NewRefused"),
            ("OfflineConversionAdjustments/Apply", 2) => fault(0, "CorrectionRefused"),
            ("OfflineConversions/Apply", 1) => answers("200 OK", json!({})),
            _ => answers("200 OK", json!({"access_token": "granted", "expires_in": 3600})),
        }
    });
    let mut hits = Vec::new();
    for click in ["a", "b", "c", "d"] {
        hits.push(street.hit(&format!("msclkid={click}"), false).await);
    }
    for hit in &hits[..2] {
        street.books(&format!("hit={hit}&tx=T&rev=1")).await;
        street.settled().await;
    }
    // Their places in the batch alternate: corrected, new, corrected, new.
    street
        .books_at_once(&[
            format!("hit={}&tx=T&rev=2", hits[0]),
            format!("hit={}&tx=T&rev=3", hits[2]),
            format!("hit={}&tx=T&status=rejected", hits[1]),
            format!("hit={}&tx=T&rev=4", hits[3]),
        ])
        .await;
    let rows = street.settled().await;
    let expected = ["delivered", "delivered", "refused", "delivered", "delivered", "refused"];
    assert_eq!(states(&rows), expected, "{rows:#?}");
    assert_eq!(rows[2]["reason"], "CorrectionRefused words");
    assert_eq!(rows[5]["reason"], "NewRefused words");
    let heard = street.platform.heard();
    let clicks = |at: usize, list: &str| {
        let list = body(&heard[at])[list].as_array().unwrap().clone();
        list.iter().map(|c| c["MicrosoftClickId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // A token, two alone, then what is new before what corrects.
    assert_eq!(heard.len(), 5);
    assert_eq!(clicks(3, "OfflineConversions"), ["c", "d"]);
    assert_eq!(clicks(4, "OfflineConversionAdjustments"), ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_halved_repeats_nothing_of_the_batchs_other_calls() {
    let mapping = json!({"events": {"conversion": "700800900", "lead": "700800901"}});
    let settings = with(google("data-manager", ""), json!({"mapping": mapping}));
    let street = Street::to(settings, "gclid").await;
    street.make("events", json!({"name": "lead"})).await;
    street.platform.behave(|heard| {
        let bad = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "bad"}});
        match heard.target.as_str() {
            "/oauth2.googleapis.com/token" => {
                answers("200 OK", json!({"access_token": "granted", "expires_in": 3600}))
            }
            _ if heard.body.contains("BAD") => answers("400 Bad Request", bad),
            _ => answers("200 OK", json!({})),
        }
    });
    // Two conversion actions take turns in the batch; one conversion is bad.
    let mut calls = Vec::new();
    for (click, event) in [("A", ""), ("B", "lead"), ("BAD", ""), ("D", "lead"), ("E", "")] {
        let hit = street.hit(&format!("gclid={click}"), false).await;
        calls.push(format!("hit={hit}&rev=1&event={event}"));
    }
    street.books_at_once(&calls).await;
    let rows = street.settled().await;
    let expected = ["delivered", "delivered", "refused", "delivered", "delivered"];
    assert_eq!(states(&rows), expected, "{rows:#?}");
    // Whatever was taken went once.
    let taken = street.platform.heard().into_iter().filter(|heard| !heard.body.contains("BAD"));
    let bodies: Vec<_> = taken.map(|heard| heard.body).collect();
    for click in ["A", "B", "D", "E"] {
        let gclid = format!("\"gclid\":\"{click}\"");
        let count = bodies.iter().filter(|body| body.contains(&gclid)).count();
        assert_eq!(count, 1, "{click}: {bodies:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_between_two_calls_repeats_nothing_that_was_taken() {
    let street = Street::to(google("google-ads", "dev-token"), "gclid").await;
    street.platform.behave(|heard| {
        let adjusts = heard.target.ends_with("uploadConversionAdjustments");
        match heard.target.as_str() {
            "/oauth2.googleapis.com/token" => {
                answers("200 OK", json!({"access_token": "granted", "expires_in": 3600}))
            }
            // Never taken: neither with the first token nor with the second.
            _ if adjusts => answers("401 Unauthorized", json!({"error": {"code": 401}})),
            _ => answers("200 OK", json!({"results": [{}]})),
        }
    });
    let old = street.hit("gclid=old", false).await;
    street.books(&format!("hit={old}&tx=T&rev=1")).await;
    street.settled().await;
    let new = street.hit("gclid=new", false).await;
    let calls = [format!("hit={old}&tx=T&rev=2"), format!("hit={new}&tx=T&rev=3")];
    street.books_at_once(&calls).await;
    let rows = street.deliveries_become(|rows| rows.iter().all(|row| row["attempts"] == 1)).await;
    assert_eq!(states(&rows), ["delivered", "owed", "delivered"]);
    assert_eq!(rows[1]["reason"], "the access token is refused");
    let heard = street.platform.heard();
    let of = |name: &str| heard.iter().filter(|heard| heard.target.ends_with(name)).count();
    assert_eq!((of("uploadClickConversions"), of("uploadConversionAdjustments")), (2, 2));
}
