//! The same rules told a second time, as plainly as they can be: slots in a list, whole numbers, one
//! `match` per rule. Random calls must leave both with the same conversions.

use super::examples::Story;
use super::*;
use crate::amount::Amount;
use crate::entry::Standing;
use crate::money::Micros;
use proptest::prelude::*;
use std::collections::BTreeSet;

const PENDING: i64 = 10_000;

#[derive(Clone, Debug, PartialEq)]
struct Slot {
    tx: String,
    /// `p`ending, `a`pproved, `r`ejected, re`f`unded.
    status: char,
    revenue: i64,
    expected: i64,
    /// The last amount anyone named or paid.
    memory: i64,
    /// Tx-independent text of the call that changed it last.
    last: String,
}

#[derive(Debug, Default)]
struct Model {
    slots: Vec<Slot>,
    rule: Repeats,
    payout: Option<i64>,
    ignores_pending: bool,
}

/// A call as generated: tx (empty is none), amount, status word.
type Said = (&'static str, &'static str, &'static str);

impl Model {
    fn hear(&mut self, (tx, rev, status): Said) {
        let rejects = rev == "-1" || status == "reject";
        let refunds = !rejects && rev.starts_with('-');
        let Some(index) = self.meant(tx, status, rejects, refunds) else {
            if !rejects && !refunds {
                let blank = Slot {
                    tx: tx.into(),
                    status: '?',
                    revenue: 0,
                    expected: 0,
                    memory: 0,
                    last: String::new(),
                };
                let slot = self.told(&blank, rev, status);
                self.slots.extend(slot);
            }
            return;
        };
        let mut slot = self.slots[index].clone();
        let named = slot.tx.is_empty() && !tx.is_empty();
        if named {
            slot.tx = tx.into();
            slot.last.clear();
        }
        let old = (slot.status, slot.revenue, slot.expected);
        let adds = self.rule == Repeats::AddUp && !rejects && !refunds && status != "pending";
        if slot.last == format!("{rev}|{status}") && !adds {
            return;
        }
        if let Some(told) = self.told(&slot, rev, status) {
            slot = told;
        }
        if named || (slot.status, slot.revenue, slot.expected) != old {
            slot.last = format!("{rev}|{status}");
            self.slots[index] = slot;
        }
    }

    fn meant(&self, tx: &str, status: &str, rejects: bool, refunds: bool) -> Option<usize> {
        let of_tx: Vec<usize> = self.places(|s| s.tx == tx);
        let live: Vec<usize> = self.places(|s| s.status != 'r');
        let live_of_tx = of_tx.iter().copied().rfind(|i| live.contains(i));
        let sole = if live.len() == 1 { Some(live[0]) } else { None };
        let waiting = sole.filter(|i| self.slots[*i].status == 'p' && self.slots[*i].tx.is_empty());
        let latest = of_tx.last().copied();
        let any = if self.rule == Repeats::OnePerHit {
            live.last().copied().or(self.slots.len().checked_sub(1))
        } else {
            None
        };
        match (rejects, refunds, tx) {
            (true, _, "") => sole,
            (_, true, "") => live_of_tx.or(sole),
            (true, _, _) | (_, true, _) => live_of_tx.or(latest).or(any).or(waiting),
            _ if self.rule == Repeats::AlwaysNew => {
                let turns = |i: &usize| match (self.slots[*i].status, status, tx) {
                    ('p', "pending", _) => false,
                    ('p', _, _) => true,
                    (_, _, "") => false,
                    (_, "pending", _) => true,
                    (was, _, _) => was == 'r',
                };
                latest.filter(turns).or(waiting.filter(|_| !tx.is_empty()))
            }
            (_, _, "") => latest.or(any),
            _ => latest.or(any).or(waiting),
        }
    }

    fn places(&self, fits: impl Fn(&Slot) -> bool) -> Vec<usize> {
        (0..self.slots.len()).filter(|i| fits(&self.slots[*i])).collect()
    }

    /// What the slot is after the call; none if the call leaves it.
    fn told(&self, slot: &Slot, rev: &str, status: &str) -> Option<Slot> {
        let number: Option<i64> = rev.parse::<i64>().ok().map(|n| n * 1_000_000);
        let was_normal = slot.status == 'a' || slot.status == 'f';
        let memory = if slot.memory == 0 { None } else { Some(slot.memory) };
        let becomes = |status, revenue, expected, memory| {
            let last = format!("{rev}|{}", self.word(status, rev));
            Some(Slot { tx: slot.tx.clone(), status, revenue, expected, memory, last })
        };
        if rev == "-1" || status == "reject" {
            return if slot.status == 'r' { None } else { becomes('r', 0, 0, slot.memory) };
        }
        if rev.starts_with('-') {
            let left = std::cmp::max(0, slot.revenue + number?);
            return if slot.status == 'r' { None } else { becomes('f', left, 0, left) };
        }
        match (self.rule, status, slot.status) {
            (_, "pending", 'a' | 'f') if self.ignores_pending => None,
            (Repeats::AddUp, "pending", 'a' | 'f') => None,
            (Repeats::Ignore, "pending", 'p') => None,
            (Repeats::Ignore, "normal", 'a' | 'f') => None,
            (_, "pending", _) => {
                let hoped = number.or(memory).or(self.payout).unwrap_or(0);
                becomes('p', PENDING, hoped, hoped)
            }
            (Repeats::AddUp, _, was @ ('a' | 'f')) => {
                let sum = slot.revenue + number.or(self.payout).unwrap_or(0);
                becomes(was, sum, 0, sum)
            }
            _ => {
                let kept = if was_normal { Some(slot.revenue) } else { memory };
                let earned = number.or(self.payout).or(kept).unwrap_or(0);
                becomes('a', earned, 0, earned)
            }
        }
    }

    /// The status word as generated, for the text of the call.
    fn word(&self, status: char, rev: &str) -> &'static str {
        match status {
            'p' => "pending",
            'r' if rev != "-1" => "reject",
            _ => "normal",
        }
    }
}

