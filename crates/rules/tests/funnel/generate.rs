//! Random funnels that are valid by construction, random senders, and random answers.

use super::universe::{Dice, PAGES, Universe, id};
use compact_str::CompactString;
use rules::assets::*;
use rules::facts::{Device, Facts};
use rules::funnel::{Inputs, Takes, Test, tests};
use rules::ids::EntityId;
use rules::money::Micros;
use rules::record::{NoAnswer, Question, Reply, ServiceAnswer};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A funnel of 2 to 15 nodes; every kind of node, connection, test and operator comes up.
pub fn funnel(dice: &mut Dice) -> Funnel {
    let count = 2 + dice.below(14);
    let nodes: Vec<Node> = (0..count).map(|place| node(place, count, dice)).collect();
    let mut funnel = Funnel { name: "Random".into(), nodes, ..Funnel::default() };
    for place in 0..count {
        connect(place, &mut funnel, dice);
    }
    // Drawn in no order.
    if dice.once_in(2) {
        funnel.nodes.reverse();
        funnel.connections.reverse();
    }
    funnel
}

fn node(place: usize, count: usize, dice: &mut Dice) -> Node {
    let mode = *dice.one(&[RotatorMode::Random, RotatorMode::Sticky]);
    let unseen_first = dice.once_in(3);
    let does = match place {
        0 => NodeKind::Traffic { mode, unseen_first },
        // The last is a page, so that everything can lead somewhere.
        last if last + 1 == count => NodeKind::Lander(pages('L', dice)),
        _ => match dice.below(11) {
            0 | 1 => NodeKind::Rotator { mode, unseen_first },
            2 => NodeKind::Lander(pages('L', dice)),
            3 | 4 => NodeKind::Offer(pages('O', dice)),
            5 => NodeKind::Condition {
                routes: (0..1 + dice.below(3)).map(|n| route(n, dice)).collect(),
                condition: None,
            },
            6 => NodeKind::Tag {
                add: vec![id('T', 1 + dice.below(3))],
                remove: vec![id('T', 1 + dice.below(3))],
            },
            7 => NodeKind::Webhook { webhook: id('W', 1) },
            8 => NodeKind::Middleware {
                // Refused by the guard, so that nobody waits.
                url: "http://127.0.0.1:9/".into(),
                routes: vec!["a".into(), "b".into()],
                timeout_ms: 100,
                signed_by: dice.once_in(2).then(|| id('W', 1)),
            },
            9 => NodeKind::Logic {
                expression: expression(dice),
                routes: vec!["a".into(), "b".into()],
                timezone: (*dice.one(&["", "Asia/Kolkata"])).to_owned(),
            },
            _ => NodeKind::External {
                url: "https://away.example/{country}".into(),
                redirect: RedirectMode::Found,
            },
        },
    };
    Node { id: id('N', place), name: String::new(), position: None, does }
}

/// An expression of one to four questions, some of which end in an error for some visitors.
fn expression(dice: &mut Dice) -> String {
    let tests = [
        r#"country == "US""#,
        "device in [\"mobile\", \"tablet\"]",
        "data.age == \"10\"",
        "number(data.age) > 5",
        "data[\"no such\"].len() > 0",
        "tags[\"T00000000001\"]",
        "seen_nodes[\"N00000000004\"]",
        "seen_pages[\"L00000000001\"]",
        "converted[\"O00000000001\"]",
        "new_visitor",
        "bot",
        "random < 30.0",
        "hour in 9..17 && weekday <= 5",
        "url.contains(\"c1\")",
        "referrer_domain.ends_with(\"example\")",
        "c1 > \"a\"",
        "tags[country]",
        "external",
    ];
    let keys = ["a", "b", "default", "nowhere"];
    let mut text = String::new();
    for _ in 0..1 + dice.below(4) {
        let (test, key) = (*dice.one(&tests), *dice.one(&keys));
        let test = if test == "external" { "external != \"\"" } else { test };
        text.push_str(&format!("if {test} {{ return \"{key}\"; }}\n"));
    }
    text.push_str(dice.one::<&str>(&["\"a\"", "c2", "42", "[1, 2][hour]"]));
    text
}

fn pages(letter: char, dice: &mut Dice) -> PageNode {
    let first = dice.below(PAGES);
    let page = |n| id(letter, 1 + (first + n) % PAGES);
    let pages = (0..1 + dice.below(3))
        .map(|n| WeightedPage { page: page(n), weight: 1 + dice.below(9) as u32 })
        .collect();
    PageNode { pages, unseen_first: dice.once_in(3), ..PageNode::default() }
}

fn route(number: usize, dice: &mut Dice) -> Route {
    let group =
        |dice: &mut Dice| Group { rules: (0..1 + dice.below(2)).map(|_| rule(dice)).collect() };
    let groups = (0..1 + dice.below(2)).map(|_| group(dice)).collect();
    Route { key: format!("route-{number}"), groups }
}

