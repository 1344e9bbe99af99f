//! What is owed, by worked examples and against a model that looks at the whole history at once.

use super::*;
use proptest::prelude::*;

const HOUR_MS: u64 = 3_600_000;
const NOW_MS: u64 = 1_795_334_400_000;

fn standing(status: Status, revenue: i64, expected: i64) -> Standing {
    let (revenue, expected) = (Micros(revenue), Micros(expected));
    Standing { status: Some(status), revenue, expected, cost: Micros::ZERO }
}

fn happened(after: Standing, notify: Notify) -> Happened {
    Happened { after, notify, hit_at_ms: NOW_MS - HOUR_MS, now_ms: NOW_MS }
}

/// What is owed for each change of a story, and what the destination knows at its end.
fn story(wish: &Wish, changes: &[(Standing, Notify)]) -> (Vec<Result<Owed, HeldBack>>, Knows) {
    let mut knows = Knows::Nothing;
    let mut told = Vec::new();
    for (after, notify) in changes {
        let one = owed(wish, &happened(*after, *notify), knows);
        if let Some(one) = one.ok().filter(|one| !one.too_late) {
            knows = match one.change {
                Change::Retracted => Knows::Retracted,
                _ => Knows::Stands { status: one.status, revenue: one.revenue },
            };
        }
        told.push(one);
    }
    (told, knows)
}

/// `status amount` of each change by its letter: p(ending) a(pproved) r(ejected), then what is owed:
/// `new 10`, `adjusted 12`, `retracted 0`, or why nothing is.
fn told(wish: &Wish, changes: &[(&str, i64)]) -> Vec<String> {
    let read = |(word, amount): &(&str, i64)| match *word {
        "pending" => (standing(Status::Pending, 1, *amount), Notify::Once),
        "silent" => (standing(Status::Approved, *amount, 0), Notify::None),
        "again" => (standing(Status::Approved, *amount, 0), Notify::All),
        "approved" => (standing(Status::Approved, *amount, 0), Notify::Once),
        "refunded" => (standing(Status::Refunded, *amount, 0), Notify::Once),
        _ => (standing(Status::Rejected, 0, 0), Notify::Once),
    };
    let changes: Vec<_> = changes.iter().map(read).collect();
    let shown = |one: Result<Owed, HeldBack>| match one {
        Err(reason) => reason.as_str().to_owned(),
        Ok(one) => format!("{} {}", one.change.as_str(), one.revenue.0),
    };
    story(wish, &changes).0.into_iter().map(shown).collect()
}

#[test]
fn stories_of_conversions() {
    let plain = Wish::default();
    let seen = Wish { tell: TellWhen::FirstSeen, ..Wish::default() };
    let expected = Wish { pending_amount: PendingAmount::Expected, ..seen.clone() };
    let every = Wish { tell: TellWhen::EveryChange, ..Wish::default() };
    let reversing = Wish { retracts: true, ..Wish::default() };
    let google = Wish { adjusts: true, ..reversing.clone() };
    let only_rejected = Wish { statuses: vec![Status::Rejected], ..every.clone() };
    let approved = Wish { statuses: vec![Status::Approved], ..every.clone() };
    let no_zero = Wish { skip_zero: true, ..Wish::default() };
    let less = Wish { revenue_modifier_percent: -10, ..Wish::default() };
    let (p, a, r) = ("pending", "approved", "rejected");
    for (wish, changes, expected) in [
        (
            &plain,
            vec![(p, 10), (a, 10), (a, 12), (r, 0), (a, 9)],
            vec!["pending", "new 10", "told_before", "no_reversal", "told_before"],
        ),
        (&plain, vec![(a, 0)], vec!["new 0"]),
        (
            &plain,
            vec![("silent", 10), ("silent", 11), (a, 12)],
            vec!["asked_for", "asked_for", "new 12"],
        ),
        (&plain, vec![(a, 10), ("again", 12)], vec!["new 10", "adjusted 12"]),
        (&seen, vec![(p, 10), (a, 10), (r, 0)], vec!["new 1", "told_before", "no_reversal"]),
        (&expected, vec![(p, 10), (a, 10)], vec!["new 10", "told_before"]),
        (
            &every,
            vec![(p, 10), (a, 10), (a, 12), (r, 0), (a, 12)],
            vec!["new 1", "adjusted 10", "adjusted 12", "retracted 0", "new 12"],
        ),
        (&every, vec![("silent", 10), (r, 0)], vec!["asked_for", "never_told"]),
        (&only_rejected, vec![(a, 10), (r, 0)], vec!["status", "new 0"]),
        (&reversing, vec![(p, 10), (r, 0)], vec!["pending", "never_told"]),
        (
            &reversing,
            vec![(a, 10), (a, 12), (r, 0), (a, 12), (r, 0)],
            vec!["new 10", "told_before", "retracted 0", "new 12", "retracted 0"],
        ),
        (
            &google,
            vec![(a, 10), (a, 12), ("refunded", 5), (r, 0)],
            vec!["new 10", "adjusted 12", "adjusted 5", "retracted 0"],
        ),
        (&no_zero, vec![(a, 0), (a, 3)], vec!["zero", "new 3"]),
        (&less, vec![(a, 1000)], vec!["new 900"]),
        (&every, vec![(a, 10), (a, 10)], vec!["new 10", "unchanged"]),
        (&google, vec![(a, 10), ("refunded", 10)], vec!["new 10", "unchanged"]),
        (&reversing, vec![(a, 10), (r, 0), (r, 0)], vec!["new 10", "retracted 0", "taken_back"]),
        (&approved, vec![(a, 10), ("refunded", 5), (r, 0)], vec!["new 10", "status", "status"]),
    ] {
        assert_eq!(told(wish, &changes), expected, "{wish:?} {changes:?}");
    }
}

