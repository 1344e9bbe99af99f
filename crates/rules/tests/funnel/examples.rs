//! Routes worked out by hand: weights, sticky branches, unseen first, tags, fires, long walks.

use crate::universe::{Universe, id};
use rules::assets::Funnel;
use rules::facts::Facts;
use rules::funnel::*;
use rules::ids::EntityId;
use rules::record::{Fire, Question, Reply};

fn funnel(nodes: &str, connections: &str) -> Funnel {
    let text = format!(r#"{{"name":"F","nodes":[{nodes}],"connections":[{connections}]}}"#);
    serde_json::from_str(&text).unwrap_or_else(|flaw| panic!("{flaw}: {text}"))
}

fn ready(funnel: &Funnel, universe: &Universe) -> Ready {
    assert_eq!(problems(funnel, universe), []);
    Ready::new(Plan::compile(id('F', 1), funnel, universe))
}

/// A visitor of whom only a few things are known.
#[derive(Default)]
struct Visitor {
    seen: Vec<EntityId>,
    tags: Vec<EntityId>,
    sticky: Option<EntityId>,
    asked: Vec<Question>,
}

impl Inputs for Visitor {
    fn ask(&mut self, question: &Question) -> Reply {
        self.asked.push(question.clone());
        match question {
            Question::SeenNode(id) | Question::SeenPage(id) => Reply::Is(self.seen.contains(id)),
            Question::HasTag(tag) => Reply::Is(self.tags.contains(tag)),
            Question::Sticky(_) => Reply::Connection(self.sticky),
            _ => Reply::Text(None),
        }
    }
}

fn walk(plan: &Ready, start: Start, visitor: &mut Visitor, seed: u64) -> Route {
    let facts = Facts { country: "US".into(), ..Facts::default() };
    let request = Request { facts: &facts, source: id('Z', 1), fields: &[], domain: "go.example" };
    route(plan, start, &request, visitor, seed, 1_760_000_000_000)
}

const ROOT: Start = Start::Entrance { node: None };

fn split(mode: &str) -> Funnel {
    funnel(
        &format!(
            r#"{{"id":"N00000000000","kind":"traffic",{mode}}},
               {{"id":"N00000000001","kind":"lander","pages":[{{"page":"L00000000001"}}]}},
               {{"id":"N00000000002","kind":"lander","pages":[{{"page":"L00000000002"}}]}},
               {{"id":"N00000000003","kind":"lander","pages":[{{"page":"L00000000003"}}]}}"#
        ),
        r#"{"id":"C00000000001","from":"N00000000000","to":"N00000000001","weight":1},
           {"id":"C00000000002","from":"N00000000000","to":"N00000000002","weight":3},
           {"id":"C00000000003","from":"N00000000000","to":"N00000000003","weight":6}"#,
    )
}

/// Chi-square, two degrees of freedom: honest chance passes 13.8 once in a thousand; the seeds are
/// fixed.
#[test]
fn branches_are_taken_by_weight() {
    let plan = ready(&split(r#""mode":"random""#), &Universe::new());
    let mut counts = [0u32; 3];
    for seed in 0..50_000u64 {
        // Seeds that differ in few bits are the worst case.
        let route = walk(&plan, ROOT, &mut Visitor::default(), seed);
        let branch = (1..=3).find(|n| route.steps[1].node == id('N', *n)).unwrap();
        counts[branch - 1] += 1;
        let weight = [1, 3, 6][branch - 1];
        assert_eq!(route.steps[0].why, Reason::Weight { weight, of: 10 });
    }
    let expected = [5_000.0, 15_000.0, 30_000.0];
    let chi_square: f64 =
        counts.iter().zip(expected).map(|(n, e)| (f64::from(*n) - e).powi(2) / e).sum();
    assert!(chi_square < 13.8, "{counts:?}");
}

#[test]
fn a_sticky_visitor_keeps_the_branch_while_it_exists() {
    let plan = ready(&split(r#""mode":"sticky""#), &Universe::new());
    for seed in 0..50 {
        let mut visitor = Visitor { sticky: Some(id('C', 1)), ..Visitor::default() };
        let route = walk(&plan, ROOT, &mut visitor, seed);
        assert_eq!((route.steps[1].node, route.steps[0].why), (id('N', 1), Reason::Sticky));
        let mut visitor = Visitor { sticky: Some(id('C', 99)), ..Visitor::default() };
        let route = walk(&plan, ROOT, &mut visitor, seed);
        assert!(matches!(route.steps[0].why, Reason::Weight { of: 10, .. }));
    }
}

#[test]
fn unseen_branches_come_first_and_all_return_once_all_are_seen() {
    let plan = ready(&split(r#""unseenFirst":true"#), &Universe::new());
    for seed in 0..200 {
        let mut visitor = Visitor { seen: vec![id('N', 3)], ..Visitor::default() };
        let route = walk(&plan, ROOT, &mut visitor, seed);
        assert_ne!(route.steps[1].node, id('N', 3));
        assert!(matches!(route.steps[0].why, Reason::Unseen { of: 4, .. }));
        let all = (1..=3).map(|n| id('N', n)).collect();
        let route = walk(&plan, ROOT, &mut Visitor { seen: all, ..Visitor::default() }, seed);
        assert!(matches!(route.steps[0].why, Reason::Weight { of: 10, .. }));
    }
}

#[test]
fn pages_of_a_node_are_shown_by_weight_and_unseen_first() {
    let drawn = funnel(
        r#"{"id":"N00000000000","kind":"traffic"},
           {"id":"N00000000001","kind":"offer","unseenFirst":true,"pages":[
              {"page":"O00000000001","weight":1},{"page":"O00000000002","weight":1}]}"#,
        r#"{"id":"C00000000001","from":"N00000000000","to":"N00000000001"}"#,
    );
    let plan = ready(&drawn, &Universe::new());
    for seed in 0..50 {
        let mut visitor = Visitor { seen: vec![id('O', 2)], ..Visitor::default() };
        let route = walk(&plan, ROOT, &mut visitor, seed);
        assert_eq!(route.end, End::Page { node: id('N', 1), page: id('O', 1) });
        assert_eq!(route.steps[0].why, Reason::Only);
        assert_eq!(route.steps[1].why, Reason::Unseen { weight: 1, of: 1 });
    }
    let shown: Vec<_> = (0..50)
        .map(|seed| walk(&plan, ROOT, &mut Visitor::default(), seed).steps[1].page.unwrap())
        .collect();
    assert!(shown.contains(&id('O', 1)) && shown.contains(&id('O', 2)));
}

const TAGGED: &str = r#"{"id":"N00000000000","kind":"traffic"},
    {"id":"N00000000001","kind":"tag","add":["T00000000001"],"remove":["T00000000002"]},
    {"id":"N00000000002","kind":"condition","routes":[{"key":"both","groups":[{"rules":[
        {"test":"tag","op":"is","values":["T00000000001"]},
        {"test":"tag","op":"is-not","values":["T00000000002"]}]}]}]},
    {"id":"N00000000003","kind":"external","url":"https://tagged.example/"},
    {"id":"N00000000004","kind":"external","url":"https://other.example/"}"#;

#[test]
fn a_tag_counts_from_the_node_that_puts_it_on() {
    let drawn = funnel(
        TAGGED,
        r#"{"id":"C00000000001","from":"N00000000000","to":"N00000000001"},
           {"id":"C00000000002","from":"N00000000001","to":"N00000000002"},
           {"id":"C00000000003","from":"N00000000002","to":"N00000000003","route":"both"},
           {"id":"C00000000004","from":"N00000000002","to":"N00000000004","route":"default"}"#,
    );
    let plan = ready(&drawn, &Universe::new());
    let mut visitor = Visitor { tags: vec![id('T', 2)], ..Visitor::default() };
    let route = walk(&plan, ROOT, &mut visitor, 1);
    assert_eq!(route.end, End::External { node: id('N', 3) });
    assert_eq!((route.tags_added, route.tags_removed), (vec![id('T', 1)], vec![id('T', 2)]));
    assert_eq!(visitor.asked, [], "the walk knew");
    let past_the_tag = Start::Entrance { node: Some(id('N', 2)) };
    let route = walk(&plan, past_the_tag, &mut visitor, 1);
    assert_eq!(route.end, End::External { node: id('N', 4) });
    assert_eq!(route.steps[0].why, Reason::Default);
}

const PAGES: &str = r#"{"id":"N00000000000","kind":"traffic"},
    {"id":"N00000000001","kind":"lander","pages":[{"page":"L00000000001"}]},
    {"id":"N00000000002","kind":"offer","pages":[{"page":"O00000000001"}]}"#;

#[test]
fn an_action_follows_its_connection_and_fires() {
    let drawn = funnel(
        PAGES,
        r#"{"id":"C00000000001","from":"N00000000000","to":"N00000000001"},
           {"id":"C00000000002","from":"N00000000001","to":"N00000000002","actions":[1,7],
            "fire":[{"conversion":{"rev":"1.25"}},{"event":{"name":"lead"}}]},
           {"id":"C00000000003","from":"N00000000002","to":"N00000000001","actions":[1],
            "fire":[{"conversion":{"rev":"payout"}},{"event":{"name":"upsell","rev":"3"}}]}"#,
    );
    let plan = ready(&drawn, &Universe::new());
    let act =
        |node, number| walk(&plan, Start::Action { node, number }, &mut Visitor::default(), 5);
    let fire = |connection, event: Option<&str>, revenue: Option<i64>| Fire {
        connection,
        event: event.map(str::to_owned),
        revenue: revenue.map(rules::money::Micros),
    };
    for number in [1, 7] {
        let route = act(id('N', 1), number);
        let taken = route.taken.unwrap();
        assert_eq!((taken.connection, taken.why), (id('C', 2), Reason::Only));
        let fires =
            [fire(id('C', 2), None, Some(1_250_000)), fire(id('C', 2), Some("lead"), Some(0))];
        assert_eq!(taken.fires, fires);
        assert_eq!(route.steps.len(), 1);
        assert_eq!(route.steps[0].by, Some(id('C', 2)));
        assert_eq!(route.end, End::Page { node: id('N', 2), page: id('O', 1) });
    }
    // No revenue means the offer's payout.
    let fires = act(id('N', 2), 1).taken.unwrap().fires;
    assert_eq!(
        fires,
        [fire(id('C', 3), None, None), fire(id('C', 3), Some("upsell"), Some(3_000_000))]
    );
    let none = act(id('N', 1), 2);
    assert_eq!((none.end, none.steps.len()), (End::DeadEnd(DeadEnd::NoSuchAction), 0));
    assert_eq!(act(id('N', 0), 1).end, End::DeadEnd(DeadEnd::NoSuchNode));
    assert_eq!(act(id('N', 9), 1).end, End::DeadEnd(DeadEnd::NoSuchNode));
}

#[test]
fn a_page_that_is_shown_already_is_not_chosen_again() {
    struct Browser;
    impl Inputs for Browser {
        fn ask(&mut self, question: &Question) -> Reply {
            assert_eq!(*question, Question::Shown(id('N', 2)));
            Reply::Page(Some(id('O', 1)))
        }
    }
    let drawn = funnel(PAGES, r#"{"id":"C00000000001","from":"N00000000000","to":"N00000000001"}"#);
    let plan = ready(&drawn, &Universe::new());
    let facts = Facts::default();
    let request = Request { facts: &facts, source: id('Z', 1), fields: &[], domain: "" };
    let route = route(&plan, Start::Shown { node: id('N', 2) }, &request, &mut Browser, 1, 2);
    assert_eq!(route.end, End::Page { node: id('N', 2), page: id('O', 1) });
    assert_eq!((route.steps.len(), route.steps[0].why), (1, Reason::Shown));
}

#[test]
fn a_shared_condition_is_frozen_into_the_plan() {
    let mut universe = Universe::new();
    let shared = r#"{"name":"US","routes":[{"key":"us","groups":[{"rules":[
        {"test":"country","op":"in-list","values":["us","ca"]}]}]}]}"#;
    universe.conditions.insert(id('K', 1), serde_json::from_str(shared).unwrap());
    let drawn = funnel(
        r#"{"id":"N00000000000","kind":"traffic"},
           {"id":"N00000000001","kind":"condition","condition":"K00000000001"},
           {"id":"N00000000003","kind":"external","url":"https://us.example/"},
           {"id":"N00000000004","kind":"external","url":"market://details?id=x"}"#,
        r#"{"id":"C00000000001","from":"N00000000000","to":"N00000000001"},
           {"id":"C00000000003","from":"N00000000001","to":"N00000000003","route":"us"},
           {"id":"C00000000004","from":"N00000000001","to":"N00000000004","route":"default"}"#,
    );
    let plan = ready(&drawn, &universe);
    universe.conditions.clear();
    let route = walk(&plan, ROOT, &mut Visitor::default(), 1);
    assert_eq!(route.steps[1].why, Reason::Matched { route: 0, group: 0 });
    assert_eq!(route.end, End::External { node: id('N', 3) });
}

/// The ID is stored with every record: were it to change for the same content, every earlier plan
/// would be lost. The number is that of another implementation of SipHash-2-4 over the same JSON.
#[test]
fn the_id_of_a_plan_never_changes() {
    let drawn = split(r#""mode":"sticky""#);
    let plan = Plan::compile(id('F', 1), &drawn, &Universe::new());
    assert_eq!(
        plan.id().0,
        1_696_923_504_661_693_410,
        "{}",
        String::from_utf8(plan.to_bytes()).unwrap()
    );
}