fn calls() -> impl Strategy<Value = Vec<Said>> {
    let tx = prop_oneof![Just(""), Just("A"), Just("B")];
    let rev = prop_oneof![Just(""), Just("5"), Just("7"), Just("0"), Just("-3"), Just("-1")];
    let status = prop_oneof![3 => Just("normal"), 2 => Just("pending"), 1 => Just("reject")];
    let sane = |(tx, rev, status): Said| match (rev, status) {
        // A refund or a deletion has one status word, so that its text is one.
        ("-1" | "-3", _) => (tx, rev, "normal"),
        _ => (tx, rev, status),
    };
    prop::collection::vec((tx, rev, status).prop_map(sane), 0..14)
}

fn rules() -> impl Strategy<Value = Repeats> {
    prop_oneof![settling_rules(), Just(Repeats::AddUp), Just(Repeats::AlwaysNew)]
}

/// The rules under which saying a thing twice is saying it once.
fn settling_rules() -> impl Strategy<Value = Repeats> {
    prop_oneof![Just(Repeats::Update), Just(Repeats::Ignore), Just(Repeats::OnePerHit)]
}

fn story(rule: Repeats, payout: Option<i64>, ignores_pending: bool) -> Story {
    let policy = Policy {
        repeats: rule,
        ignore_pending_after_approval: ignores_pending,
        cost: crate::cost::ConversionCost::Share { percent: Micros(10_000_000) },
        ..Policy::default()
    };
    Story { policy, payout: payout.map(Micros), ..Story::default() }
}

fn hear(story: &mut Story, (tx, rev, status): Said) -> Decision {
    let status = if status == "normal" { "" } else { status };
    let call = story.call(tx, rev, status);
    story.take(call)
}

