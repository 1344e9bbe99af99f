//! Repeats of a (hit, tx), each rule of an offer source (product.md §6.5), through HTTP.

use super::desk::World;
use rules::assets::Repeats;

/// One line: the calls in order, what each answers, how the conversions stand at the end.
type Row = (Repeats, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

const TABLE: &[Row] = &[
    // Update: the default.
    (Repeats::Update, &["tx=T&rev=5", "tx=T&rev=5"], &["created", "unchanged"], &["T approved 5"]),
    (Repeats::Update, &["tx=T&rev=5", "tx=T&rev=7"], &["created", "updated"], &["T approved 7"]),
    (Repeats::Update, &["rev=5", "rev=5"], &["created", "unchanged"], &[" approved 5"]),
    (
        Repeats::Update,
        &["tx=T&rev=5", "tx=U&rev=5", "rev=5"],
        &["created", "created", "created"],
        &[" approved 5", "T approved 5", "U approved 5"],
    ),
    // A call with tx takes over the hit's only conversion when that is pending and has none.
    (
        Repeats::Update,
        &["status=pending&rev=5", "tx=T&rev=6"],
        &["created", "updated"],
        &["T approved 6"],
    ),
    (
        Repeats::Update,
        &["rev=5", "tx=T&rev=6"],
        &["created", "created"],
        &[" approved 5", "T approved 6"],
    ),
    // A reject without tx means the only one; with several it stays unbooked.
    (Repeats::Update, &["tx=T&rev=5", "status=reject"], &["created", "deleted"], &["T rejected 0"]),
    (
        Repeats::Update,
        &["tx=T&rev=5", "tx=U&rev=5", "rev=-1"],
        &["created", "created", "unbooked"],
        &["T approved 5", "U approved 5"],
    ),
    // Ignore: revenue of a repeat is ignored, a status change still counts.
    (Repeats::Ignore, &["tx=T&rev=5", "tx=T&rev=7"], &["created", "unchanged"], &["T approved 5"]),
    (
        Repeats::Ignore,
        &["tx=T&rev=5", "tx=T&status=reject"],
        &["created", "deleted"],
        &["T rejected 0"],
    ),
    // One per hit, whatever its tx.
    (Repeats::OnePerHit, &["tx=T&rev=5", "tx=U&rev=7"], &["created", "updated"], &["T approved 7"]),
    // Add up, never pending amounts.
    (Repeats::AddUp, &["tx=T&rev=5", "tx=T&rev=5"], &["created", "updated"], &["T approved 10"]),
    (
        Repeats::AddUp,
        &["tx=T&rev=5", "tx=T&rev=9&status=pending"],
        &["created", "unchanged"],
        &["T approved 5"],
    ),
    // Always new, but a status change of a known tx still updates.
    (
        Repeats::AlwaysNew,
        &["tx=T&rev=5", "tx=T&rev=5"],
        &["created", "created"],
        &["T approved 5", "T approved 5"],
    ),
    (
        Repeats::AlwaysNew,
        &["tx=T&rev=5&status=pending", "tx=T&rev=5"],
        &["created", "updated"],
        &["T approved 5"],
    ),
    (
        Repeats::AlwaysNew,
        &["rev=5", "rev=5"],
        &["created", "created"],
        &[" approved 5", " approved 5"],
    ),
];

#[tokio::test]
async fn each_rule_for_repeats_does_what_it_says() {
    for (rule, calls, results, stands) in TABLE {
        let mut world = World::new().await;
        world.change_source(|source| source.repeats = *rule);
        let hit = world.offer_hit();
        for (call, result) in calls.iter().zip(*results) {
            let answer = world.json(&format!("hit={hit}&{call}")).await;
            assert_eq!(answer["result"], *result, "{rule:?} {calls:?}: {call}: {answer}");
            world.desk.clock.advance_ms(1);
        }
        let short = |text: &String| text.strip_suffix("000000").unwrap_or(text).to_owned();
        let all: Vec<_> = world.conversions().await.iter().map(short).collect();
        assert_eq!(all, *stands, "{rule:?} {calls:?}");
    }
}

#[tokio::test]
async fn the_same_sale_without_tx_a_day_later_is_perhaps_a_rebill() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    let flagged = |answer: &serde_json::Value| {
        answer["flags"].as_array().unwrap().contains(&"possible_rebill".into())
    };
    assert!(!flagged(&world.json(&format!("hit={hit}&rev=5")).await));
    world.desk.clock.advance_ms(24 * 3_600_000);
    assert!(!flagged(&world.json(&format!("hit={hit}&rev=5")).await));
    world.desk.clock.advance_ms(1);
    let late = world.json(&format!("hit={hit}&rev=5")).await;
    assert!(flagged(&late) && late["result"] == "unchanged", "{late}");
    assert_eq!(world.conversions().await, [" approved 5000000"]);
}

#[tokio::test]
async fn a_source_may_ignore_pending_after_approval() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    world.change_source(|source| source.ignore_pending_after_approval = true);
    world.pb(&format!("hit={hit}&tx=T&rev=5")).await;
    let answer = world.json(&format!("hit={hit}&tx=T&rev=5&status=pending")).await;
    assert_eq!(answer["result"], "unchanged", "{answer}");
    assert_eq!(world.conversions().await, ["T approved 5000000"]);
}

#[tokio::test]
async fn approved_without_an_amount_takes_the_payout_or_what_was_expected() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    world.pb(&format!("hit={hit}&tx=T&rev=5&status=pending")).await;
    world.pb(&format!("hit={hit}&tx=T&status=approved")).await;
    assert_eq!(world.conversions().await, ["T approved 12500000"]);
    world.change_offer(|offer| offer.payout = None);
    let hit = world.offer_hit();
    world.pb(&format!("hit={hit}&tx=U&rev=5&status=pending")).await;
    world.pb(&format!("hit={hit}&tx=U&status=approved")).await;
    assert_eq!(world.conversions().await[1], "U approved 5000000");
}
