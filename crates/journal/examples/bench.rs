//! Measures the journal on this machine's disk: waits for the sync, finding, reading through, size.
//! `cargo run --release -p journal --example bench -- [folder] [records] [records per second]`

use journal::{Journal, Options};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const RUSH_TASKS: u64 = 256;

struct Plan {
    folder: PathBuf,
    records: u64,
    per_second: u64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder =
        arguments.next().map_or_else(|| std::env::temp_dir().join("journal-bench"), Into::into);
    let records = arguments.next().map_or(Ok(400_000), |text| text.parse())?;
    let per_second = arguments.next().map_or(Ok(5_000), |text| text.parse())?;
    let plan = Plan { folder, records, per_second };
    let _ = std::fs::remove_dir_all(&plan.folder);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(&plan))?;
    std::fs::remove_dir_all(&plan.folder)?;
    Ok(())
}

async fn run(plan: &Plan) -> Result<(), Box<dyn std::error::Error>> {
    // Nothing recent in memory: what is measured is the disk and the tables.
    let options = Options { recent_bytes: 0, segment_bytes: 16 << 20, ..Options::default() };
    let (journal, _) = Journal::open(&plan.folder, options.clone())?;
    let journal = Arc::new(journal);
    paced(&journal, plan.per_second).await;
    rush(&journal, plan.records).await;
    let sealing = Instant::now();
    while journal.health().sealed + 1 < journal.health().segments {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("sealing went on for {:.1} s", sealing.elapsed().as_secs_f64());
    let keys = read_through(&journal)?;
    find(&journal, &keys)?;
    let health = journal.health();
    let (bytes, records) = sealed_size(&plan.folder)?;
    println!(
        "sealed: {:.0} bytes a record of {}; {} records a sync",
        bytes as f64 / records as f64,
        payload(0).len(),
        health.synced / health.syncs.max(1),
    );
    drop(journal);
    let reopening = Instant::now();
    let (_, recovery) = Journal::open(&plan.folder, options)?;
    println!("reopening: {:.0} ms, {recovery}", reopening.elapsed().as_secs_f64() * 1e3);
    Ok(())
}

/// Open loop: a record every so often for five seconds, whatever the waits.
async fn paced(journal: &Arc<Journal>, per_second: u64) {
    let mut tasks = Vec::new();
    let start = Instant::now();
    for i in 0..per_second * 5 {
        let due = start + Duration::from_nanos(i * 1_000_000_000 / per_second);
        // The timer ticks by the millisecond: what fell due meanwhile goes out together.
        if due > Instant::now() {
            tokio::time::sleep_until(due.into()).await;
        }
        tasks.push(tokio::spawn(append(journal.clone(), due)));
    }
    let mut waits = Vec::new();
    for task in tasks {
        waits.push(task.await.unwrap_or_default());
    }
    percentiles(&format!("{per_second} a second, due to synced"), waits);
}

/// Closed loop: as many as go.
async fn rush(journal: &Arc<Journal>, records: u64) {
    let start = Instant::now();
    let tasks: Vec<_> = (0..RUSH_TASKS)
        .map(|_| {
            let journal = journal.clone();
            tokio::spawn(async move {
                let mut waits = Vec::new();
                for _ in 0..records / RUSH_TASKS {
                    waits.push(append(journal.clone(), Instant::now()).await);
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.unwrap_or_default());
    }
    let rate = waits.len() as f64 / start.elapsed().as_secs_f64();
    println!("{RUSH_TASKS} at once: {rate:.0} records a second");
    percentiles("  append to synced", waits);
}

async fn append(journal: Arc<Journal>, since: Instant) -> Duration {
    let at_ms = since_epoch_ms();
    let key = u128::from(at_ms) << 49 | u128::from(random() >> 15);
    let appended = journal.append(key, payload(key));
    if let Ok(number) = appended
        && journal.synced(number).await.is_ok()
    {
        return since.elapsed();
    }
    Duration::MAX
}

fn read_through(journal: &Journal) -> Result<Vec<u128>, journal::JournalError> {
    let start = Instant::now();
    let (mut keys, mut from) = (Vec::new(), 0);
    loop {
        let entries = journal.read(from, 4096)?;
        let Some(last) = entries.last() else { break };
        from = last.number + 1;
        keys.extend(entries.iter().map(|entry| entry.key));
    }
    println!(
        "reading through: {:.0} records a second",
        keys.len() as f64 / start.elapsed().as_secs_f64()
    );
    Ok(keys)
}

fn find(journal: &Journal, keys: &[u128]) -> Result<(), journal::JournalError> {
    let mut waits = Vec::new();
    for _ in 0..5_000 {
        let key = keys[random() as usize % keys.len()];
        let start = Instant::now();
        let found = journal.find(key)?;
        waits.push(start.elapsed());
        assert!(found.is_some_and(|entry| entry.key == key));
    }
    percentiles("find by key, any age", waits);
    Ok(())
}

/// Bytes and numbers of the sealed segments; their names tell the numbers.
fn sealed_size(folder: &Path) -> std::io::Result<(u64, u64)> {
    let (mut bytes, mut records) = (0, 0);
    for file in std::fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        let numbers: Vec<u64> = name.split('-').filter_map(|part| part.parse().ok()).collect();
        if let (true, [first, end, ..]) = (name.ends_with(".sealed"), &numbers[..]) {
            bytes += file.metadata()?.len();
            records += end - first;
        }
    }
    Ok((bytes, records))
}

/// As a tracked request looks: some 60 bytes of chance, the rest much like its neighbours'.
fn payload(key: u128) -> Vec<u8> {
    let sources = ["Push network A", "Native exchange", "Search brand", "Mail of Tuesday"];
    let agents = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36",
    ];
    let dice = random();
    let mut bytes = key.to_le_bytes()[..12].to_vec();
    for _ in 0..6 {
        bytes.extend(random().to_le_bytes());
    }
    for asset in 0..6 {
        bytes.extend(format!("3kT9xQ{:06}", (dice >> asset) % 40).bytes());
    }
    bytes.extend(sources[dice as usize % 4].bytes());
    bytes.extend(agents[(dice >> 8) as usize % 3].bytes());
    bytes.extend(
        format!("campaign-{} zone-{} 203.0.113.{}", dice % 50, dice % 3000, dice % 256).bytes(),
    );
    bytes.extend(b"https://news.example/articles/today?utm_source=push&utm_medium=cpc");
    bytes
}

fn percentiles(what: &str, mut waits: Vec<Duration>) {
    waits.sort();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{what}: p50 {:.2} ms, p90 {:.2}, p99 {:.2}, p99.9 {:.2}, most {:.2}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        at(1.0)
    );
}

fn since_epoch_ms() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as u64)
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
