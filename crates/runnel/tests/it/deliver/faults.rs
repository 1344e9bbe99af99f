//! Receivers that are slow, silent, cut off, unwell, redirecting or endless.

use super::shop::{Shop, TOLD};
use crate::receiver::{Manner, Receiver};
use serde_json::{Value, json};
use std::time::Duration;

/// What is written down of the first attempt, where the receiver behaves so.
async fn attempt_at(manner: Manner) -> Value {
    let shop = Shop::open(json!({"limits": {"timeoutMs": 200}})).await;
    shop.receiver.behave(move |_| manner.clone());
    let hit = shop.hit("S1").await;
    shop.books(&format!("hit={hit}&tx=A&rev=5")).await;
    let rows = shop.deliveries_become(|rows| rows[0]["attempts"] == 1).await;
    let path = format!("/deliveries/{}", rows[0]["id"].as_str().unwrap());
    let detail = shop.api("GET", &path, Value::Null).await;
    let mut attempt = detail["attemptsMade"][0].clone();
    attempt["state"] = detail["state"].clone();
    attempt
}

#[tokio::test]
async fn no_answer_is_another_attempt() {
    for manner in [Manner::Silent, Manner::Cut, Manner::Slow(Duration::from_secs(20))] {
        let attempt = attempt_at(manner.clone()).await;
        assert_eq!((&attempt["state"], &attempt["verdict"]), (&json!("owed"), &json!("again")));
        assert_eq!(attempt["call"]["status"], Value::Null, "{manner:?}");
        assert!(!attempt["call"]["error"].as_str().unwrap().is_empty(), "{manner:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::new().await;
    let to = format!("location: {}/x\r\n", elsewhere.url);
    let attempt = attempt_at(Manner::Answers("302 Found", to, String::new())).await;
    assert_eq!((&attempt["state"], &attempt["call"]["status"]), (&json!("owed"), &json!(302)));
    assert!(elsewhere.heard().is_empty());
}

#[tokio::test]
async fn an_endless_answer_is_cut_and_two_kilobytes_of_it_are_kept() {
    let attempt = attempt_at(Manner::Endless).await;
    assert_eq!(
        (&attempt["state"], &attempt["verdict"]),
        (&json!("delivered"), &json!("delivered"))
    );
    assert_eq!(attempt["call"]["answer"].as_str().unwrap(), "x".repeat(2048));
}

#[tokio::test]
async fn one_dead_destination_holds_up_no_other() {
    let receiver = Receiver::new().await;
    let dead = format!("{}/dead{TOLD}", receiver.url);
    let limits = json!({"concurrency": 2, "timeoutMs": 60_000});
    let shop = Shop::with(receiver, json!({"conversion": {"url": dead, "limits": limits}})).await;
    shop.receiver.behave(|heard| match heard.target.starts_with("/dead") {
        true => Manner::Silent,
        false => Manner::ok(),
    });
    let mut others = vec![];
    for n in 0..9 {
        let url = format!("{}/well{n}{TOLD}", shop.receiver.url);
        let source = json!({"name": format!("S{n}"), "fields": {"external": {"name": "clickid"}},
            "postbacks": {"conversion": {"url": url}}});
        others.push(shop.make("traffic-sources", source).await);
    }
    for round in 0..5 {
        let hit = shop.hit("D").await;
        shop.books(&format!("hit={hit}&tx=D{round}&rev=1")).await;
        for source in &others {
            let hit = shop.hit_from(source, "W").await;
            shop.books(&format!("hit={hit}&tx=W{round}&rev=1")).await;
        }
    }
    // Two calls of the dead one hang; all 45 of the others arrive.
    let heard = shop.receiver.hears(47).await;
    let well = heard.iter().filter(|heard| heard.target.starts_with("/well")).count();
    assert_eq!((heard.len(), well), (47, 45));
}

#[tokio::test]
async fn a_breaker_spares_a_destination_that_does_not_answer() {
    let shop = Shop::open(json!({"limits": {"concurrency": 1}})).await;
    shop.receiver.behave(|_| Manner::status("500 Oops"));
    for n in 0..8 {
        let hit = shop.hit(&format!("S{n}")).await;
        shop.books(&format!("hit={hit}&tx=A&rev=1")).await;
    }
    shop.receiver.hears(5).await;
    let tried = |rows: &[Value]| rows.iter().filter(|row| row["attempts"] == 1).count() == 5;
    shop.deliveries_become(tried).await;
    let list = shop.api("GET", "/destinations", Value::Null).await;
    assert_eq!(
        (&list["rows"][0]["breaker"], &list["rows"][0]["backlog"]),
        (&json!("open"), &json!(8))
    );
    shop.receiver.behave(|_| Manner::ok());
    shop.clock.advance_ms(60_000);
    assert_eq!(shop.heard_in_all().await.len(), 13);
}
