//! What holds for every valid funnel, every visitor and every seed; and what may not happen for
//! any funnel at all.

use crate::generate::{self, Answers};
use crate::universe::{Dice, Universe, id};
use proptest::prelude::*;
use rules::assets::{Funnel, NodeKind};
use rules::facts::Facts;
use rules::funnel::*;
use rules::ids::{EntityId, HitId, IdKey, IdKeys, RequestKey, Vid};
use rules::record::{Consulted, Record, RequestKind, Step, Taken};

/// A funnel, somebody in it, and everything else that decides.
struct Case {
    funnel: Funnel,
    plan: Ready,
    facts: Facts,
    fields: Vec<(rules::assets::Field, compact_str::CompactString)>,
    answers: u64,
    seed: u64,
    at_ms: u64,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let funnel = generate::funnel(&mut dice);
        let universe = generate::universe(&mut dice);
        assert_eq!(problems(&funnel, &universe), [], "{funnel:#?}");
        let plan = Ready::new(Plan::compile(id('F', 1), &funnel, &universe));
        let facts = generate::facts(&mut dice);
        let fields = generate::fields(&mut dice);
        // Somewhere in 2020 to 2035.
        let at_ms = 1_577_836_800_000 + dice.bits() % 473_385_600_000;
        Self { funnel, plan, facts, fields, answers: dice.bits(), seed: dice.bits(), at_ms }
    }

    /// Every way to begin a walk in it.
    fn starts(&self) -> Vec<Start> {
        let nodes = self.funnel.nodes.iter().map(|node| Start::Entrance { node: Some(node.id) });
        let shown = self.funnel.nodes.iter().filter(|node| is_page(&node.does));
        let shown = shown.map(|node| Start::Shown { node: node.id });
        let actions = self.funnel.connections.iter().flat_map(|connection| {
            let node = connection.from;
            connection.actions.iter().map(move |number| Start::Action { node, number: *number })
        });
        [Start::Entrance { node: None }]
            .into_iter()
            .chain(nodes)
            .chain(shown)
            .chain(actions)
            .collect()
    }

    fn request(&self) -> Request<'_> {
        let (facts, fields) = (&self.facts, self.fields.as_slice());
        Request { facts, source: id('Z', 1), fields, domain: "go.example" }
    }

    fn walk(&self, start: Start) -> (Route, Vec<Consulted>) {
        let connections = self.funnel.connections.iter().map(|c| c.id).collect();
        let mut answers = Answers { seed: self.answers, connections };
        let mut recording = Recording::new(&mut answers);
        let route =
            route(&self.plan, start, &self.request(), &mut recording, self.seed, self.at_ms);
        (route, recording.into_consulted())
    }

    /// The record as tracking would write it.
    fn record(&self, start: Start) -> Record {
        let (route, consulted) = self.walk(start);
        let keys = IdKeys::new(IdKey([1; 16]), vec![]);
        let request = RequestKey::new(self.at_ms, 0, self.seed);
        let hit: HitId = request.hit(0, &keys);
        let number = if let Start::Action { number, .. } = start { number } else { 0 };
        let taken = route.taken.as_ref().map(|taken| Taken {
            from: hit,
            node: self.start_of(taken.connection),
            page: None,
            kind: rules::record::PassedKind::Lander,
            number,
            connection: taken.connection,
            first: true,
        });
        let steps = route.steps.iter().enumerate().map(|(place, step)| Step {
            checksum: request.hit(place, &keys).checksum(),
            node: step.node,
            kind: step.kind,
            page: step.page,
            by: step.by,
            first: true,
        });
        Record {
            request,
            kind: if taken.is_some() { RequestKind::Action } else { RequestKind::Entrance },
            vid: Vid::new(self.at_ms, 1, &keys),
            new_visitor: true,
            visit: hit,
            previous: None,
            previous_visit: None,
            funnel: id('F', 1),
            source: id('Z', 1),
            plan: self.plan.id(),
            seed: self.seed,
            action: taken,
            steps: steps.collect(),
            path: vec![],
            actions: vec![],
            facts: self.facts.clone().into(),
            own_facts: None,
            fields: self.fields.clone().into(),
            buffer: vec![],
            cost: None,
            visit_cost: Default::default(),
            fires: vec![],
            consulted,
            tags: vec![],
            domain: "go.example".into(),
            referrer: Default::default(),
            user_agent: String::new(),
            gpc: false,
        }
    }

    fn start_of(&self, connection: EntityId) -> EntityId {
        self.funnel.connections.iter().find(|c| c.id == connection).unwrap().from
    }
}

