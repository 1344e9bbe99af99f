//! A kept call taken down the road again: whose word it is, and for which hit.

use super::desk::{NOW_MS, World, id};
use rules::assets::BrowserAmounts;
use rules::ids::EntityId;
use rules::record::PassedKind::Offer;
use runnel::convert::Again;
use runnel::store::ledger::{self, CallFilter, LoggedCall, Order, Part};
use serde_json::{Value, json};

async fn last_call(world: &World) -> LoggedCall {
    let part = Part { limit: 1, offset: 0 };
    let wanted = CallFilter::default();
    let found = ledger::calls(&world.desk.database, &wanted, part, Order::NewestFirst).await;
    let mut rows = found.unwrap().rows;
    ledger::trace_ways(&world.desk.database, &mut rows).await.unwrap();
    rows.remove(0)
}

/// Repeats the latest call with `corrections`; how that ended.
async fn again(world: &World, corrections: &[(&str, &str)], owner: Option<&str>) -> String {
    let corrections: Vec<_> =
        corrections.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let operation: EntityId = id("Operation");
    let to_same_hit = owner.is_some();
    let again = Again { corrections: &corrections, operation, owner, to_same_hit };
    let incoming = world.desk.again(&last_call(world).await, &again);
    let receipt = world.desk.take(incoming).await.unwrap();
    format!("{} {}", receipt.booked.verdict.as_str(), receipt.booked.reason)
}

async fn track(world: &World, body: Value) -> Value {
    let (_, text) = world.post("/js/event", "text/plain", &body.to_string()).await;
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_browsers_amount_is_believed_no_more_when_the_owner_corrects_the_status() {
    let mut world = World::new().await;
    world.change_offer(|offer| offer.browser_amounts = BrowserAmounts::Ignored);
    let hit = world.offer_hit().to_string();
    track(&world, json!({"hit": hit, "tx": "A", "rev": "40", "status": "odd"})).await;
    assert_eq!(world.conversions().await, ["A approved 12500000"]);
    again(&world, &[("status", "approved")], Some("Ann")).await;
    assert_eq!(world.conversions().await, ["A approved 12500000"]);
}

#[tokio::test]
async fn a_correction_that_stayed_unbooked_is_repeated_with_the_pages_word_not_the_owners() {
    let mut world = World::new().await;
    world.change_offer(|offer| offer.browser_amounts = BrowserAmounts::Ignored);
    let hit = world.offer_hit().to_string();
    track(&world, json!({"hit": hit, "tx": "A", "rev": "40"})).await;
    assert_eq!(world.conversions().await, ["A approved 12500000"]);
    let unbooked = again(&world, &[("event", "nowhere")], Some("Ann")).await;
    assert_eq!(unbooked, "unbooked unknown_event");
    assert_eq!(again(&world, &[("event", "")], None).await, "unchanged ");
    assert_eq!(last_call(&world).await.via, "javascript");
    assert_eq!(world.conversions().await, ["A approved 12500000"]);
}

#[tokio::test]
async fn a_correction_is_for_the_hit_that_was_credited_not_for_a_later_one() {
    let mut world = World::new().await;
    let vid = world.visitor();
    world.visit_of(vid, NOW_MS - 50_000, &[(Offer, "O1")]);
    assert_eq!(world.pb(&format!("vid={vid}&rev=5&status=odd")).await, "OK");
    world.desk.clock.advance_ms(1_000);
    world.visit_of(vid, NOW_MS + 500, &[(Offer, "O1")]);
    assert_eq!(again(&world, &[("status", "pending")], Some("Ann")).await, "updated ");
    assert_eq!(world.conversions().await.len(), 1);
    assert!(world.conversions().await[0].starts_with(" pending"));
}

#[tokio::test]
async fn a_repeated_call_by_visitor_means_nothing_that_came_after_it() {
    let mut world = World::new().await;
    let vid = world.visitor();
    let before = world.visit_of(vid, NOW_MS - 50_000, &[(Offer, "O1")]);
    let kept = world.pb(&format!("vid={vid}&rev=5&tx=A&event=later")).await;
    assert_eq!(kept, "LOGGED reason=unknown_event parameter=event");
    world.desk.clock.advance_ms(3_600_000);
    world.visit_of(vid, NOW_MS + 1_800_000, &[(Offer, "O1")]);
    assert_eq!(again(&world, &[("event", "lead")], None).await, "created ");
    let hit = "SELECT COUNT(*) FROM conversions WHERE hit = ";
    let of_first: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("{hit}'{}'", before[1])))
        .fetch_one(&world.desk.database.pool)
        .await
        .unwrap();
    assert_eq!(of_first, 1);
}

#[tokio::test]
async fn pages_calls_are_repeated_as_the_page_meant_them() {
    let mut world = World::new().await;
    let (vid, hits) = world.visit(&[(Offer, "O1")]);
    let (vid, hit) = (vid.to_string(), hits[1].to_string());
    for (body, first) in [
        (json!({"knownVid": vid, "event": "event", "name": "later", "tx": "A"}), "event"),
        (json!({"knownVid": "x", "knownHit": hit, "name": "later", "tx": "B"}), "event"),
        (json!({"hit": hit, "name": "later", "tx": "C"}), "event"),
    ] {
        let error = format!("LOGGED reason=unknown_event parameter={first}");
        assert_eq!(track(&world, body.clone()).await["error"], error, "{body}");
        assert_eq!(again(&world, &[("name", "lead")], None).await, "created ", "{body}");
    }
    let leads = "SELECT COUNT(*) FROM conversions WHERE event <> ''";
    assert_eq!(world.count(leads).await, 3);
}