/// Connects the node at `place` onward: server-side nodes only to later ones or to ends, so that
/// there is no circle.
fn connect(place: usize, funnel: &mut Funnel, dice: &mut Dice) {
    let from = funnel.nodes[place].id;
    let ends: Vec<EntityId> = targets(funnel, |at, node| at > 0 && (at > place || is_end(node)));
    let anywhere: Vec<EntityId> = targets(funnel, |at, _| at > 0);
    let mut made: Vec<Connection> = Vec::new();
    let mut add = |to, route: Option<String>, actions: Vec<u8>, fire, weight| {
        let id = id('C', place * 100 + made.len());
        made.push(Connection { id, from, to, weight, route, actions, fire });
    };
    match funnel.nodes[place].does.clone() {
        NodeKind::Traffic { .. } | NodeKind::Rotator { .. } => {
            for to in some_of(&ends, 4, dice) {
                add(to, None, vec![], vec![], 1 + dice.below(9) as u32);
            }
        }
        NodeKind::Lander(_) | NodeKind::Offer(_) => {
            let is_offer = matches!(funnel.nodes[place].does, NodeKind::Offer(_));
            for (n, to) in some_of(&anywhere, 3, dice).into_iter().enumerate() {
                // Ways may share action 1, and one way may listen to two.
                let own = 2 + n as u8;
                let actions = [vec![1], vec![own], vec![1, own]][dice.below(3)].clone();
                add(to, None, actions, fires(is_offer, dice), 1 + dice.below(9) as u32);
            }
        }
        NodeKind::Condition { routes, .. } => {
            for key in routes.iter().map(|r| r.key.as_str()).chain(["default"]) {
                add(*dice.one(&ends), Some(key.into()), vec![], vec![], 1);
            }
        }
        NodeKind::Logic { routes, .. } | NodeKind::Middleware { routes, .. } => {
            for key in routes.iter().map(String::as_str).chain(["default"]) {
                add(*dice.one(&ends), Some(key.into()), vec![], vec![], 1);
            }
        }
        // A way out may be missing: then the walk ends here, and says so.
        NodeKind::Tag { .. } | NodeKind::Webhook { .. } if !dice.once_in(8) => {
            add(*dice.one(&ends), None, vec![], vec![], 1);
        }
        NodeKind::Tag { .. } | NodeKind::Webhook { .. } | NodeKind::External { .. } => {}
    }
    funnel.connections.extend(made);
}

fn targets(funnel: &Funnel, fits: impl Fn(usize, &NodeKind) -> bool) -> Vec<EntityId> {
    let nodes = funnel.nodes.iter().enumerate();
    nodes.filter(|(at, node)| fits(*at, &node.does)).map(|(_, node)| node.id).collect()
}

fn is_end(node: &NodeKind) -> bool {
    matches!(node, NodeKind::Lander(_) | NodeKind::Offer(_) | NodeKind::External { .. })
}

/// Up to `most` different ones, at least one.
fn some_of(all: &[EntityId], most: usize, dice: &mut Dice) -> Vec<EntityId> {
    let first = dice.below(all.len());
    let count = 1 + dice.below(most.min(all.len()));
    (0..count).map(|n| all[(first + n) % all.len()]).collect()
}

fn fires(is_offer: bool, dice: &mut Dice) -> Vec<Firing> {
    let rev = if is_offer && dice.once_in(2) { "payout" } else { "1.50" };
    let conversion = Firing::Conversion(FiredConversion { rev: rev.into() });
    let event = Firing::Event(FiredEvent {
        name: "lead".into(),
        rev: dice.once_in(2).then_some(Micros(2_000_000)),
    });
    [vec![], vec![], vec![conversion.clone()], vec![conversion, event]][dice.below(4)].clone()
}

/// A valid rule of any test and operator.
pub fn rule(dice: &mut Dice) -> Rule {
    let all = tests();
    let Test { name, takes, operators } = dice.one(&all);
    let op = *dice.one(operators);
    let values = match op {
        Operator::Exists => vec![],
        _ => vec![value(name, *takes, op, dice)],
    };
    let timezone = (*dice.one(&["", "America/New_York", "Asia/Kolkata"])).to_owned();
    let cap = (*takes == Takes::Count).then(|| cap(dice));
    Rule { test: name.replace("NAME", "age"), op, values, timezone, cap }
}

fn cap(dice: &mut Dice) -> Cap {
    let calendar = CapPeriod::Calendar { period: "day".into(), timezone: String::new() };
    Cap {
        count: *dice.one(&[CapCount::Conversions, CapCount::Visits]),
        of: id('O', 1),
        statuses: vec![],
        over: dice.one(&[CapPeriod::Rolling { minutes: 60 }, calendar]).clone(),
    }
}

