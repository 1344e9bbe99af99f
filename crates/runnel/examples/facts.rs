//! Measures the report store: rows a second of feed, bytes a row, times of queries. Processor time
//! (Linux) stands beside the clock's, for machines that do other things too.
//! `cargo run --release -p runnel --example facts -- 1000000 [rows a step] [folder to keep]`; a server
//! that takes 5,000 requests a second has steps of 1,000 rows and more.

use compact_str::{CompactString, format_compact};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::assets::Field;
use rules::cost_change::CostChange;
use rules::facts::{Device, Facts as Sender};
use rules::ids::{EntityId, HitId, IdKey, IdKeys, RequestKey, Vid};
use rules::money::Micros;
use rules::record::{Cost, Passed, PassedKind, PlanId, Record, RequestKind, Step, Taken};
use runnel::feed::{Each, Page, Sources, step};
use runnel::report::make;
use runnel::report::query::Drilldown;
use runnel::snapshot::Snapshot;
use runnel::store::facts::Facts;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

const START_MS: u64 = 1_790_000_000_000;

fn id(n: u64) -> EntityId {
    EntityId::new(1_700_000_000_000, n)
}

/// Records made as they are read: an entrance to a lander, every other one followed by a click.
struct Traffic {
    keys: IdKeys,
    rng: StdRng,
    most: u64,
    page: usize,
    making: Duration,
    made: Duration,
}

impl Traffic {
    fn record(&mut self, number: u64) -> Record {
        let at_ms = START_MS + number * 40;
        let request = RequestKey::new(at_ms, 0, self.rng.random());
        let (lander, offer) = (number % 8, self.rng.random_range(0..30));
        let step = |i, kind, node, page: Option<u64>| Step {
            checksum: request.hit(i, &self.keys).checksum(),
            node: id(node),
            kind,
            page: page.map(id),
            by: None,
            first: true,
        };
        let entered = [
            step(0, PassedKind::Traffic, 1, None),
            step(1, PassedKind::Rotator, 2, None),
            step(2, PassedKind::Lander, 3, Some(100 + lander)),
        ];
        let path = entered.iter().map(|s| Passed { node: s.node, kind: s.kind, page: s.page });
        let path: Vec<_> = path.collect();
        let entrance = number % 3 != 2;
        let action = (!entrance).then(|| taken(request.hit(0, &self.keys), 100 + lander));
        let steps = match entrance {
            true => entered.to_vec(),
            false => vec![step(0, PassedKind::Offer, 5, Some(200 + offer))],
        };
        let cost = Micros(self.rng.random_range(1_000..50_000));
        Record {
            request,
            kind: if entrance { RequestKind::Entrance } else { RequestKind::Action },
            vid: Vid::new(at_ms, self.rng.random(), &self.keys),
            new_visitor: true,
            visit: request.hit(0, &self.keys),
            previous: None,
            previous_visit: None,
            funnel: id(10 + number % 20),
            source: id(40 + number % 5),
            plan: PlanId(1),
            seed: 1,
            action,
            steps,
            path: if entrance { Vec::new() } else { path },
            actions: Vec::new(),
            facts: self.sender().into(),
            own_facts: None,
            fields: self.fields().into(),
            buffer: Vec::new(),
            cost: entrance.then_some(Cost { amount: cost }),
            visit_cost: cost,
            fires: Vec::new(),
            consulted: Vec::new(),
            tags: Vec::new(),
            domain: "go.example".into(),
            referrer: format_compact!("https://site{}.example/", self.rng.random_range(0..500)),
            user_agent: String::new(),
            gpc: false,
        }
    }

    fn sender(&mut self) -> Sender {
        let n: u32 = self.rng.random();
        Sender {
            ip: Some(std::net::Ipv4Addr::from_bits(n).into()),
            continent: "EU".into(),
            country: ["US", "DE", "FR", "GB", "IT", "ES", "BR", "IN"][n as usize % 8].into(),
            isp: format!("Network {}", n % 3000).into(),
            device: if n.is_multiple_of(3) { Device::Desktop } else { Device::Mobile },
            os: "Android".into(),
            os_version: (9 + n % 6).to_string().into(),
            browser: "Chrome".into(),
            browser_version: (100 + n % 30).to_string().into(),
            language: "en".into(),
            ..Sender::default()
        }
    }

