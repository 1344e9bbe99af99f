//! What §6.4 says of statuses, in any order of arrival.

use super::*;

#[test]
fn pending_counts_with_the_pending_revenue_and_keeps_the_amount_as_expected() {
    for word in ["pending", "hold", "preapproved", "Hold"] {
        let mut story = Story::default();
        assert_eq!(story.postback("A", "20", word).outcome, Outcome::Created);
        assert_eq!(story.stands(), ["A pending 0.01 of 20.00"]);
    }
}

#[test]
fn the_pending_revenue_is_a_setting() {
    let policy = Policy { pending_revenue: money("0.5"), ..Policy::default() };
    let mut story = Story::with(policy);
    story.postback("A", "20", "pending");
    assert_eq!(story.stands(), ["A pending 0.50 of 20.00"]);
}

#[test]
fn a_pending_call_without_an_amount_expects_the_payout() {
    let mut story = Story::paying("12.50");
    story.postback("A", "", "pending");
    story.postback("B", "30", "pending");
    story.postback("B", "", "hold");
    assert_eq!(story.stands(), ["A pending 0.01 of 12.50", "B pending 0.01 of 30.00"]);
}

#[test]
fn a_reject_deletes_from_the_figures_and_creates_none() {
    for (rev, status) in
        [("", "rejected"), ("5", "reject"), ("", "trash"), ("", "cancelled"), ("-1", "")]
    {
        let mut story = Story::default();
        let nothing = story.postback("A", rev, status);
        assert_eq!((nothing.outcome, nothing.change), (Outcome::Unchanged, None));
        assert_eq!(nothing.flags, [Flag::NothingToDelete]);
        story.postback("A", "20", "");
        assert_eq!(story.postback("A", rev, status).outcome, Outcome::Deleted);
        assert_eq!(story.stands(), ["A rejected 0.00"]);
        assert_eq!(story.postback("A", rev, status).outcome, Outcome::Unchanged);
    }
}

#[test]
fn any_other_status_is_normal_and_unknown_words_are_flagged() {
    let mut story = Story::default();
    assert_eq!(story.postback("A", "5", "approved").flags, []);
    assert_eq!(story.postback("B", "5", "declined").flags, [Flag::UnknownStatusWord]);
    assert_eq!(story.postback("C", "5", "{status}").flags, [Flag::AbsentMacro]);
    assert_eq!(story.stands(), ["A approved 5.00", "B approved 5.00", "C approved 5.00"]);
}

#[test]
fn approved_without_rev_takes_the_payout_or_else_the_expected_amount() {
    let mut story = Story::default();
    story.postback("A", "20", "pending");
    let approval = story.postback("A", "", "approved");
    assert_eq!((approval.outcome, approval.flags), (Outcome::Updated, vec![]));
    assert_eq!(story.stands(), ["A approved 20.00"]);
    story.payout = Some(money("12.50"));
    story.postback("B", "20", "pending");
    story.postback("B", "", "approved");
    assert_eq!(story.stands()[1], "B approved 12.50");
}

#[test]
fn an_approval_without_an_amount_does_not_empty_what_is_booked() {
    let mut story = Story::default();
    story.postback("A", "20", "");
    assert_eq!(story.postback("A", "", "approved").outcome, Outcome::Unchanged);
    assert_eq!(story.stands(), ["A approved 20.00"]);
}

#[test]
fn rejected_then_approved_revives_the_same_conversion_with_its_first_time() {
    let mut story = Story { at_ms: 1_000, ..Story::default() };
    story.postback("A", "20", "pending");
    let id = story.known[0].id;
    story.at_ms = 2_000;
    story.postback("A", "", "rejected");
    story.at_ms = 3_000;
    let revival = story.postback("A", "", "approved");
    assert_eq!(revival.outcome, Outcome::Updated);
    assert_eq!(revival.change.unwrap().first_at_ms, 1_000);
    assert_eq!((story.known[0].id, story.known[0].last_call_at_ms), (id, 3_000));
    assert_eq!(story.stands(), ["A approved 20.00"]);
}

#[test]
fn approved_to_pending_counts_unless_the_source_ignores_it() {
    let mut story = Story::default();
    story.postback("A", "20", "");
    story.postback("A", "", "pending");
    assert_eq!(story.stands(), ["A pending 0.01 of 20.00"]);

    let mut story = Story::with(source(|s| s.ignore_pending_after_approval = true));
    story.postback("A", "20", "");
    let ignored = story.postback("A", "", "pending");
    assert_eq!((ignored.outcome, ignored.flags), (Outcome::Unchanged, vec![Flag::PendingIgnored]));
    story.postback("A", "", "rejected");
    story.postback("A", "7", "pending");
    assert_eq!(story.stands(), ["A pending 0.01 of 7.00"]);
}

#[test]
fn a_reject_before_the_approval_is_overtaken_by_it() {
    let mut story = Story::default();
    story.postback("A", "", "rejected");
    story.postback("A", "5", "");
    assert_eq!(story.stands(), ["A approved 5.00"]);
}
