//! `/js/event`: conversions and events that pages report (product.md §6.3).

use super::desk::{TTL_MS, World, id};
use axum::body::Body;
use http::{Request, StatusCode, header};
use rules::assets::BrowserAmounts;
use rules::money::Micros;
use rules::record::PassedKind::{Lander, Offer};
use serde_json::{Value, json};

async fn track(world: &World, body: Value) -> (StatusCode, Value) {
    let (status, text) = world.post("/js/event", "text/plain", &body.to_string()).await;
    (status, serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn a_page_converts_its_visitors_most_recent_offer_hit() {
    let mut world = World::new().await;
    let (vid, _) = world.visit(&[(Lander, "L1"), (Offer, "O1")]);
    for (body, rev) in [
        (json!({"event": "conversion", "vid": vid.to_string(), "tx": "a"}), "12500000"),
        (json!({"event": "conversion", "vid": vid.to_string(), "tx": "b", "rev": ""}), "12500000"),
        (json!({"event": "conversion", "vid": vid.to_string(), "tx": "c", "rev": 7.5}), "7500000"),
        (json!({"knownVid": vid.to_string(), "tx": "d", "rev": "VALUE"}), "12500000"),
    ] {
        let (status, answer) = track(&world, body.clone()).await;
        assert_eq!((status, &answer["error"]), (StatusCode::OK, &"".into()), "{body}");
        let all = world.conversions().await;
        assert_eq!(
            all.last().unwrap(),
            &format!("{} approved {rev}", body["tx"].as_str().unwrap())
        );
    }
}

#[tokio::test]
async fn hit_and_vid_together_are_an_error_and_no_conversion() {
    let mut world = World::new().await;
    let (vid, hits) = world.visit(&[(Offer, "O1")]);
    let body = json!({"event": "conversion", "vid": vid.to_string(), "hit": hits[1].to_string()});
    let (status, answer) = track(&world, body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["error"], "pass hit or vid, not both");
    assert!(world.conversions().await.is_empty());
    let kept = "SELECT COUNT(*) FROM calls WHERE reason = 'hit_and_vid' AND via = 'javascript'";
    assert_eq!(world.count(kept).await, 1);
}

#[tokio::test]
async fn browsers_send_no_negatives_and_amounts_as_far_as_the_offer_believes_them() {
    let mut world = World::new().await;
    for (amounts, maximum, rev, booked) in [
        (BrowserAmounts::Allowed, None, "40", "40000000"),
        (BrowserAmounts::Capped, Some(20_000_000), "40", "20000000"),
        (BrowserAmounts::Capped, Some(20_000_000), "15", "15000000"),
        (BrowserAmounts::Ignored, None, "40", "12500000"),
    ] {
        world.change_offer(|offer| {
            offer.browser_amounts = amounts;
            offer.browser_maximum = maximum.map(Micros);
        });
        let hit = world.offer_hit();
        let (_, answer) = track(&world, json!({"hit": hit.to_string(), "rev": rev})).await;
        assert_eq!(answer["result"], "created", "{answer}");
        let sql = "SELECT revenue FROM conversions ORDER BY last_seq DESC LIMIT 1";
        assert_eq!(world.count(sql).await.to_string(), booked);
    }
    for rev in ["-5", "-1"] {
        let hit = world.offer_hit();
        let (status, answer) = track(&world, json!({"hit": hit.to_string(), "rev": rev})).await;
        assert_eq!((status, &answer["result"]), (StatusCode::OK, &"unbooked".into()));
        let error = "LOGGED reason=negative_from_browser parameter=rev";
        assert_eq!(answer["error"], error);
    }
}

#[tokio::test]
async fn the_tags_own_memory_of_an_offer_hit_converts_at_any_age() {
    let mut world = World::new().await;
    let (vid, hits) = world.visit(&[(Offer, "O1")]);
    world.desk.clock.advance_ms(100 * TTL_MS);
    let known = json!({"knownVid": vid.to_string(), "knownHit": hits[1].to_string(), "tx": "T"});
    let (_, answer) = track(&world, known).await;
    assert_eq!(answer["result"], "created", "{answer}");
    let (_, answer) = track(&world, json!({"knownVid": vid.to_string(), "tx": "U"})).await;
    assert_eq!(answer["error"], "LOGGED reason=session_expired parameter=vid");
}

#[tokio::test]
async fn the_cookie_names_the_visitor_on_the_tracking_domain() {
    let mut world = World::new().await;
    let (vid, _) = world.visit(&[(Offer, "O1")]);
    let request = Request::post("/js/event")
        .header(header::COOKIE, format!("a=b; rn_vid={vid}; c=d"))
        .body(Body::from("{}"))
        .unwrap();
    let (_, text) = world.send(request).await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["result"], "created", "{answer}");
    let (_, answer) = track(&world, json!({})).await;
    assert_eq!(answer["error"], "LOGGED reason=missing_hit parameter=hit");
}

#[tokio::test]
async fn custom_events_are_named_like_the_tag_names_them() {
    let mut world = World::new().await;
    let hit = world.offer_hit().to_string();
    for body in [
        json!({"event": "event", "name": "lead", "hit": hit, "rev": 2}),
        json!({"name": "lead", "hit": hit, "tx": "1"}),
        json!({"event": "lead", "hit": hit, "tx": "2"}),
    ] {
        let (_, answer) = track(&world, body.clone()).await;
        assert_eq!(answer["result"], "created", "{body} {answer}");
    }
    let of_event = "SELECT COUNT(*) FROM conversions WHERE event <> '' AND page <> ''";
    assert_eq!(world.count(of_event).await, 3);
    let (_, answer) = track(&world, json!({"name": "nope", "hit": hit})).await;
    assert_eq!(answer["error"], "LOGGED reason=unknown_event parameter=event");
    assert_eq!(world.past.committed.lock().len(), 3);
    assert!(world.past.committed.lock().iter().all(|c| c.page == Some(id("O1"))));
}
