//! Reports against plain loops over what happened: random funnels, repeats, status changes,
//! groupings, clocks and zones.

mod crash;
mod http;
mod lacking;
mod truth;
mod world;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rules::assets::{Event, Funnel, Offer};
use rules::ids::EntityId;
use rules::money::Micros;
use runnel::error::Problem;
use runnel::feed;
use runnel::report::query::Drilldown;
use runnel::report::{Answer, Line, make};
use runnel::snapshot::{Held, Snapshot};
use runnel::store::facts::{Facts, Writer};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use truth::{ANY, Asked, COLUMNS, LISTS, Sums, Truth, offer_source};
use world::{Fed, START_MS, World, id};

/// A store filled with a world, in a folder of its own.
struct Filled {
    facts: Facts,
    _writer: Writer,
    _folder: tempfile::TempDir,
}

impl Filled {
    /// Feeds `world` in small pages, opening the store anew after every third.
    fn with(world: &World, page: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let facts = Facts::new(folder.path().into(), 250);
            let writer = facts.open().unwrap();
            (facts, writer)
        };
        let mut sources = Fed { world: world.clone(), page };
        let (mut facts, mut writer) = open();
        let mut steps = 0;
        while feed::step(&mut sources, &mut writer).unwrap() {
            steps += 1;
            if steps == 3 {
                drop((facts, writer));
                (facts, writer) = open();
            }
        }
        Self { facts, _writer: writer, _folder: folder }
    }
}

fn try_report(facts: &Facts, query: Value) -> Result<Answer, Problem> {
    let query: Drilldown = serde_json::from_value(query).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(make(facts, Arc::new(snapshot()), &query, Duration::from_secs(60)))
}

fn report(facts: &Facts, query: Value) -> Answer {
    try_report(facts, query).unwrap()
}

fn held<T>(n: u64, asset: T) -> (EntityId, Held<T>) {
    (id(n), Held { id: id(n), version: 1, archived: false, asset: Arc::new(asset) })
}

fn snapshot() -> Snapshot {
    let offer = |n: u64| {
        let asset = Offer { offer_source: offer_source(id(n)), ..Offer::default() };
        held(n, asset)
    };
    let grouped = Funnel { group: Some(id(77)), ..Funnel::default() };
    Snapshot {
        funnels: [held(1, grouped), held(2, Funnel::default())].into(),
        offers: world::OFFERS.map(offer).into(),
        events: [held(601, Event { name: "lead".into(), ..Event::default() })].into(),
        ..Snapshot::default()
    }
}

impl Asked {
    fn query(&self) -> Value {
        let time = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap().to_string();
        let filters: Vec<_> =
            self.filters.iter().map(|(by, key)| json!({"by": by, "include": [key]})).collect();
        let excluded = self.excluded.iter().map(|(by, key)| json!({"by": by, "exclude": [key]}));
        let filters: Vec<_> = filters.into_iter().chain(excluded).collect();
        let mut columns: Vec<String> = COLUMNS.iter().map(|c| column(c)).collect();
        columns.push("visitors".into());
        json!({
            "from": time(self.from_ms),
            "to": time(self.to_ms),
            "timezone": self.zone,
            "clock": if self.conversion_clock { "conversion" } else { "visit" },
            "bots": self.bots,
            "groupings": self.groupings.iter().map(|by| json!({"by": by})).collect::<Vec<_>>(),
            "filters": filters,
            "columns": columns,
            "limit": 10_000,
        })
    }
}

fn column(name: &str) -> String {
    name.strip_prefix("event.").map_or(name.into(), |part| format!("event.{}.{part}", id(601)))
}

fn sums(metrics: &Map<String, Value>) -> Sums {
    COLUMNS.map(|name| match &metrics[&column(name)] {
        Value::String(money) => money.parse::<Micros>().unwrap().0,
        count => count.as_i64().unwrap(),
    })
}

/// Holds each row against the truth, and each parent against its children.
fn compare(
    asked: &Asked,
    truth: &mut Truth,
    above: &[Option<String>],
    parent: &Sums,
    rows: &[Line],
) {
    let level = above.len();
    if level == asked.groupings.len() {
        return assert!(rows.is_empty());
    }
    let is_list = LISTS.contains(&asked.groupings[level]);
    let mut rest = *parent;
    for row in rows {
        let own = sums(&row.metrics);
        rest.iter_mut().zip(own).for_each(|(rest, own)| *rest -= own);
        let keys: Vec<_> = above.iter().cloned().chain([row.key.clone()]).collect();
        if row.key.is_none() && is_list {
            assert!(row.children.is_empty());
            if row.label == "(none)" {
                let any: Vec<_> =
                    keys[..level].iter().cloned().chain([Some(ANY.to_owned())]).collect();
                let (any, _) = truth.rows.remove(&any).unwrap_or_default();
                let none: Vec<_> = parent.iter().zip(any).map(|(all, any)| all - any).collect();
                assert_eq!(own.to_vec(), none, "{asked:?} {keys:?}");
            }
            continue;
        }
        let (expected, visitors) = truth.rows.remove(&keys).unwrap_or_default();
        assert_eq!(own, expected, "{asked:?} {keys:?}");
        assert_eq!(row.metrics["visitors"], json!(visitors.len()), "{asked:?} {keys:?}");
        assert!(row.metrics["visitors"].as_i64() <= row.metrics["visits"].as_i64());
        compare(asked, truth, &keys, &own, &row.children);
    }
    assert_eq!(rest, Sums::default(), "children balance their parent: {asked:?} {above:?}");
}

