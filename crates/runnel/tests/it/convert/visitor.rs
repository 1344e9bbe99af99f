//! `/pb/` with a visitor: which hit converts (product.md §6.2), and whom it credits.

use super::desk::{NOW_MS, TTL_MS, World, id, put};
use http::StatusCode;
use rules::entry::Entry;
use rules::record::PassedKind::{Lander, Offer};
use std::sync::atomic::Ordering;

async fn converted_hits(world: &World) -> Vec<String> {
    let sql = "SELECT hit FROM conversions ORDER BY tx";
    sqlx::query_scalar(sql).fetch_all(&world.desk.database.pool).await.unwrap()
}

#[tokio::test]
async fn the_most_recent_hit_of_the_page_or_the_last_offer_converts() {
    let mut world = World::new().await;
    let vid = world.visitor();
    world.visit_of(vid, NOW_MS - 50_000, &[(Offer, "O1")]);
    let second = world.visit_of(vid, NOW_MS - 40_000, &[(Offer, "O1")]);
    let third = world.visit_of(vid, NOW_MS - 30_000, &[(Offer, "O2")]);
    let lander = world.visit_of(vid, NOW_MS - 20_000, &[(Lander, "L1")]);
    assert_eq!(world.pb(&format!("vid={vid}&p={}&tx=1", id("O1"))).await, "OK");
    assert_eq!(world.pb(&format!("vid={vid}&tx=2")).await, "OK");
    assert_eq!(world.pb(&format!("vid={vid}&p={}&tx=3", id("L1"))).await, "OK");
    let expected = [second[1], third[1], lander[1]].map(|hit| hit.to_string());
    assert_eq!(converted_hits(&world).await, expected);
}

#[tokio::test]
async fn a_known_tx_changes_its_conversion_whatever_came_after_and_when_the_session_is_over() {
    let mut world = World::new().await;
    let vid = world.visitor();
    world.visit_of(vid, NOW_MS - 50_000, &[(Offer, "O1")]);
    assert_eq!(world.json(&format!("vid={vid}&tx=T&rev=5")).await["result"], "created");
    world.visit_of(vid, NOW_MS - 10_000, &[(Offer, "O1")]);
    assert_eq!(world.json(&format!("vid={vid}&tx=T&rev=6")).await["result"], "updated");
    world.desk.clock.advance_ms(TTL_MS + 1);
    assert_eq!(world.json(&format!("vid={vid}&tx=T&status=reject")).await["result"], "deleted");
    let by_page = format!("vid={vid}&tx=T&rev=7&p={}", id("O1"));
    assert_eq!(world.json(&by_page).await["result"], "updated");
    // Another tx, or that tx on another page, needs the session.
    let expired = "LOGGED reason=session_expired parameter=vid";
    assert_eq!(world.pb(&format!("vid={vid}&tx=U")).await, expired);
    assert_eq!(world.pb(&format!("vid={vid}&tx=T&p={}", id("O2"))).await, expired);
    assert_eq!(world.conversions().await, ["T approved 7000000"]);
}

#[tokio::test]
async fn a_known_tx_is_found_by_the_sources_own_word_for_its_event() {
    for (word, meant) in [("sale", "lead"), ("lead", "conversion")] {
        let mut world = World::new().await;
        world.change_source(|source| source.events = [(word.into(), meant.into())].into());
        let vid = world.visitor();
        let first = world.visit_of(vid, NOW_MS - 50_000, &[(Offer, "O1")]);
        let call = format!("vid={vid}&tx=T&event={word}");
        assert_eq!(world.json(&format!("{call}&rev=5")).await["result"], "created", "{word}");
        world.visit_of(vid, NOW_MS - 10_000, &[(Offer, "O1")]);
        assert_eq!(world.json(&format!("{call}&rev=6")).await["result"], "updated", "{word}");
        world.desk.clock.advance_ms(TTL_MS + 1);
        assert_eq!(world.json(&format!("{call}&rev=7")).await["result"], "updated", "{word}");
        assert_eq!(world.conversions().await, ["T approved 7000000"], "{word}");
        assert_eq!(converted_hits(&world).await, [first[1].to_string()], "{word}");
    }
}