fn letter(standing: Standing) -> char {
    match standing.status {
        Some(Status::Pending) => 'p',
        Some(Status::Approved) => 'a',
        Some(Status::Rejected) => 'r',
        Some(Status::Refunded) => 'f',
        None => '?',
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn agrees_with_the_model(
        calls in calls(),
        rule in rules(),
        payout in prop::option::of(Just(12_500_000)),
        ignores_pending: bool,
    ) {
        let mut story = story(rule, payout, ignores_pending);
        let mut model = Model { rule, payout, ignores_pending, ..Model::default() };
        for call in &calls {
            hear(&mut story, *call);
            model.hear(*call);
            let real: Vec<_> = story.known.iter().map(|k| {
                let s = k.standing;
                (k.tx.clone().unwrap_or_default(), letter(s), s.revenue.0, s.expected.0)
            }).collect();
            let told: Vec<_> = model.slots.iter()
                .map(|s| (s.tx.clone(), s.status, s.revenue, s.expected)).collect();
            prop_assert_eq!(real, told, "after {:?}", call);
        }
    }

    #[test]
    fn any_order_of_arrival_keeps_one_conversion_per_hit_and_tx(
        calls in calls().prop_shuffle(),
        rule in prop_oneof![settling_rules(), Just(Repeats::AddUp)],
    ) {
        let mut story = story(rule, Some(12_500_000), false);
        for call in calls {
            hear(&mut story, call);
        }
        let different: BTreeSet<_> = story.known.iter().map(|k| k.tx.clone()).collect();
        prop_assert_eq!(different.len(), story.known.len());
        prop_assert!(rule != Repeats::OnePerHit || story.known.len() <= 1);
    }

    #[test]
    fn the_sum_of_all_entries_is_the_final_standing(calls in calls(), rule in rules()) {
        let mut story = story(rule, None, false);
        let (mut revenue, mut expected, mut cost) = (Micros::ZERO, Micros::ZERO, Micros::ZERO);
        for call in calls {
            if let Some(change) = hear(&mut story, call).change {
                revenue = revenue - change.before.revenue + change.after.revenue;
                expected = expected - change.before.expected + change.after.expected;
                cost = cost - change.before.cost + change.after.cost;
            }
        }
        let sum = |of: fn(&Standing) -> Micros| story.known.iter().map(|k| of(&k.standing)).sum();
        prop_assert_eq!(revenue, sum(|s| s.revenue));
        prop_assert_eq!(expected, sum(|s| s.expected));
        prop_assert_eq!(cost, sum(|s| s.cost));
    }

    #[test]
    fn a_repeat_changes_nothing(calls in calls(), rule in settling_rules()) {
        let mut story = story(rule, None, false);
        for call in calls {
            hear(&mut story, call);
            let before = story.known.clone();
            let again = hear(&mut story, call);
            prop_assert!(matches!(again.outcome, Outcome::Unchanged | Outcome::Unbooked(_)));
            prop_assert_eq!(&story.known, &before);
        }
    }

    #[test]
    fn a_standing_is_never_impossible(calls in calls(), rule in rules()) {
        let mut story = story(rule, None, false);
        for call in calls {
            hear(&mut story, call);
        }
        for Standing { status, revenue, expected, cost } in story.known.iter().map(|k| k.standing) {
            prop_assert!(revenue >= Micros::ZERO && cost >= Micros::ZERO);
            match status {
                Some(Status::Pending) => prop_assert_eq!(revenue, Micros(PENDING)),
                Some(Status::Rejected) => prop_assert_eq!((revenue, expected, cost), Default::default()),
                _ => prop_assert_eq!(expected, Micros::ZERO),
            }
        }
    }

    #[test]
    fn a_call_that_is_not_booked_says_nothing_of_conversions(calls in calls(), rev: String) {
        let mut story = story(Repeats::Update, None, false);
        for call in calls {
            hear(&mut story, call);
        }
        let call = Call { amount: Amount::read(Some(&rev)), ..story.call("A", "", "") };
        let decision = apply(&story.known, &call, &story.policy);
        let unbooked = matches!(decision.outcome, Outcome::Unbooked(_));
        prop_assert!(!unbooked || (decision.change.is_none() && decision.about.is_none()));
    }
}