fn hold(asked: &Asked, world: &World, filled: &Filled) {
    let answer = report(&filled.facts, asked.query());
    let mut truth = asked.answer(world);
    let totals = sums(&answer.totals);
    assert_eq!(totals, truth.totals, "{asked:?}");
    assert_eq!(answer.totals["visitors"], json!(truth.visitors), "{asked:?}");
    compare(asked, &mut truth, &[], &totals, &answer.rows);
    // Whatever is left must be nothing, or a pseudo-row that was looked at without a (none) row.
    for (keys, (sums, _)) in truth.rows {
        let pseudo = keys.last().is_some_and(|key| key.as_deref() == Some(ANY));
        assert!(pseudo || sums == Sums::default(), "{asked:?} lacks {keys:?}");
    }
}

const SCALARS: [&str; 22] = [
    "funnel",
    "funnel-group",
    "source",
    "country",
    "campaign",
    "bot",
    "date",
    "hour",
    "weekday",
    "month",
    "status",
    "tx",
    "event",
    "time-to-convert",
    "c1",
    "device",
    "os",
    "os-version",
    "ip",
    "referrer",
    "referrer-domain",
    "tracking-domain",
];
/// The tags of a visitor change nowhere in these worlds.
const PATHS: [&str; 8] =
    ["node", "node-kind", "page", "lander", "offer", "offer-source", "action", "tag"];

fn filter() -> impl Strategy<Value = (&'static str, Option<String>)> {
    let text = |n: u64| Some(id(n).to_string());
    prop_oneof![
        Just(("country", Some("US".into()))),
        Just(("country", None)),
        Just(("campaign", Some("a".into()))),
        Just(("lander", text(102))),
        Just(("offer", text(202))),
        Just(("offer-source", text(701))),
        Just(("node", text(50))),
        Just(("node-kind", Some("rotator".into()))),
        Just(("funnel", text(1))),
    ]
}

fn excluded() -> impl Strategy<Value = (&'static str, Option<String>)> {
    prop_oneof![
        Just(("country", Some("DE".into()))),
        Just(("country", None)),
        Just(("c1", Some("x".into()))),
        Just(("device", Some("mobile".into()))),
        Just(("source", Some(id(3).to_string()))),
        Just(("status", Some("pending".into()))),
        Just(("referrer-domain", Some("ref.example".into()))),
    ]
}

const ZONES: [&str; 6] = [
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "America/New_York",
];

fn asked() -> impl Strategy<Value = Asked> {
    let groupings = (subsequence(&SCALARS[..], 0..=2), subsequence(&PATHS[..], 0..=2))
        .prop_flat_map(|(scalars, paths)| Just([scalars, paths].concat()).prop_shuffle());
    let filters = proptest::collection::vec(filter(), 0..=2);
    let filters = (filters, proptest::collection::vec(excluded(), 0..=1));
    let bots = select(vec!["exclude", "include", "only"]);
    let rest = (select(ZONES.to_vec()), bots, 0i64..30, 1i64..200, any::<bool>());
    (groupings, filters, rest).prop_map(|(groupings, filters, rest)| {
        let ((filters, excluded), (zone, bots, from_hours, hours, conversion_clock)) =
            (filters, rest);
        let from_ms = START_MS as i64 + (from_hours - 1) * 3_600_000;
        let to_ms = from_ms + hours * 3_600_000;
        Asked { from_ms, to_ms, zone, conversion_clock, bots, groupings, filters, excluded }
    })
}

/// As many worlds as `REPORT_CASES` says.
fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("REPORT_CASES").ok().map(|text| text.parse().expect("REPORT_CASES"));
    ProptestConfig { cases: asked.unwrap_or(usual), ..ProptestConfig::default() }
}

/// Nothing of a conversion or event is left in `sums` but that it was rejected.
fn assert_nothing_left(asked: &Asked, metrics: &Map<String, Value>) {
    const EARNED: [&str; 11] = [
        "conversions",
        "indirect",
        "pending",
        "approved",
        "refunded",
        "expectedRevenue",
        "revenue",
        "revenueTold",
        "event.count",
        "event.revenue",
        "event.revenueTold",
    ];
    let sums = sums(metrics);
    for name in EARNED {
        let at = COLUMNS.iter().position(|column| *column == name).unwrap();
        assert_eq!(sums[at], 0, "{asked:?} {name}");
    }
}

fn assert_nothing_left_in(asked: &Asked, rows: &[Line]) {
    for row in rows {
        assert_nothing_left(asked, &row.metrics);
        assert_nothing_left_in(asked, &row.children);
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn what_is_deleted_in_the_end_leaves_nothing_anywhere(
        seed: u64,
        visits in 1usize..12,
        page in 1usize..40,
        all in proptest::collection::vec(asked(), 4),
    ) {
        let world = World::random(seed, visits).rejected();
        let filled = Filled::with(&world, page);
        for asked in &all {
            let answer = report(&filled.facts, asked.query());
            assert_nothing_left(asked, &answer.totals);
            assert_nothing_left_in(asked, &answer.rows);
        }
    }

    #[test]
    fn a_report_is_what_happened(
        seed: u64,
        visits in 1usize..25,
        page in 1usize..40,
        all in proptest::collection::vec(asked(), 6),
    ) {
        let world = World::random(seed, visits);
        let filled = Filled::with(&world, page);
        for asked in &all {
            hold(asked, &world, &filled);
        }
    }
}
