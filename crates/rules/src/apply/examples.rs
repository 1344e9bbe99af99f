//! Every sentence of product.md §6.4 and §6.5 (and what §6.1, §6.3, §6.7, §7 and §9 say of amounts) as
//! an example, told call by call. `Story` keeps the hit's conversions as the ledger would.

use super::*;
use crate::amount::Amount;
use crate::assets::{BrowserAmounts, Event, OfferSource, Settings, StatusWords};
use crate::cost::ConversionCost;
use crate::entry::Standing;
use crate::ids::EntityId;
use crate::money::Micros;
use crate::status::StatusMeaning;

pub(super) fn money(text: &str) -> Micros {
    text.parse().unwrap()
}

/// The calls of one hit, one after the other.
#[derive(Default)]
pub(super) struct Story {
    pub(super) policy: Policy,
    pub(super) known: Vec<Known>,
    pub(super) payout: Option<Micros>,
    pub(super) at_ms: u64,
    pub(super) event: Option<EntityId>,
}

impl Story {
    fn with(policy: Policy) -> Self {
        Self { policy, ..Self::default() }
    }

    fn paying(payout: &str) -> Self {
        Self { payout: Some(money(payout)), ..Self::default() }
    }

    /// A postback with what stands behind `tx=`, `rev=` and `status=`; empty is left out.
    pub(super) fn call(&self, tx: &str, rev: &str, status: &str) -> Call {
        Call {
            via: Via::Postback,
            at_ms: self.at_ms,
            tx: Some(tx.to_owned()).filter(|tx| !tx.is_empty()),
            amount: Amount::read(Some(rev)),
            original: None,
            status: StatusMeaning::of(Some(status), &StatusWords::default()),
            event: self.event,
            payout: self.payout,
            disable_postbacks: false,
            flags: vec![],
        }
    }

    fn postback(&mut self, tx: &str, rev: &str, status: &str) -> Decision {
        let call = self.call(tx, rev, status);
        self.take(call)
    }

    fn via(&mut self, via: Via, tx: &str, rev: &str, status: &str) -> Decision {
        let call = Call { via, ..self.call(tx, rev, status) };
        self.take(call)
    }

    pub(super) fn take(&mut self, call: Call) -> Decision {
        let decision = apply(&self.known, &call, &self.policy);
        if let Some(change) = &decision.change {
            self.book(&call, change);
        }
        decision
    }

    fn book(&mut self, call: &Call, change: &Change) {
        let id = EntityId::new(1_700_000_000_000, self.known.len() as u64);
        let held = Known {
            id,
            tx: change.tx.clone(),
            standing: change.after,
            worth: change.worth,
            first_at_ms: change.first_at_ms,
            last_call_at_ms: call.at_ms,
            last_fingerprint: Some(change.fingerprint.clone()),
        };
        match change.of {
            Of::New => self.known.push(held),
            Of::Existing(index) => {
                let known = &mut self.known[index];
                assert_eq!(known.standing, change.before);
                *known = Known { id: known.id, ..held };
            }
        }
    }

    /// `tx status revenue` of each conversion; pending ones with what is expected.
    fn stands(&self) -> Vec<String> {
        let one = |k: &Known| {
            let Standing { status, revenue, expected, .. } = k.standing;
            let tx = k.tx.as_deref().unwrap_or("-");
            let more = if expected == Micros::ZERO { "".into() } else { format!(" of {expected}") };
            format!("{tx} {} {revenue}{more}", status.unwrap().as_str())
        };
        self.known.iter().map(one).collect()
    }
}

fn source(change: impl FnOnce(&mut OfferSource)) -> Policy {
    let mut source = OfferSource::default();
    change(&mut source);
    Policy::of(&Settings::default(), Some(&source), None, None, ConversionCost::None)
}

fn repeats(repeats: Repeats) -> Story {
    Story::with(source(|s| s.repeats = repeats))
}

// §6.1

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

// §6.3

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

// §6.4

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

// §6.5

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

// §6.7, §7, §9

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