    fn fields(&mut self) -> Vec<(Field, CompactString)> {
        let rng = &mut self.rng;
        let mut all = Field::all().skip(2);
        let mut next = |value: String| (all.next().unwrap_or(Field::CAMPAIGN), value.into());
        vec![
            (Field::CAMPAIGN, format_compact!("campaign {}", rng.random_range(0..40))),
            (
                Field::EXTERNAL,
                format_compact!("{:016x}{:08x}", rng.random::<u64>(), rng.random::<u32>()),
            ),
            next(format!("zone-{}", rng.random_range(0..20_000))),
            next(format!("creative-{}", rng.random_range(0..200))),
        ]
    }
}

fn taken(from: HitId, page: u64) -> Taken {
    let (node, page, kind) = (id(3), Some(id(page)), PassedKind::Lander);
    Taken { from, node, page, kind, number: 1, connection: id(9), first: true }
}

impl Sources for Traffic {
    fn records(&mut self, from: u64, most: usize, each: &mut Each<'_>) -> anyhow::Result<u64> {
        let (began, used) = (Instant::now(), processor());
        let next = self.most.min(from + most.min(self.page) as u64);
        let made: Vec<_> = (from..next).map(|number| (number, self.record(number))).collect();
        self.making += began.elapsed();
        self.made += processor() - used;
        made.iter().for_each(|(number, record)| each(*number, Ok(record)));
        Ok(next)
    }

    fn entries(&mut self, after: i64, _: usize) -> anyhow::Result<Page<rules::entry::Entry, i64>> {
        Ok(Page { items: Vec::new(), next: after })
    }

    fn costs(&mut self, after: i64) -> anyhow::Result<Page<CostChange, i64>> {
        Ok(Page { items: Vec::new(), next: after })
    }
}

/// Processor time of this process so far, all threads; zero where the system does not tell.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    // User and system time are the 14th and 15th field, in hundredths of a second.
    let ticks = fields.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let most = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    tracing_subscriber::fmt::init();
    let page = std::env::args().nth(2).and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let kept = std::env::args().nth(3).map(std::path::PathBuf::from);
    let own = std::env::temp_dir().join(format!("runnel-facts-{}", std::process::id()));
    let folder = kept.clone().unwrap_or(own);
    std::fs::create_dir_all(&folder)?;
    let facts = Facts::new(folder.clone(), 250);
    fill(&facts, most, page)?;
    let bytes = std::fs::metadata(folder.join("facts.duckdb"))?.len();
    println!("store: {} bytes a row", bytes / most);
    for groupings in [
        vec![],
        vec!["country"],
        vec!["date", "country", "device"],
        vec!["c1"],
        vec!["external"],
        vec!["lander"],
        vec!["lander", "offer"],
        vec!["node", "country"],
    ] {
        time(&facts, &groupings).await?;
    }
    if kept.is_none() {
        std::fs::remove_dir_all(folder)?;
    }
    Ok(())
}

fn fill(facts: &Facts, most: u64, page: usize) -> anyhow::Result<()> {
    let keys = IdKeys::new(IdKey([7; 16]), vec![]);
    let rng = StdRng::seed_from_u64(1);
    let (making, made) = (Duration::ZERO, Duration::ZERO);
    let mut traffic = Traffic { keys, rng, most, page, making, made };
    let (began, used) = (Instant::now(), processor());
    let mut writer = facts.open()?;
    while step(&mut traffic, &mut writer)? {}
    let (fed, used) = (began.elapsed() - traffic.making, processor() - used - traffic.made);
    let each = |time: Duration| time.as_micros() as f64 / most as f64;
    println!("feed: {most} rows, {:.1} µs each, {:.1} of the processor", each(fed), each(used));
    let began = Instant::now();
    writer.checkpoint();
    println!("last checkpoint: {:.1?}", began.elapsed());
    Ok(())
}

async fn time(facts: &Facts, groupings: &[&str]) -> anyhow::Result<()> {
    let levels: Vec<_> = groupings.iter().map(|by| json!({"by": by})).collect();
    let query = json!({"from": "2026-01-01T00:00:00Z", "to": "2028-01-01T00:00:00Z",
        "timezone": "Europe/Berlin", "groupings": levels});
    let query: Drilldown = serde_json::from_value(query)?;
    let (began, used) = (Instant::now(), processor());
    let made = make(facts, Arc::new(Snapshot::default()), &query, Duration::from_secs(600)).await;
    let answer = made.map_err(|problem| anyhow::anyhow!("{problem:?}"))?;
    let (took, used) = (began.elapsed(), processor() - used);
    println!("{groupings:?}: {took:.0?}, {used:.0?} of the processor, {} rows", answer.rows_total);
    Ok(())
}
