//! Credit against worked examples, and against a model that sees a visitor's whole history at once.

use super::*;
use crate::entry::Standing;
use crate::ids::{EntityId, IdKey, IdKeys, RequestKey, Vid};
use crate::money::Micros;
use crate::record::{PassedKind, PlanId, RequestKind, Step};
use proptest::prelude::*;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

const DAY_MS: u64 = 24 * 3600 * 1000;
const TTL_MS: u64 = 4 * DAY_MS;
const START_MS: u64 = 1_700_000_000_000;

fn id(number: u64) -> EntityId {
    EntityId::new(START_MS, number)
}

fn keys() -> IdKeys {
    IdKeys::new(IdKey([3; 16]), vec![])
}

/// A visitor's records, linked as the tracker links them.
#[derive(Default)]
struct History {
    records: Vec<Arc<Record>>,
    by_request: HashMap<RequestKey, Arc<Record>>,
    read: Cell<usize>,
}

impl Records for History {
    type Error = Infallible;
    fn record_of(&self, hit: HitId) -> Result<Option<Arc<Record>>, Infallible> {
        self.read.set(self.read.get() + 1);
        Ok(self.by_request.get(&hit.request()).cloned())
    }
}

impl History {
    /// A request `after_ms` the last one, passing `nodes`; in the visit of record `of`, else a new one.
    fn request(&mut self, after_ms: u64, funnel: u64, nodes: &[u64], of: Option<usize>) -> usize {
        let last = self.records.last();
        let at_ms = last.map_or(START_MS, |r| r.request.at_ms() + after_ms);
        let request = RequestKey::new(at_ms, 0, self.records.len() as u64);
        let hit = |i: usize| request.hit(i, &keys());
        let steps = nodes.iter().enumerate().map(|(i, node)| Step {
            checksum: hit(i).checksum(),
            node: id(1_000 + node),
            kind: PassedKind::Offer,
            page: Some(id(2_000 + node)),
            by: None,
            first: false,
        });
        let parent = of.map(|i| Arc::clone(&self.records[i]));
        let visits = self.records.iter().map(|r| r.visit);
        let record = Arc::new(Record {
            request,
            kind: if of.is_some() { RequestKind::Action } else { RequestKind::Entrance },
            vid: Vid::from_stored(1),
            new_visitor: self.records.is_empty(),
            visit: parent.as_ref().map_or(hit(0), |p| p.visit),
            previous: last.and_then(|r| r.hit(0)),
            previous_visit: match &parent {
                Some(parent) => parent.previous_visit,
                None => visits.max(),
            },
            funnel: parent.as_ref().map_or(id(funnel), |p| p.funnel),
            source: id(9),
            plan: PlanId(0),
            seed: 0,
            action: None,
            steps: steps.collect(),
            path: vec![],
            actions: vec![],
            facts: Default::default(),
            own_facts: None,
            fields: Default::default(),
            buffer: vec![],
            cost: None,
            visit_cost: Micros::ZERO,
            fires: vec![],
            consulted: vec![],
            tags: vec![],
            domain: "t.example".into(),
            referrer: if of.is_some() { "".into() } else { format!("https://r/{funnel}").into() },
            user_agent: String::new(),
            gpc: false,
        });
        self.by_request.insert(request, Arc::clone(&record));
        self.records.push(record);
        self.records.len() - 1
    }

    fn credit(&self, record: usize, step: usize) -> Credited {
        let record = &self.records[record];
        let Ok(credited) = credit(self, record, record.hit(step).unwrap(), TTL_MS);
        credited
    }

    /// The node numbers credited, oldest first.
    fn nodes(&self, record: usize, step: usize) -> Vec<u64> {
        let numbers: HashMap<_, _> = (0..100).map(|n| (id(1_000 + n), n)).collect();
        self.credit(record, step).path.iter().map(|c| numbers[&c.node]).collect()
    }
}

#[test]
fn every_earlier_hit_assists_and_the_converting_one_is_direct() {
    let mut history = History::default();
    let entrance = history.request(0, 1, &[0, 1, 2], None);
    let action = history.request(60_000, 1, &[3, 4], Some(entrance));
    let credited = history.credit(action, 1);
    let direct: Vec<bool> = credited.path.iter().map(|c| c.direct).collect();
    assert_eq!(direct, [false, false, false, false, true]);
    assert_eq!(history.nodes(action, 1), [0, 1, 2, 3, 4]);
    assert_eq!(credited.path[4].hit, history.records[action].hit(1).unwrap());
    assert_eq!(credited.path[4].page, Some(id(2_004)));
    assert!(!credited.cut);
}

