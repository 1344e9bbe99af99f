//! What §6.3 says of browsers and of actions in the builder.

use super::*;

#[test]
fn amounts_from_browsers_are_allowed_capped_or_ignored() {
    let policy = |amounts, most| Policy {
        browser_amounts: amounts,
        browser_maximum: most,
        ..Policy::default()
    };
    for (policy, booked, flags) in [
        (policy(BrowserAmounts::Allowed, None), "A approved 99.00", vec![]),
        (
            policy(BrowserAmounts::Capped, Some(money("50"))),
            "A approved 50.00",
            vec![Flag::BrowserAmountCapped],
        ),
        (policy(BrowserAmounts::Capped, None), "A approved 12.50", vec![Flag::BrowserAmountCapped]),
        (
            policy(BrowserAmounts::Ignored, None),
            "A approved 12.50",
            vec![Flag::BrowserAmountIgnored],
        ),
    ] {
        let mut story = Story { policy, ..Story::paying("12.50") };
        assert_eq!(story.via(Via::JavaScript, "A", "99", "").flags, flags);
        assert_eq!(story.stands(), [booked]);
        story.via(Via::Postback, "A", "99", "");
        assert_eq!(story.stands(), ["A approved 99.00"]);
    }
}

#[test]
fn a_second_click_on_an_action_changes_nothing_whatever_happened_since() {
    for rule in [Repeats::Update, Repeats::AddUp, Repeats::AlwaysNew, Repeats::OnePerHit] {
        let mut story = repeats(rule);
        assert_eq!(story.via(Via::Action, "action:c1", "7", "").outcome, Outcome::Created);
        assert_eq!(story.via(Via::Action, "action:c1", "8", "").outcome, Outcome::Unchanged);
        story.postback("action:c1", "", "rejected");
        assert_eq!(story.via(Via::Action, "action:c1", "7", "").outcome, Outcome::Unchanged);
        assert_eq!(story.stands(), ["action:c1 rejected 0.00"], "{rule:?}");
    }
}

#[test]
fn a_networks_postback_never_overwrites_what_an_action_fired() {
    for rule in [Repeats::Update, Repeats::Ignore, Repeats::AddUp, Repeats::OnePerHit] {
        let mut story = repeats(rule);
        story.via(Via::Action, "action:c1", "7", "");
        story.postback("A", "9", "");
        assert_eq!(story.stands(), ["action:c1 approved 7.00", "A approved 9.00"], "{rule:?}");
    }
}

#[test]
fn an_action_takes_over_no_pending_conversion() {
    let mut story = Story::default();
    story.postback("", "20", "pending");
    story.via(Via::Action, "action:c1", "7", "");
    assert_eq!(story.stands(), ["- pending 0.01 of 20.00", "action:c1 approved 7.00"]);
}
