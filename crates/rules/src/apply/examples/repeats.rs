//! What §6.5 says of repeats, with and without `tx`, under every rule.

use super::*;

#[test]
fn hit_and_tx_are_one_conversion_and_no_tx_is_a_slot_of_its_own() {
    let mut story = Story::default();
    for (tx, rev) in [("A", "1"), ("", "2"), ("B", "3"), ("a", "4"), ("", "5"), ("A", "6")] {
        story.postback(tx, rev, "");
    }
    let stands = ["A approved 6.00", "- approved 5.00", "B approved 3.00", "a approved 4.00"];
    assert_eq!(story.stands(), stands);
}

#[test]
fn an_identical_repeat_changes_nothing_though_the_payout_moved() {
    let mut story = Story::paying("12.50");
    story.postback("A", "", "");
    story.payout = Some(money("99"));
    let repeat = story.postback("A", "", "approved");
    assert_eq!((repeat.outcome, repeat.about), (Outcome::Unchanged, Some(Of::Existing(0))));
    assert_eq!(story.stands(), ["A approved 12.50"]);
    story.postback("A", "", "pending");
    story.postback("A", "", "");
    assert_eq!(story.stands(), ["A approved 99.00"]);
}

#[test]
fn an_identical_repeat_is_recognised_though_the_rate_moved() {
    let mut story = Story::default();
    let original = Original { amount: money("10"), currency: "EUR".into(), rate: money("1.1") };
    let euros =
        |story: &Story, rev| Call { original: Some(original.clone()), ..story.call("A", rev, "") };
    let first = euros(&story, "11");
    story.take(first);
    let again = euros(&story, "12");
    assert_eq!(story.take(again).outcome, Outcome::Unchanged);
    assert_eq!(story.stands(), ["A approved 11.00"]);
}

#[test]
fn an_identical_repeat_without_tx_after_a_day_may_be_a_rebill() {
    let mut story = Story::default();
    for (tx, later_ms, flags) in [
        ("", REBILL_AFTER_MS, vec![]),
        ("", REBILL_AFTER_MS + 1, vec![Flag::PossibleRebill]),
        ("A", REBILL_AFTER_MS + 1, vec![]),
    ] {
        story.at_ms = 0;
        story.known.clear();
        story.postback(tx, "5", "");
        story.at_ms = later_ms;
        let repeat = story.postback(tx, "5", "");
        assert_eq!((repeat.outcome, repeat.flags), (Outcome::Unchanged, flags));
    }
}

#[test]
fn a_call_with_tx_takes_over_the_only_pending_conversion_without_one() {
    let mut story = Story::default();
    story.postback("", "20", "pending");
    let taken = story.postback("A", "", "approved");
    assert_eq!((taken.outcome, taken.flags), (Outcome::Updated, vec![Flag::PendingTakenOver]));
    assert_eq!(story.stands(), ["A approved 20.00"]);
}

#[test]
fn taking_over_without_other_news_still_names_the_tx() {
    let mut story = Story::default();
    story.postback("", "20", "pending");
    assert_eq!(story.postback("A", "20", "pending").outcome, Outcome::Updated);
    assert_eq!(story.postback("A", "20", "pending").outcome, Outcome::Unchanged);
    assert_eq!(story.stands(), ["A pending 0.01 of 20.00"]);
}

#[test]
fn nothing_is_taken_over_when_it_is_approved_or_not_the_only_one() {
    let mut story = Story::default();
    story.postback("", "20", "");
    story.postback("A", "5", "");
    assert_eq!(story.stands(), ["- approved 20.00", "A approved 5.00"]);

    let mut story = Story::default();
    story.postback("B", "20", "");
    story.postback("", "30", "pending");
    story.postback("A", "5", "");
    assert_eq!(story.known.len(), 3);
}

#[test]
fn a_rejected_conversion_is_no_longer_one_of_the_hits() {
    let mut story = Story::default();
    story.postback("B", "20", "");
    story.postback("B", "", "rejected");
    story.postback("", "30", "pending");
    story.postback("A", "", "approved");
    assert_eq!(story.stands(), ["B rejected 0.00", "A approved 30.00"]);
    assert_eq!(story.postback("", "", "rejected").outcome, Outcome::Deleted);
    assert_eq!(story.stands(), ["B rejected 0.00", "A rejected 0.00"]);
}

