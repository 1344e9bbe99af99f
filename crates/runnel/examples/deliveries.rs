//! Deliveries against loopback receivers in the same process: how many a second, how much memory a
//! backlog takes, and what one dead destination of a hundred does to the others.
//!
//! `deliveries [drain [COUNT] | dead]`; both by default.

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rules::assets::{DeliveryLimits, SourcePostback, TrafficSource};
use rules::ids::EntityId;
use rules::told::Told;
use runnel::clock::Clock;
use runnel::config::Config;
use runnel::deliver::Deliveries;
use runnel::outbound::Outbound;
use runnel::snapshot::{Held, Snapshot};
use runnel::store::Database;
use runnel::store::deliveries::{DeliveryState, NewDelivery, owe};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const ROWS_AT_ONCE: usize = 1_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.first().map_or("both", String::as_str);
    if matches!(wanted, "both" | "drain") {
        let count = arguments.get(1).map_or(Ok(1_000_000), |text| text.parse())?;
        drain(count).await?;
    }
    if matches!(wanted, "both" | "dead") {
        let alone = crowd(None).await?;
        let beside = crowd(Some(50)).await?;
        println!("p99 of 99 destinations: {alone:.1} ms without, {beside:.1} ms beside a dead one");
    }
    Ok(())
}

/// A backlog is drained to four destinations.
async fn drain(count: usize) -> anyhow::Result<()> {
    let stage = Stage::open(4, 16, None).await?;
    let filling = Instant::now();
    for first in (0..count).step_by(ROWS_AT_ONCE) {
        let rows: Vec<_> = (first..count.min(first + ROWS_AT_ONCE)).map(|n| stage.row(n)).collect();
        owe(&stage.database, &rows).await?;
    }
    println!(
        "{count} owed in {:.0} s; {} MB resident",
        filling.elapsed().as_secs_f64(),
        resident()
    );
    let began = Instant::now();
    let stop = stage.run();
    let (mut before, mut most) = (0, 0);
    while before < count as u64 {
        tokio::time::sleep(Duration::from_secs(10).min(Duration::from_millis(count as u64))).await;
        let heard = stage.arrived.load(Ordering::Relaxed);
        most = most.max(resident());
        println!("{heard} arrived, {} MB resident", resident());
        anyhow::ensure!(heard > before, "nothing arrives any more");
        before = heard;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{:.0} deliveries/s over {seconds:.0} s; at most {most} MB", count as f64 / seconds);
    let _ = stop.send(true);
    Ok(())
}

/// A hundred destinations at 500 deliveries/s for 20 s; `dead` is the place of one that never answers.
/// The 99th percentile of milliseconds from owed to arrived at the others.
async fn crowd(dead: Option<usize>) -> anyhow::Result<f64> {
    let stage = Stage::open(100, 8, dead).await?;
    let stop = stage.run();
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for round in 0..1_000 {
        ticks.tick().await;
        let rows: Vec<_> = (0..10).map(|n| stage.row(round * 10 + n)).collect();
        owe(&stage.database, &rows).await?;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let _ = stop.send(true);
    let mut took = stage.took_us.lock().clone();
    took.sort_unstable();
    let place = took.len() * 99 / 100;
    println!("{} arrived, dead: {dead:?}", took.len());
    Ok(took.get(place).copied().unwrap_or_default() as f64 / 1000.0)
}

/// Sources whose postbacks go to a receiver here.
struct Stage {
    database: Database,
    deliveries: Arc<Deliveries>,
    keys: Vec<String>,
    began: Instant,
    arrived: Arc<AtomicU64>,
    took_us: Arc<Mutex<Vec<u64>>>,
    _dir: tempfile::TempDir,
}

impl Stage {
    async fn open(sources: usize, concurrency: u32, dead: Option<usize>) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let database = Database::open(dir.path()).await?;
        let (began, arrived, took_us) = (Instant::now(), Arc::default(), Arc::default());
        let address = receive(began, Arc::clone(&arrived), Arc::clone(&took_us)).await?;
        let clock = Clock::System;
        let mut snapshot = Snapshot::default();
        let mut keys = Vec::new();
        for n in 0..sources {
            let id = EntityId::new(clock.now_ms(), n as u64);
            let path = if dead == Some(n) { "dead" } else { "well" };
            let url = format!(
                "http://{address}/{path}?t={{tx}}&c={{external}}&r={{rev}}&d={{delivery-id}}"
            );
            let limits = DeliveryLimits { concurrency, per_second: 10_000, timeout_ms: 5_000 };
            let postback = SourcePostback { url, limits, ..SourcePostback::default() };
            let postbacks = BTreeMap::from([("conversion".to_owned(), postback)]);
            let asset = Arc::new(TrafficSource { postbacks, ..TrafficSource::default() });
            snapshot.sources.insert(id, Held { id, version: 1, archived: false, asset });
            keys.push(format!("source:{id}:conversion"));
        }
        let config = Config {
            outbound_allow: vec!["127.0.0.1".to_owned().try_into().map_err(anyhow::Error::msg)?],
            ..Config::default()
        };
        let snapshot = Arc::new(ArcSwap::from_pointee(snapshot));
        let outbound = Outbound::new(&config)?;
        let deliveries = Arc::new(Deliveries::new(clock, database.clone(), snapshot, outbound));
        Ok(Self { database, deliveries, keys, began, arrived, took_us, _dir: dir })
    }

    fn run(&self) -> watch::Sender<bool> {
        let (stop, stopped) = watch::channel(false);
        let deliveries = self.deliveries.clone();
        tokio::spawn(async move { deliveries.run(stopped).await });
        stop
    }

    /// A delivery like those of conversions: about 900 bytes of what is told.
    fn row(&self, n: usize) -> NewDelivery {
        let clock = Clock::System;
        let told = Told {
            delivery: clock.entity_id().to_string(),
            conversion: clock.entity_id().to_string(),
            hit: format!("{n:024}"),
            tx: self.began.elapsed().as_micros().to_string(),
            status: "approved".into(),
            fields: BTreeMap::from([("external".to_owned(), format!("click-{n}"))]),
            user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)".into(),
            ..Told::default()
        };
        let destination = self.keys[n % self.keys.len()].clone();
        let (state, reason) = (DeliveryState::Owed, String::new());
        NewDelivery { destination, told, state, reason, at_ms: clock.now_ms() }
    }
}