#[test]
fn hits_after_the_converting_one_get_none_even_within_its_request() {
    let mut history = History::default();
    let entrance = history.request(0, 1, &[0, 1, 2], None);
    history.request(60_000, 1, &[3], Some(entrance));
    assert_eq!(history.nodes(entrance, 1), [0, 1]);
}

#[test]
fn a_node_visited_twice_is_credited_once_with_its_latest_hit() {
    let mut history = History::default();
    let entrance = history.request(0, 1, &[0, 1, 2], None);
    let again = history.request(1, 1, &[1, 2], Some(entrance));
    let credited = history.credit(again, 1);
    assert_eq!(history.nodes(again, 1), [0, 1, 2]);
    assert_eq!(credited.path[1].hit, history.records[again].hit(0).unwrap());
    assert!(credited.path[2].direct);
}

#[test]
fn earlier_visits_assist_while_less_than_a_sessions_life_apart() {
    let mut history = History::default();
    history.request(0, 1, &[0], None);
    history.request(TTL_MS, 1, &[1], None);
    let second = history.request(TTL_MS - 1, 1, &[2], None);
    let late_action = history.request(3 * DAY_MS, 1, &[3], Some(second));
    let last = history.request(TTL_MS - 1, 1, &[4], None);
    assert_eq!(history.nodes(last, 0), [1, 2, 3, 4]);
    assert_eq!(history.nodes(late_action, 0), [1, 2, 3]);
    assert!(!history.credit(last, 0).cut);
}

#[test]
fn another_funnel_is_indirect_at_any_age_once_for_its_latest_visit() {
    let mut history = History::default();
    history.request(0, 2, &[0], None);
    history.request(100 * DAY_MS, 3, &[1], None);
    let newer = history.request(DAY_MS, 2, &[2], None);
    let converting = history.request(100 * DAY_MS, 1, &[3], None);
    history.request(1, 3, &[4], None);
    let credited = history.credit(converting, 0);
    let funnels: Vec<_> = credited.indirect.iter().map(|v| v.funnel).collect();
    assert_eq!(funnels, [id(2), id(3)]);
    assert_eq!(credited.indirect[0].visit, history.records[newer].visit);
    assert_eq!(credited.path.len(), 1);
}

#[test]
fn a_visit_in_another_tab_is_indirect_though_it_began_later() {
    let mut history = History::default();
    let first = history.request(0, 1, &[0], None);
    let other_tab = history.request(1_000, 2, &[1], None);
    let converting = history.request(1_000, 1, &[2], Some(first));
    let credited = history.credit(converting, 0);
    assert_eq!(credited.indirect[0].visit, history.records[other_tab].visit);
    assert_eq!(history.nodes(converting, 0), [0, 2]);
}

#[test]
fn the_visits_referrer_comes_from_its_entrance() {
    let mut history = History::default();
    let entrance = history.request(0, 7, &[0], None);
    let action = history.request(5, 7, &[1], Some(entrance));
    assert_eq!(history.credit(action, 0).visit.referrer, "https://r/7");
}

#[test]
fn the_walk_is_bounded_and_says_so() {
    let mut history = History::default();
    for _ in 0..2 * MOST_RECORDS {
        history.request(1, 1, &[0, 1], None);
    }
    let last = history.records.len() - 1;
    assert!(history.credit(last, 1).cut);
    assert!(history.read.get() <= 2 * MOST_RECORDS + 2);
}

#[test]
fn a_record_that_is_gone_ends_the_path_and_is_said() {
    let mut history = History::default();
    let first = history.request(0, 1, &[0], None);
    let second = history.request(1, 1, &[1], Some(first));
    let third = history.request(1, 1, &[2], Some(first));
    history.by_request.remove(&history.records[second].request);
    let credited = history.credit(third, 0);
    assert_eq!((credited.path.len(), credited.cut), (1, true));
}