#[test]
fn an_owners_destination_hears_what_the_source_does_not() {
    let owner = Wish { owner: true, ..Wish::default() };
    assert_eq!(told(&owner, &[("silent", 7)]), ["new 7"]);
}

#[test]
fn what_was_cancelled_is_not_told_later() {
    let change = happened(standing(Status::Approved, 5, 0), Notify::All);
    for retracts in [false, true] {
        let wish = Wish { retracts, adjusts: true, tell: TellWhen::EveryChange, ..Wish::default() };
        assert_eq!(owed(&wish, &change, Knows::Withheld), Err(HeldBack::GivenUp));
    }
}

#[test]
fn of_a_sources_two_destinations_the_first_that_was_told_counts() {
    let stands = |revenue| Knows::Stands { status: Status::Approved, revenue: Micros(revenue) };
    for (known, expected) in [
        ([stands(8), stands(9)], 8),
        ([Knows::Nothing, stands(9)], 9),
        ([Knows::Retracted, stands(9)], 0),
        ([Knows::Withheld, stands(9)], 5),
        ([Knows::Nothing, Knows::Nothing], 5),
    ] {
        assert_eq!(super::told(Micros(5), known), Micros(expected), "{known:?}");
    }
}

#[test]
fn what_does_not_stand_is_told_nobody() {
    let change = happened(Standing::default(), Notify::All);
    assert_eq!(owed(&Wish::default(), &change, Knows::Nothing), Err(HeldBack::Nothing));
}

#[test]
fn an_old_click_is_marked_at_the_very_millisecond() {
    let wish = Wish { maximum_age_ms: Some(HOUR_MS), ..Wish::default() };
    let mut change = happened(standing(Status::Approved, 5, 0), Notify::Once);
    assert!(!owed(&wish, &change, Knows::Nothing).unwrap().too_late);
    change.hit_at_ms -= 1;
    assert!(owed(&wish, &change, Knows::Nothing).unwrap().too_late);
}

fn any_status() -> impl Strategy<Value = Status> {
    use Status::*;
    prop::sample::select(vec![Pending, Approved, Approved, Rejected, Refunded])
}

fn any_change() -> impl Strategy<Value = (Standing, Notify)> {
    let notify = prop::sample::select(vec![Notify::Once, Notify::Once, Notify::None, Notify::All]);
    (any_status(), 0i64..4, 0i64..4, notify).prop_map(|(status, revenue, expected, notify)| {
        let revenue = if status == Status::Rejected { 0 } else { revenue * 100 };
        (standing(status, revenue, expected * 100), notify)
    })
}

prop_compose! {
    fn any_wish()(
        tell in prop::sample::select(vec![TellWhen::FirstNormal, TellWhen::FirstSeen, TellWhen::EveryChange]),
        statuses in prop::collection::vec(any_status(), 0..3),
        expected: bool, skip_zero: bool, adjusts: bool, retracts: bool, owner: bool,
        revenue_modifier_percent in prop::sample::select(vec![0, -50, 20]),
    ) -> Wish {
        let pending_amount = if expected { PendingAmount::Expected } else { PendingAmount::Pending };
        let (destination, maximum_age_ms) = (String::new(), None);
        Wish { destination, tell, statuses, pending_amount, skip_zero, maximum_age_ms,
            revenue_modifier_percent, adjusts, retracts, owner }
    }
}