fn value(test: &str, takes: Takes, op: Operator, dice: &mut Dice) -> String {
    let text: &[&str] = match takes {
        Takes::Text if op == Operator::Matches => &["^u", "e$", "a|b", "[0-9]+"],
        Takes::Text => match test {
            "country" => &["US", "de", "FR"],
            "device" => &["mobile", "Desktop"],
            "asn" => &["AS15169", "7018"],
            _ => &["a", "us", "10", "-2.5", "Chrome"],
        },
        Takes::Version => &["9", "17.0", "10.15.7"],
        Takes::Network => &["192.0.2.0/24", "198.51.100.7", "2001:db8::/32"],
        Takes::Source => &["Z00000000001", "Z00000000002"],
        Takes::Tag => &["T00000000001", "T00000000002"],
        Takes::Node => &["N00000000001", "N00000000004"],
        Takes::Page => &["L00000000001", "O00000000002"],
        Takes::Offer => &["O00000000001", "O00000000003"],
        Takes::Flag => &["true", "false"],
        Takes::Percent => &["0", "30", "99.9", "100"],
        Takes::Time if matches!(op, Operator::Is | Operator::IsNot | Operator::InList) => {
            &["09:00-17:00", "22:00-06:00", "12:30"]
        }
        Takes::Time => &["09:00", "17:30"],
        Takes::Weekday => &["monday", "Sat", "7"],
        Takes::Date => &["2026-11-22", "2027-01-01"],
        Takes::Count => &["0", "5", "100"],
    };
    (*dice.one(text)).to_owned()
}

/// A sender that rules often know.
pub fn facts(dice: &mut Dice) -> Facts {
    let mut one = |choices: &[&str]| (*dice.one(choices)).to_owned();
    Facts {
        continent: one(&["NA", "EU", ""]).into(),
        country: one(&["US", "DE", "FR", ""]).into(),
        os: one(&["iOS", "Android", "Windows"]).into(),
        os_version: one(&["9", "17", "10.15.7", ""]).into(),
        browser: one(&["Chrome", "Safari"]).into(),
        browser_version: one(&["9", "120", ""]).into(),
        language: one(&["en", "de", ""]).into(),
        isp: one(&["Alpha", "Beta", ""]).into(),
        bot: one(&["", "", "", "crawler"]).into(),
        ip: one(&["192.0.2.9", "198.51.100.7", "2001:db8::1", ""]).parse().ok(),
        device: *dice.one(&[Device::Mobile, Device::Desktop, Device::Unknown]),
        asn: *dice.one(&[0, 15_169, 7_018]),
        ..Facts::default()
    }
}

/// Tracking fields that rules often know.
pub fn fields(dice: &mut Dice) -> Vec<(Field, CompactString)> {
    let values = ["a", "US", "10", "-3", "", "Chrome"];
    Field::all()
        .filter(|_| dice.bits().is_multiple_of(3))
        .zip(values.map(CompactString::from))
        .collect()
}

/// Answers that depend on the question and a seed alone.
pub struct Answers {
    pub seed: u64,
    pub connections: Vec<EntityId>,
}

impl Inputs for Answers {
    fn ask(&mut self, question: &Question) -> Reply {
        let mut hasher = DefaultHasher::new();
        (self.seed, question).hash(&mut hasher);
        let mut dice = Dice::new(hasher.finish());
        match question {
            Question::Sticky(_) => Reply::Connection(match self.connections.as_slice() {
                [] => None,
                all => dice.once_in(2).then(|| *dice.one(all)),
            }),
            Question::Cap(_) => Reply::Count(dice.below(10) as u64),
            Question::Data(_) => Reply::Text(dice.once_in(2).then(|| "10".into())),
            Question::Url => Reply::Text(Some("https://go.example/fts/a-b?c1=a".into())),
            Question::Referrer => {
                Reply::Text(dice.once_in(2).then(|| "https://a.example/x".into()))
            }
            Question::Answer(_) => answer(&mut dice),
            Question::Shown(_) => Reply::Page(dice.once_in(2).then(|| id('L', 1))),
            _ => Reply::Is(dice.once_in(2)),
        }
    }
}

/// What a service may say: any route, also one that nobody has, with data and tags, or nothing.
fn answer(dice: &mut Dice) -> Reply {
    if dice.once_in(3) {
        return Reply::NoAnswer(*dice.one(&[NoAnswer::Timeout, NoAnswer::Resting]));
    }
    let route = *dice.one(&[None, Some("a"), Some("b"), Some("default"), Some("nowhere")]);
    let data = [vec![], vec![("age".into(), "42".into())]][dice.below(2)].clone();
    let tags = [vec![], vec![id('T', 1)]][dice.below(2)].clone();
    Reply::Answer(ServiceAnswer { route: route.map(str::to_owned), data, tags })
}

/// The account in which random funnels are valid, some of its pages archived.
pub fn universe(dice: &mut Dice) -> Universe {
    let archived =
        (1..=PAGES).map(|n| id('L', n)).filter(|_| dice.bits().is_multiple_of(4)).collect();
    Universe { archived, ..Universe::new() }
}