#[test]
fn a_reject_without_tx_means_the_only_conversion_and_none_of_several() {
    let mut story = Story::default();
    story.postback("A", "20", "");
    story.postback("", "", "rejected");
    assert_eq!(story.stands(), ["A rejected 0.00"]);
    assert_eq!(story.postback("", "", "rejected").outcome, Outcome::Unchanged);

    let mut story = Story::default();
    story.postback("A", "20", "");
    story.postback("B", "20", "");
    let several = Outcome::Unbooked(Reason::SeveralConversions);
    assert_eq!(story.postback("", "", "rejected").outcome, several);
    assert_eq!(story.postback("", "-1", "").outcome, several);
    assert_eq!(story.stands(), ["A approved 20.00", "B approved 20.00"]);
}

#[test]
fn a_reject_of_another_tx_deletes_nothing() {
    let mut story = Story::default();
    story.postback("A", "20", "");
    assert_eq!(story.postback("B", "", "rejected").outcome, Outcome::Unchanged);
    assert_eq!(story.stands(), ["A approved 20.00"]);
}

#[test]
fn repeats_ignored_leave_revenue_but_a_status_change_counts() {
    let mut story = repeats(Repeats::Ignore);
    story.postback("A", "20", "pending");
    let ignored = story.postback("A", "25", "pending");
    assert_eq!((ignored.outcome, ignored.flags), (Outcome::Unchanged, vec![Flag::RepeatIgnored]));
    story.postback("A", "20", "");
    story.postback("A", "30", "");
    assert_eq!(story.stands(), ["A approved 20.00"]);
    story.postback("A", "", "rejected");
    story.postback("A", "40", "");
    assert_eq!(story.stands(), ["A approved 40.00"]);
}

#[test]
fn one_per_hit_keeps_one_whatever_the_tx() {
    let mut story = repeats(Repeats::OnePerHit);
    story.postback("", "10", "");
    story.postback("A", "20", "");
    story.postback("B", "30", "");
    assert_eq!(story.stands(), ["A approved 30.00"]);
    story.postback("C", "", "rejected");
    assert_eq!(story.stands(), ["A rejected 0.00"]);
}

#[test]
fn one_per_hit_chosen_later_means_the_one_that_still_counts() {
    let mut story = Story::default();
    story.postback("A", "10", "");
    story.postback("B", "20", "");
    story.postback("B", "", "rejected");
    story.policy.repeats = Repeats::OnePerHit;
    story.postback("C", "30", "");
    assert_eq!(story.stands(), ["A approved 30.00", "B rejected 0.00"]);
}

#[test]
fn adding_up_adds_sales_but_never_pending_amounts() {
    let mut story = repeats(Repeats::AddUp);
    story.postback("A", "10", "pending");
    story.postback("A", "10", "pending");
    assert_eq!(story.stands(), ["A pending 0.01 of 10.00"]);
    story.postback("A", "10", "");
    story.postback("A", "10", "");
    assert_eq!(story.stands(), ["A approved 20.00"]);
    story.postback("A", "10", "pending");
    assert_eq!(story.stands(), ["A approved 20.00"]);
    story.postback("A", "-5", "");
    story.postback("A", "1", "");
    assert_eq!(story.stands(), ["A refunded 16.00"]);
}

#[test]
fn always_new_makes_a_conversion_of_every_sale_but_follows_a_known_txs_status() {
    let mut story = repeats(Repeats::AlwaysNew);
    story.postback("A", "10", "");
    story.postback("A", "10", "");
    story.postback("A", "", "rejected");
    assert_eq!(story.stands(), ["A approved 10.00", "A rejected 0.00"]);
    story.postback("A", "10", "");
    assert_eq!(story.stands(), ["A approved 10.00", "A approved 10.00"]);
    story.postback("B", "7", "pending");
    story.postback("B", "8", "");
    assert_eq!(story.stands()[2..], ["B approved 8.00"]);
}

#[test]
fn always_new_without_tx_tells_an_approval_from_a_new_sale() {
    let mut story = repeats(Repeats::AlwaysNew);
    story.postback("", "10", "");
    story.postback("", "10", "pending");
    story.postback("", "11", "");
    story.postback("", "10", "");
    assert_eq!(story.stands(), ["- approved 10.00", "- approved 11.00", "- approved 10.00"]);
}

#[test]
fn the_owners_corrections_set_what_they_say_under_every_rule() {
    for rule in [Repeats::Ignore, Repeats::AddUp, Repeats::AlwaysNew] {
        let policy = source(|s| {
            s.repeats = rule;
            s.maximum_revenue = Some(money("10"));
        });
        let mut story = Story::with(policy);
        story.postback("A", "10", "");
        story.via(Via::Upload, "A", "30", "");
        assert_eq!(story.stands(), ["A approved 30.00"]);
        story.via(Via::Api, "A", "-1", "");
        assert_eq!(story.stands(), ["A rejected 0.00"]);
    }
}