/// Answers 200 to all but `/dead`, which hears nothing.
async fn receive(
    began: Instant,
    arrived: Arc<AtomicU64>,
    took_us: Arc<Mutex<Vec<u64>>>,
) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (arrived, took_us) = (arrived.clone(), took_us.clone());
            tokio::spawn(serve(stream, began, arrived, took_us));
        }
    });
    Ok(address)
}

async fn serve(
    mut stream: TcpStream,
    began: Instant,
    arrived: Arc<AtomicU64>,
    took_us: Arc<Mutex<Vec<u64>>>,
) -> Option<()> {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::with_capacity(1024);
    loop {
        while !buffer.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        }
        let line = String::from_utf8_lossy(&buffer).into_owned();
        if line.starts_with("GET /dead") {
            // Silence until the caller gives up.
            let _ = stream.read_u8().await;
            return None;
        }
        let query: HashMap<_, _> =
            line.split(['?', '&', ' ']).filter_map(|p| p.split_once('=')).collect();
        let owed: u64 = query.get("t")?.parse().ok()?;
        took_us.lock().push((began.elapsed().as_micros() as u64).saturating_sub(owed));
        arrived.fetch_add(1, Ordering::Relaxed);
        buffer.clear();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.ok()?;
    }
}

/// Resident memory in megabytes (Linux).
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
