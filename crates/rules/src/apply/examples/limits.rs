//! What §6.7, §7 and §9 say of maxima, events and costs of conversions.

use super::*;

#[test]
fn an_amount_over_the_sources_maximum_stays_unbooked() {
    let mut story = Story::with(source(|s| s.maximum_revenue = Some(money("10"))));
    let over = Outcome::Unbooked(Reason::OverMaximum);
    assert_eq!(story.postback("A", "10.01", "").outcome, over);
    assert_eq!(story.postback("A", "10.01", "pending").outcome, over);
    story.postback("A", "10", "");
    assert_eq!(story.postback("A", "99", "rejected").outcome, Outcome::Deleted);
}

fn event(every_time: bool, source_rule: Repeats) -> Story {
    let source = OfferSource { repeats: source_rule, ..Default::default() };
    let event = Event { name: "lead".into(), every_time };
    let each = ConversionCost::Each(money("2"));
    let policy = Policy::of(&Settings::default(), Some(&source), None, Some(&event), each);
    let id = Some(EntityId::new(1_700_000_000_000, 77));
    Story { event: id, payout: Some(money("12.50")), ..Story::with(policy) }
}

#[test]
fn an_event_counts_once_or_every_time_and_earns_only_what_it_names() {
    let mut once = event(false, Repeats::AlwaysNew);
    assert_eq!(once.postback("", "", "").flags, []);
    once.postback("", "", "");
    once.postback("", "3", "");
    assert_eq!(once.stands(), ["- approved 3.00"]);
    assert_eq!(once.known[0].standing.cost, Micros::ZERO);

    let mut every = event(true, Repeats::Update);
    every.postback("", "", "");
    every.postback("", "3", "");
    every.via(Via::Action, "action:c1", "", "");
    every.via(Via::Action, "action:c1", "", "");
    assert_eq!(every.known.len(), 4);
}

#[test]
fn an_action_fires_an_event_that_counts_once_only_once() {
    let mut once = event(false, Repeats::Update);
    once.via(Via::Action, "action:c1", "2", "");
    assert_eq!(once.via(Via::Action, "action:c1", "2", "").outcome, Outcome::Unchanged);
}

#[test]
fn cpa_applies_once_when_first_normal_and_is_taken_back_on_reject() {
    let cost = ConversionCost::Each(money("4"));
    let mut story = Story::with(Policy { cost, ..Policy::default() });
    let mut costs = vec![];
    for (rev, status) in [
        ("9", "pending"),
        ("9", ""),
        ("12", ""),
        ("", "pending"),
        ("9", ""),
        ("", "reject"),
        ("9", ""),
    ] {
        story.postback("A", rev, status);
        costs.push(story.known[0].standing.cost.0 / 1_000_000);
    }
    assert_eq!(costs, [0, 4, 4, 4, 4, 0, 4]);
}

#[test]
fn revenue_share_is_a_part_of_what_is_normal() {
    let cost = ConversionCost::Share { percent: money("25") };
    let mut story = Story::with(Policy { cost, ..Policy::default() });
    let mut costs = vec![];
    for (rev, status) in [("8", "pending"), ("8", ""), ("12", ""), ("-4", ""), ("", "reject")] {
        story.postback("A", rev, status);
        costs.push(story.known[0].standing.cost.0 / 1_000_000);
    }
    assert_eq!(costs, [0, 2, 3, 2, 0]);
}

#[test]
fn flags_of_reading_are_handed_on_once() {
    let mut story = Story::default();
    let call = Call { flags: vec![Flag::HitDecides, Flag::NoPayout], ..story.call("A", "", "") };
    assert_eq!(story.take(call).flags, [Flag::NoPayout, Flag::HitDecides]);
}