fn is_page(node: &NodeKind) -> bool {
    matches!(node, NodeKind::Lander(_) | NodeKind::Offer(_))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// product.md §4: same inputs, same route, recomputed from plan and record alone, also after
    /// both went through their bytes.
    #[test]
    fn every_route_is_decided_again_from_plan_and_record(seed: u64) {
        let case = Case::new(seed);
        let plan = Ready::from_bytes(&case.plan.plan().to_bytes()).unwrap();
        prop_assert_eq!(plan.id(), case.plan.id());
        for start in case.starts() {
            let record = Record::from_bytes(&case.record(start).to_bytes()).unwrap();
            let explained = explain(&plan, &record);
            prop_assert!(explained.equal, "{start:?} {explained:#?}");
            prop_assert_eq!(explained.steps.len(), record.steps.len());
        }
    }

    /// Every start ends at a page, an external URL or an explicit dead end, along connections that
    /// exist, within the hits that one request can make.
    #[test]
    fn every_walk_follows_the_drawing_to_an_end(seed: u64) {
        let case = Case::new(seed);
        for start in case.starts() {
            let (route, _) = case.walk(start);
            prop_assert!((1..=RequestKey::MOST_HITS).contains(&route.steps.len()), "{start:?}");
            for (place, step) in route.steps.iter().enumerate() {
                let Some(by) = step.by else { prop_assert_eq!(place, 0); continue };
                let connection = case.funnel.connections.iter().find(|c| c.id == by).unwrap();
                prop_assert_eq!(connection.to, step.node);
                if place > 0 {
                    prop_assert_eq!(connection.from, route.steps[place - 1].node);
                }
            }
            let last = route.steps.last().unwrap();
            let kind = |node| &case.funnel.nodes.iter().find(|n| n.id == node).unwrap().does;
            match route.end {
                End::Page { node, page } => {
                    prop_assert_eq!((last.node, last.page), (node, Some(page)));
                    prop_assert!(is_page(kind(node)));
                    let known = case.plan.destination(node, Some(page)).is_some();
                    // A browser may show a page that the node no longer has.
                    prop_assert!(known || last.why == Reason::Shown);
                }
                End::External { node } => {
                    prop_assert_eq!(last.node, node);
                    prop_assert!(case.plan.external(node).is_some());
                }
                // The generator leaves only tag and webhook nodes without a way out.
                End::DeadEnd(why) => {
                    prop_assert_eq!(why, DeadEnd::NoWayOut);
                    let kind = kind(last.node);
                    let tags = matches!(kind, NodeKind::Tag { .. } | NodeKind::Webhook { .. });
                    prop_assert!(tags);
                }
            }
        }
    }

    /// An archived page is shown only where the node has no other.
    #[test]
    fn archived_pages_give_way(seed: u64) {
        let case = Case::new(seed);
        for node in case.funnel.nodes.iter().filter(|node| is_page(&node.does)) {
            let (route, _) = case.walk(Start::Entrance { node: Some(node.id) });
            let shown = case.plan.page(route.steps[0].page.unwrap()).unwrap();
            let all = &case.plan.page_node(node.id).unwrap().pages;
            let open = all.iter().filter(|p| !case.plan.page(p.page).unwrap().archived).count();
            prop_assert!(!shown.archived || open == 0);
        }
    }

    /// A plan's ID depends on what it says, not on the order in which it was drawn.
    #[test]
    fn the_same_funnel_drawn_in_another_order_is_the_same_plan(seed: u64) {
        let Case { mut funnel, .. } = Case::new(seed);
        let universe = Universe::new();
        let plan = |funnel: &Funnel| Plan::compile(id('F', 1), funnel, &universe).id();
        let before = plan(&funnel);
        funnel.nodes.reverse();
        funnel.connections.reverse();
        funnel.nodes[0].position = Some(rules::assets::Position { x: 1.5, y: -2.0 });
        prop_assert_eq!(plan(&funnel), before);
        funnel.parameters.insert("a".into(), "b".into());
        prop_assert_ne!(plan(&funnel), before);
    }

    /// Whatever is drawn: problems are found or not, and nothing panics, loops or walks too far.
    #[test]
    fn a_damaged_funnel_does_no_harm(seed: u64, damage in proptest::collection::vec((0usize..12, any::<u64>()), 1..6)) {
        let mut case = Case::new(seed);
        for (kind, dice) in damage {
            break_something(&mut case.funnel, kind, &mut Dice::new(dice));
        }
        let universe = Universe::new();
        let found = problems(&case.funnel, &universe);
        case.plan = Ready::new(Plan::compile(id('F', 1), &case.funnel, &universe));
        for start in case.starts() {
            let (route, _) = case.walk(start);
            prop_assert!(route.steps.len() <= RequestKey::MOST_HITS);
            let broken = matches!(route.end, End::DeadEnd(DeadEnd::TooLong | DeadEnd::NoPage));
            prop_assert!(!broken || !found.is_empty(), "{:?} {:#?}", route, case.funnel);
        }
    }

    /// Any JSON that reads as a funnel can be checked.
    #[test]
    fn any_text_that_reads_as_a_funnel_is_checked(seed: u64, cut: usize, put in "[\\x20-\\x7e]{0,6}") {
        let Case { funnel, .. } = Case::new(seed);
        let mut text = serde_json::to_string(&funnel).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Funnel>(&text).unwrap(), &funnel);
        let at = cut % text.len();
        text.replace_range(at..(at + put.len()).min(text.len()), &put);
        if let Ok(funnel) = serde_json::from_str::<Funnel>(&text) {
            problems(&funnel, &Universe::new());
        }
    }
}