/// The same said differently: for each change, in words of the whole story so far. `sent` holds what
/// was told, oldest first, as (status, amount), a rejection as none.
fn model(wish: &Wish, changes: &[(Standing, Notify)]) -> Vec<Option<(Change, i64)>> {
    let mut sent: Vec<Option<(Status, i64)>> = Vec::new();
    let mut all = Vec::new();
    for (standing, notify) in changes {
        let status = standing.status.unwrap();
        let pending = status == Status::Pending;
        let named = if pending && wish.pending_amount == PendingAmount::Expected {
            standing.expected.0
        } else {
            standing.revenue.0
        };
        let amount = named * (100 + i64::from(wish.revenue_modifier_percent)) / 100;
        let believed = sent.last().copied().flatten();
        let never = sent.is_empty();
        let wanted = wish.statuses.is_empty() || wish.statuses.contains(&status);
        let every = wish.tell == TellWhen::EveryChange;
        let heard = *notify != Notify::None || wish.owner;
        let zero = wish.skip_zero && amount == 0;
        let what = if !heard {
            None
        } else if status == Status::Rejected {
            let reversal = believed.is_some() && (wish.retracts || (every && wanted));
            let news = never && every && wish.statuses.contains(&Status::Rejected);
            if reversal {
                Some(Change::Retracted)
            } else if news {
                Some(Change::New)
            } else {
                None
            }
        } else if zero {
            None
        } else if let Some((status_told, amount_told)) = believed {
            let may_begin = wanted && (wish.tell != TellWhen::FirstNormal || !pending);
            let news = every && wanted && (status_told, amount_told) != (status, amount);
            let corrects = wish.adjusts && amount_told != amount;
            let forced = *notify == Notify::All && may_begin;
            (news || corrects || forced).then_some(Change::Adjusted)
        } else {
            let early = pending && wish.tell == TellWhen::FirstNormal;
            (wanted && !early).then_some(Change::New)
        };
        if let Some(what) = what {
            sent.push((what != Change::Retracted).then_some((status, amount)));
        }
        all.push(what.map(|what| (what, amount)));
    }
    all
}

proptest! {
    #[test]
    fn the_rules_agree_with_the_model(
        wish in any_wish(),
        changes in prop::collection::vec(any_change(), 0..8),
    ) {
        let (told, _) = story(&wish, &changes);
        let shown = |one: Result<Owed, _>| one.ok().map(|one| (one.change, one.revenue.0));
        let told: Vec<_> = told.into_iter().map(shown).collect();
        prop_assert_eq!(told, model(&wish, &changes));
    }

    #[test]
    fn a_source_takes_a_conversion_for_what_it_was_told_last(
        wish in any_wish(),
        changes in prop::collection::vec(any_change(), 0..8),
    ) {
        let (_, knows) = story(&wish, &changes);
        let after = super::told(Micros::ZERO, [knows]);
        let last = model(&wish, &changes).into_iter().flatten().last();
        let believed = last.filter(|(change, _)| *change != Change::Retracted);
        prop_assert_eq!(after.0, believed.map_or(0, |(_, amount)| amount));
    }

    #[test]
    fn a_plain_destination_is_told_once_and_of_the_first_normal_standing(
        changes in prop::collection::vec(any_change(), 0..8),
    ) {
        let changes: Vec<_> = changes.into_iter().map(|(s, _)| (s, Notify::Once)).collect();
        let (told, _) = story(&Wish::default(), &changes);
        let normal = |s: &Standing| matches!(s.status, Some(Status::Approved | Status::Refunded));
        let first = changes.iter().position(|(standing, _)| normal(standing));
        let places: Vec<_> = (0..told.len()).filter(|place| told[*place].is_ok()).collect();
        prop_assert_eq!(places, first.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn who_can_adjust_and_retract_ends_up_with_the_truth(
        changes in prop::collection::vec(any_change(), 1..8),
    ) {
        let wish = Wish { tell: TellWhen::FirstSeen, adjusts: true, retracts: true, ..Wish::default() };
        let changes: Vec<_> = changes.into_iter().map(|(s, _)| (s, Notify::Once)).collect();
        let (_, knows) = story(&wish, &changes);
        let last = changes.last().unwrap().0;
        match knows {
            Knows::Stands { revenue, .. } => {
                prop_assert!(last.status != Some(Status::Rejected));
                prop_assert_eq!(revenue, last.revenue);
            }
            _ => prop_assert_eq!(last.status, Some(Status::Rejected)),
        }
    }
}