#[tokio::test]
async fn a_word_means_an_event_only_at_the_source_that_says_so() {
    let mut world = World::new().await;
    world.change_source(|source| source.events = [("sale".into(), "lead".into())].into());
    world.change(|snapshot| {
        put(&mut snapshot.offers, "O3", rules::assets::Offer::default());
    });
    let vid = world.visitor();
    let there = world.visit_of(vid, NOW_MS - 50_000, &[(Offer, "O3")]);
    assert_eq!(world.pb(&format!("vid={vid}&tx=T&event=lead")).await, "OK");
    // The offer of the other source has no such word: this is about the offer visited last.
    let here = world.visit_of(vid, NOW_MS - 10_000, &[(Offer, "O1")]);
    assert_eq!(world.pb(&format!("vid={vid}&tx=T&event=sale")).await, "OK");
    let mut hits = converted_hits(&world).await;
    hits.sort();
    let mut expected = [there[1], here[1]].map(|hit| hit.to_string());
    expected.sort();
    assert_eq!(hits, expected);
}

#[tokio::test]
async fn a_session_lasts_until_its_last_millisecond() {
    let mut world = World::new().await;
    let (vid, _) = world.visit(&[(Offer, "O1")]);
    world.desk.clock.advance_ms(TTL_MS - 60_000 - 1);
    assert_eq!(world.pb(&format!("vid={vid}&tx=A")).await, "OK");
    world.desk.clock.advance_ms(1);
    let late = world.pb(&format!("vid={vid}&tx=B")).await;
    assert_eq!(late, "LOGGED reason=session_expired parameter=vid");
}

#[tokio::test]
async fn with_a_valid_hit_the_hit_decides_and_says_so() {
    let mut world = World::new().await;
    let (vid, _) = world.visit(&[(Offer, "O2")]);
    let hit = world.offer_hit();
    let answer = world.json(&format!("hit={hit}&vid={vid}&tx=T")).await;
    assert!(answer["flags"].as_array().unwrap().contains(&"hit_decides".into()), "{answer}");
    assert_eq!(converted_hits(&world).await, [hit.to_string()]);
    // A parameter that is only called like a hit does not.
    assert_eq!(world.pb(&format!("cid=campaign-7&vid={vid}&tx=U")).await, "OK");
    assert_eq!(world.conversions().await.len(), 2);
}

#[tokio::test]
async fn while_sessions_are_rebuilt_nobody_is_called_expired() {
    let mut world = World::new().await;
    let (vid, hits) = world.visit(&[(Offer, "O1")]);
    world.past.rebuilding.store(true, Ordering::SeqCst);
    let (status, _) = world.get(&format!("/pb/?vid={vid}")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.pb(&format!("hit={}", hits[1])).await, "OK");
}

#[tokio::test]
async fn at_once_on_two_hits_one_tx_of_a_visitor_is_one_conversion() {
    let mut world = World::new().await;
    let vid = world.visitor();
    world.visit_of(vid, NOW_MS - 50_000, &[(Offer, "O1")]);
    let world = std::sync::Arc::new(tokio::sync::RwLock::new(world));
    let mut calls = Vec::new();
    for i in 0..20 {
        let another = world.clone();
        calls.push(tokio::spawn(async move {
            another.read().await.pb(&format!("vid={vid}&tx=T&rev=5")).await
        }));
        let mut world = world.write().await;
        world.visit_of(vid, NOW_MS - 40_000 + i, &[(Offer, "O1")]);
    }
    for call in calls {
        assert_eq!(call.await.unwrap(), "OK");
    }
    assert_eq!(world.read().await.conversions().await, ["T approved 5000000"]);
}

#[tokio::test]
async fn an_entry_carries_the_path_and_an_update_keeps_it() {
    let mut world = World::new().await;
    let (_, hits) = world.visit(&[(Lander, "L1"), (Offer, "O1")]);
    for rev in [5, 6] {
        world.pb(&format!("hit={}&tx=T&rev={rev}", hits[2])).await;
    }
    let entries = runnel::store::ledger::entries_after(&world.desk.database, 0, 9).await.unwrap();
    let entries: Vec<_> = entries.into_iter().map(|(seq, entry)| (seq, entry.unwrap())).collect();
    let path = |entry: &Entry| -> Vec<_> {
        entry.path.iter().map(|credit| (credit.hit, credit.direct)).collect()
    };
    assert_eq!(path(&entries[0].1), [(hits[0], false), (hits[1], false), (hits[2], true)]);
    assert_eq!(path(&entries[1].1), path(&entries[0].1));
    assert_eq!(entries[1].1.before, entries[0].1.after);
    assert_eq!(entries[1].1.first_at_ms, entries[0].1.first_at_ms);
}