fn break_something(funnel: &mut Funnel, kind: usize, dice: &mut Dice) {
    let node = dice.below(funnel.nodes.len());
    let nodes: Vec<EntityId> = funnel.nodes.iter().map(|node| node.id).collect();
    match kind {
        0 => funnel.nodes[node].id = *dice.one(&nodes),
        1 => {
            funnel.nodes[node].does =
                NodeKind::Traffic { mode: Default::default(), unseen_first: true }
        }
        2 => funnel.nodes[node].does = NodeKind::Lander(Default::default()),
        3 => drop(funnel.nodes.remove(node)),
        4 => {
            funnel.nodes[node].does =
                NodeKind::Rotator { mode: Default::default(), unseen_first: false }
        }
        _ if funnel.connections.is_empty() => {}
        _ => {
            let at = dice.below(funnel.connections.len());
            let connection = &mut funnel.connections[at];
            match kind {
                5 => connection.to = *dice.one(&nodes),
                6 => connection.from = *dice.one(&nodes),
                7 => connection.weight = 0,
                8 => connection.route = Some("default".into()),
                9 => connection.actions = vec![0, 1, 1, 255],
                10 => connection.to = id('X', 9),
                _ => drop(funnel.connections.remove(at)),
            }
        }
    }
    if funnel.nodes.is_empty() {
        *funnel = Funnel { nodes: vec![], connections: vec![], ..std::mem::take(funnel) };
        funnel.nodes.push(generate::funnel(dice).nodes.remove(0));
    }
}