#[test]
fn what_credit_finds_fits_into_an_entry() {
    let mut history = History::default();
    let entrance = history.request(0, 1, &[0, 1], None);
    let credited = history.credit(entrance, 1);
    let entry = crate::entry::Entry {
        conversion: id(5),
        event: None,
        hit: credited.path[1].hit,
        vid: Vid::from_stored(1),
        tx: None,
        at_ms: START_MS,
        first_at_ms: START_MS,
        before: Standing::default(),
        after: Standing::default(),
        visit: credited.visit,
        path: credited.path,
        indirect: credited.indirect,
        told_before: Micros(-5),
        told: Micros(7),
    };
    assert_eq!(crate::entry::Entry::from_bytes(&entry.to_bytes()).unwrap(), entry);
    // As it was written before anybody noted what sources are told: two amounts of a byte shorter.
    let mut earlier = entry.to_bytes();
    earlier[0] = 1;
    earlier.truncate(earlier.len() - 2);
    let told_nothing =
        crate::entry::Entry { told_before: Micros::ZERO, told: Micros::ZERO, ..entry };
    assert_eq!(crate::entry::Entry::from_bytes(&earlier).unwrap(), told_nothing);
}

/// A request as a generator makes it: days since the last, funnel, nodes, and of which earlier visit.
type Made = (u64, u64, Vec<u64>, Option<prop::sample::Index>);

fn histories() -> impl Strategy<Value = Vec<Made>> {
    let gap_ms = prop_oneof![3 => 0..DAY_MS, 1 => 3 * DAY_MS..5 * DAY_MS];
    let nodes = prop::collection::vec(0u64..8, 1..4);
    let of = prop::option::weighted(0.6, any::<prop::sample::Index>());
    prop::collection::vec((gap_ms, 1u64..4, nodes, of), 1..30)
}

fn build(made: &[Made]) -> History {
    let mut history = History::default();
    for (i, (gap_ms, funnel, nodes, of)) in made.iter().enumerate() {
        let of = of.filter(|_| i > 0).map(|index| index.index(i));
        history.request(*gap_ms, *funnel, nodes, of);
    }
    history
}

/// The same rules, told from the whole history at once: which visits hang together is a fixed point.
fn model(history: &History, at: usize, step: usize) -> (Vec<HitId>, Vec<HitId>) {
    let converting = &history.records[at];
    let hit = converting.hit(step).unwrap();
    let earlier: Vec<_> = history.records[..=at]
        .iter()
        .flat_map(|r| r.hits().map(move |(h, s)| (r, h, s.node)))
        .filter(|(_, h, _)| *h <= hit)
        .collect();
    let mut last_ms: BTreeMap<HitId, u64> = BTreeMap::new();
    for (record, _, _) in &earlier {
        last_ms.insert(record.visit, record.request.at_ms());
    }
    let mut together = vec![converting.visit];
    loop {
        let start_ms = together.iter().map(|v| v.at_ms()).min().unwrap();
        let joins = |v: &HitId, last: u64| !together.contains(v) && last + TTL_MS > start_ms;
        match last_ms.iter().find(|(visit, last)| joins(visit, **last)) {
            Some((visit, _)) => together.push(*visit),
            None => break,
        }
    }
    let mut by_node: BTreeMap<EntityId, HitId> = BTreeMap::new();
    for (record, hit, node) in &earlier {
        if record.funnel == converting.funnel && together.contains(&record.visit) {
            by_node.insert(*node, *hit);
        }
    }
    let mut path: Vec<_> = by_node.into_values().collect();
    path.sort();
    let mut other: BTreeMap<EntityId, HitId> = BTreeMap::new();
    for (record, _, _) in earlier.iter().filter(|(r, _, _)| r.funnel != converting.funnel) {
        let held = other.entry(record.funnel).or_insert(record.visit);
        *held = (*held).max(record.visit);
    }
    let mut indirect: Vec<_> = other.into_values().collect();
    indirect.sort_by(|a, b| b.cmp(a));
    (path, indirect)
}

proptest! {
    #[test]
    fn agrees_with_the_model(made in histories(), at: prop::sample::Index, step: prop::sample::Index) {
        let history = build(&made);
        let at = at.index(history.records.len());
        let step = step.index(history.records[at].steps.len());
        let credited = history.credit(at, step);
        let hits: Vec<HitId> = credited.path.iter().map(|c| c.hit).collect();
        let visits: Vec<HitId> = credited.indirect.iter().map(|v| v.visit).collect();
        prop_assert_eq!((hits, visits), model(&history, at, step));
        prop_assert!(credited.path.last().unwrap().direct);
        prop_assert_eq!(credited.path.iter().filter(|c| c.direct).count(), 1);
        prop_assert!(!credited.cut);
    }

    #[test]
    fn what_happens_later_changes_no_credit(made in histories(), more in histories(), at: prop::sample::Index) {
        let at = at.index(made.len());
        let before = build(&made).credit(at, 0);
        let all: Vec<Made> = made.iter().cloned().chain(more).collect();
        prop_assert_eq!(before, build(&all).credit(at, 0));
    }
}
