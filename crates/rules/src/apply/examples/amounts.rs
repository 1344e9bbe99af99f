//! What §6.1 says of amounts, missing ones and refunds.

use super::*;

#[test]
fn without_rev_the_payout_is_booked_and_zero_is_zero() {
    let mut story = Story::paying("12.50");
    assert_eq!(story.postback("A", "", "").outcome, Outcome::Created);
    story.postback("B", "0", "");
    assert_eq!(story.stands(), ["A approved 12.50", "B approved 0.00"]);
}

#[test]
fn without_rev_and_payout_it_is_zero_and_flagged() {
    let mut story = Story::default();
    assert_eq!(story.postback("A", "", "").flags, [Flag::NoPayout]);
    assert_eq!(story.postback("B", "{payout}", "").flags, [Flag::NoPayout, Flag::AbsentMacro]);
    assert_eq!(story.stands(), ["A approved 0.00", "B approved 0.00"]);
}

#[test]
fn an_unreadable_amount_books_nothing() {
    let mut story = Story::paying("5");
    for status in ["", "pending", "rejected"] {
        let decision = story.postback("A", "abc", status);
        assert_eq!(decision.outcome, Outcome::Unbooked(Reason::UnreadableAmount));
    }
    assert!(story.known.is_empty());
}

#[test]
fn another_negative_amount_is_a_refund_at_most_to_zero() {
    let mut story = Story::default();
    story.postback("A", "10", "");
    assert_eq!(story.postback("A", "-4", "").outcome, Outcome::Updated);
    assert_eq!(story.stands(), ["A refunded 6.00"]);
    story.postback("A", "-100", "");
    assert_eq!(story.stands(), ["A refunded 0.00"]);
}

#[test]
fn the_same_refund_again_gives_nothing_back_again() {
    let mut story = Story::default();
    story.postback("A", "10", "");
    story.postback("A", "-4", "");
    assert_eq!(story.postback("A", "-4", "").outcome, Outcome::Unchanged);
    assert_eq!(story.stands(), ["A refunded 6.00"]);
}

#[test]
fn a_refund_without_a_conversion_is_kept_unbooked() {
    let mut story = Story::default();
    let nothing = Outcome::Unbooked(Reason::NothingToRefund);
    assert_eq!(story.postback("A", "-4", "").outcome, nothing);
    story.postback("B", "10", "");
    assert_eq!(story.postback("A", "-4", "").outcome, nothing);
}

#[test]
fn a_refund_of_a_rejected_conversion_changes_nothing() {
    let mut story = Story::default();
    story.postback("A", "10", "");
    story.postback("A", "", "rejected");
    assert_eq!(story.postback("A", "-4", "").outcome, Outcome::Unchanged);
    assert_eq!(story.stands(), ["A rejected 0.00"]);
}

#[test]
fn a_refund_without_tx_means_its_own_slot_else_the_only_one() {
    let mut story = Story::default();
    story.postback("A", "10", "");
    story.postback("", "-3", "");
    assert_eq!(story.stands(), ["A refunded 7.00"]);
    story.postback("B", "5", "");
    let several = Outcome::Unbooked(Reason::SeveralConversions);
    assert_eq!(story.postback("", "-2", "").outcome, several);
    story.postback("", "8", "");
    story.postback("", "-2", "");
    assert_eq!(story.stands(), ["A refunded 7.00", "B approved 5.00", "- refunded 6.00"]);
}

#[test]
fn browsers_cannot_send_negatives() {
    let mut story = Story::paying("5");
    story.via(Via::JavaScript, "A", "9", "");
    for rev in ["-1", "-4"] {
        let outcome = story.via(Via::JavaScript, "A", rev, "").outcome;
        assert_eq!(outcome, Outcome::Unbooked(Reason::NegativeFromBrowser));
    }
    assert_eq!(story.stands(), ["A approved 9.00"]);
}

#[test]
fn the_owner_who_repeats_a_call_does_not_vouch_for_its_amount() {
    for (spoken_by, outcome, stands) in [
        (Via::JavaScript, Outcome::Created, vec!["A approved 5.00"]),
        (Via::Postback, Outcome::Unbooked(Reason::OverMaximum), vec![]),
        (Via::Api, Outcome::Created, vec!["A approved 99.00"]),
    ] {
        let mut story = Story::paying("5");
        story.policy.browser_amounts = BrowserAmounts::Ignored;
        story.policy.maximum_revenue = Some(money("50"));
        let call = Call { via: Via::Api, spoken_by, ..story.call("A", "99", "") };
        assert_eq!(story.take(call).outcome, outcome, "{spoken_by:?}");
        assert_eq!(story.stands(), stands, "{spoken_by:?}");
    }
}
