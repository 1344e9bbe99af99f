//! What stored hits cost: writes a journal of N hits as the product would, then measures bytes, the
//! rebuild, the start after a kill, look-ups, memory and reports, with the real program.
//! `make scale HITS=10000000`; `SCALE_PROGRAM` names the program, `SCALE_FOLDER` where to work
//! (removed afterwards).

mod journal;
mod measure;
mod program;
mod traffic;

use anyhow::Context;
use measure::{Table, bytes_of};
use program::Program;
use rules::ids::HitId;
use runnel::app::App;
use runnel::clock::Clock;
use runnel::config::Config;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// One visit in so many converts, …
const VISITS_PER_CONVERSION: u64 = 30;
/// … up to so many: each is booked through the API, which is not what is measured.
const MOST_CONVERSIONS: u64 = 100_000;
/// Requests that a kill finds written behind the last snapshot of sessions: ten seconds' worth.
const BEHIND_THE_SNAPSHOT: u64 = 50_000;
const LOOK_UPS: usize = 20_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let hits = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let program = std::env::var_os("SCALE_PROGRAM").context("SCALE_PROGRAM names the program")?;
    let folder = std::env::var_os("SCALE_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
    let data = folder.join(format!("runnel-scale-{}", std::process::id()));
    std::fs::create_dir_all(&data)?;
    let measured = run(Path::new(&program), &data, hits).await;
    std::fs::remove_dir_all(&data)?;
    measured?.print();
    Ok(())
}

async fn run(binary: &Path, data: &Path, hits: u64) -> anyhow::Result<Table> {
    let mut table = Table::default();
    let program = Program::new(binary, data)?;
    let server = program.start().await?;
    let funnel = server.set_up().await?;
    server.kill()?;

    let keys = journal::keys(data).await?;
    let mut traffic = traffic::Traffic::new(keys, &funnel, hits);
    let began = Instant::now();
    let written = journal::write(data, &mut traffic, u64::MAX)?;
    let wrote = began.elapsed();
    table.line("hits", written.hits as f64, "");
    table.line("requests", written.records as f64, "");
    table.line("written in", wrote.as_secs_f64(), "s");
    let journal = bytes_of(&data.join("journal"))? as f64;
    table.line("journal, sealed, a hit", journal / written.hits as f64, "bytes");
    table.line("journal, sealed, a request", journal / written.records as f64, "bytes");

    look_up(data, &traffic, &mut table).await?;
    let conversions = (traffic.visits() / VISITS_PER_CONVERSION).min(MOST_CONVERSIONS);
    convert(&program, &traffic.sample(conversions), &mut table).await?;
    rebuild(&program, data, written, &mut table)?;

    // The newest requests are behind the snapshot of sessions, as a kill leaves them.
    journal::write(data, &mut traffic, BEHIND_THE_SNAPSHOT)?;
    started(&program, &mut table).await?;
    reports(&program, &mut table).await?;
    Ok(table)
}

/// Books the hits as conversions, through the API.
async fn convert(program: &Program, hits: &[HitId], table: &mut Table) -> anyhow::Result<()> {
    let server = program.start().await?;
    let began = Instant::now();
    for chunk in hits.chunks(10_000) {
        let lines: Vec<_> = chunk.iter().map(|hit| format!("{hit}:T{hit}, 7.50")).collect();
        let body = json!({"lines": lines.join("\n")});
        server.api("PUT", "/updates/conversions", body).await?;
    }
    let took = began.elapsed().as_secs_f64();
    table.line("conversions uploaded while reports fill", hits.len() as f64 / took, "a second");
    server.wait_for_reports().await?;
    table.line("memory when reports are filled", server.resident_mb(), "MB");
    table.line("… of it not a file's", server.own_mb(), "MB");
    server.kill()
}

fn rebuild(
    program: &Program,
    data: &Path,
    written: journal::Written,
    table: &mut Table,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let (said, most_kb) = program.rebuild()?;
    let took = began.elapsed().as_secs_f64();
    said.lines().for_each(|line| println!("{line}"));
    table.line("`runnel rebuild`", took, "s");
    table.line("hits rebuilt", written.hits as f64 / took, "a second");
    table.line("requests rebuilt", written.records as f64 / took, "a second");
    table.line("memory at most while rebuilding", most_kb as f64 / 1024.0, "MB");
    let facts = bytes_of(&data.join("facts.duckdb"))? as f64;
    table.line("facts, a hit", facts / written.hits as f64, "bytes");
    table.line("facts, a request", facts / written.records as f64, "bytes");
    let sessions = bytes_of(&data.join("sessions"))? as f64;
    table.line("sessions, a hit", sessions / written.hits as f64, "bytes");
    Ok(())
}

/// Starts, is killed, starts again.
async fn started(program: &Program, table: &mut Table) -> anyhow::Result<()> {
    let server = program.start().await?;
    table.line("ready, ten busy seconds behind the snapshot", server.ready.as_secs_f64(), "s");
    server.kill()?;
    let server = program.start().await?;
    table.line("ready after SIGKILL", server.ready.as_secs_f64(), "s");
    server.wait_for_reports().await?;
    table.line("memory after the start", server.resident_mb(), "MB");
    table.line("… of it not a file's", server.own_mb(), "MB");
    server.kill()
}

/// Reports over everything.
async fn reports(program: &Program, table: &mut Table) -> anyhow::Result<()> {
    let server = program.start().await?;
    server.wait_for_reports().await?;
    for groupings in [
        vec![],
        vec!["country"],
        vec!["date"],
        vec!["date", "country", "device"],
        vec!["c1"],
        vec!["lander", "offer"],
        vec!["node", "country"],
        vec!["external"],
    ] {
        let levels: Vec<Value> = groupings.iter().map(|by| json!({"by": by})).collect();
        let query = json!({"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z",
            "timezone": "Europe/Berlin", "groupings": levels, "limit": 50});
        let began = Instant::now();
        let answer = server.api("POST", "/reports/drilldown", query).await;
        let name = format!("report of {}", named(&groupings));
        match answer {
            Ok(_) => table.line(&name, began.elapsed().as_secs_f64(), "s"),
            Err(error) => println!("{name}: {error}"),
        }
    }
    table.line("memory after the reports", server.resident_mb(), "MB");
    table.line("… of it not a file's", server.own_mb(), "MB");
    server.kill()
}

fn named(groupings: &[&str]) -> String {
    if groupings.is_empty() { "totals".into() } else { groupings.join(" × ") }
}

/// Times the program's own look-up of random hits of all ages.
async fn look_up(data: &Path, traffic: &traffic::Traffic, table: &mut Table) -> anyhow::Result<()> {
    let config = Config { data: data.into(), ..Config::default() };
    let app = App::open(config, Clock::System).await?;
    let mut times = Vec::new();
    for hit in traffic.sample(LOOK_UPS as u64) {
        let began = Instant::now();
        anyhow::ensure!(app.record_of(hit).is_some(), "{hit} is not found");
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let at = |part: usize| {
        let place = (times.len() * part / 1000).min(times.len() - 1);
        times.get(place).copied().unwrap_or(Duration::ZERO).as_secs_f64() * 1000.0
    };
    table.line("a hit of any age found, p50", at(500), "ms");
    table.line("a hit of any age found, p99", at(990), "ms");
    table.line("a hit of any age found, p99.9", at(999), "ms");
    Ok(())
}
