//! Runs the built program under load, kills it again and again, and counts afterwards: every
//! conversion that was acknowledged is in the reports, once, with its money.
//! `make soak` runs it; SOAK_SECONDS says how long (60 by default).

use anyhow::{Context, bail, ensure};
use reqwest::{Client, redirect::Policy};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

const TRACK: &str = "127.0.0.1:18480";
const ADMIN: &str = "127.0.0.1:18481";
const VISITORS_AT_ONCE: usize = 16;
const BETWEEN_KILLS: Duration = Duration::from_secs(7);
const PATIENCE: Duration = Duration::from_secs(60);
/// How often in a row a running server answers 503 for a hit before it is taken for lost.
const MOST_UNAVAILABLE: u32 = 100;
const POLL: Duration = Duration::from_millis(50);

/// The program under test, its data and who talks to it.
struct Bench {
    program: PathBuf,
    data: tempfile::TempDir,
    client: Client,
    key: String,
}

/// What was answered.
#[derive(Default)]
struct Counts {
    stop: AtomicBool,
    entrances: AtomicU64,
    conversions: AtomicU64,
    retries: AtomicU64,
    /// Hits of clicks that were answered before they were on disk, and then killed. The program
    /// answers their postbacks with 503: a network would ask again for an hour.
    lost: AtomicU64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let seconds = std::env::var("SOAK_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(60);
    let bench = Arc::new(Bench::new()?);
    let mut server = bench.start().await?;
    let entrance = bench.set_up().await?;
    let counts = Arc::new(Counts::default());
    let visitors: Vec<_> = (0..VISITORS_AT_ONCE)
        .map(|_| tokio::spawn(visit(bench.clone(), counts.clone(), entrance.clone())))
        .collect();
    let (until, mut kills) = (Instant::now() + Duration::from_secs(seconds), 0);
    while Instant::now() < until {
        tokio::time::sleep(BETWEEN_KILLS.min(until - Instant::now())).await;
        println!("{} kB resident, {}", resident_kb(&server), counts.summary());
        server.kill()?;
        server.wait()?;
        kills += 1;
        server = bench.start().await?;
    }
    counts.stop.store(true, Relaxed);
    for visitor in visitors {
        visitor.await??;
    }
    let verdict = bench.compare(&counts).await;
    server.kill()?;
    server.wait()?;
    println!("killed {kills} times, {}", counts.summary());
    verdict
}

impl Counts {
    fn summary(&self) -> String {
        let read = |count: &AtomicU64| count.load(Relaxed);
        format!(
            "{} entrances answered, {} conversions acknowledged, {} calls repeated, {} hits lost",
            read(&self.entrances),
            read(&self.conversions),
            read(&self.retries),
            read(&self.lost)
        )
    }
}

impl Bench {
    fn new() -> anyhow::Result<Self> {
        let program = std::env::var_os("SOAK_PROGRAM").context("set SOAK_PROGRAM")?;
        let program = PathBuf::from(program);
        let data = tempfile::tempdir()?;
        let key = add_key(&program, data.path())?;
        let client =
            Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(10)).build()?;
        Ok(Self { program, data, client, key })
    }

    /// Starts the program and waits until it answers.
    async fn start(&self) -> anyhow::Result<Child> {
        let mut server = Command::new(&self.program)
            .args(["serve", "--track", TRACK, "--admin", ADMIN, "--data"])
            .arg(self.data.path())
            .stdout(Stdio::null())
            .spawn()?;
        let began = Instant::now();
        while self.client.get(format!("http://{TRACK}/debug/domain-check")).send().await.is_err() {
            if let Some(status) = server.try_wait()? {
                bail!("the program ended: {status}");
            }
            ensure!(began.elapsed() < PATIENCE, "the program does not answer");
            tokio::time::sleep(POLL).await;
        }
        Ok(server)
    }

    async fn api(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let url = format!("http://{ADMIN}/api/v1{path}");
        let answer = self.client.post(url).bearer_auth(&self.key).json(&body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    async fn make(&self, kind: &str, body: Value) -> anyhow::Result<String> {
        let made = self.api(&format!("/{kind}"), body).await?;
        Ok(made["id"].as_str().context("an asset has an ID")?.to_owned())
    }

    /// A funnel of one lander and one offer; gives the entrance's URL.
    async fn set_up(&self) -> anyhow::Result<String> {
        let source = self.make("traffic-sources", json!({"name": "Soak"})).await?;
        let lander =
            self.make("landers", json!({"name": "L", "url": "https://l.example/?h={hit}"})).await?;
        let offer =
            self.make("offers", json!({"name": "O", "url": "https://o.example/?h={hit}"})).await?;
        let node = |n: u8| format!("SoakNode000{n}");
        let connection = |n: u8, actions: Value| {
            let id = format!("SoakLink000{n}");
            json!({"id": id, "from": node(n), "to": node(n + 1), "actions": actions})
        };
        let page = |id: &str| json!([{"page": id, "weight": 1}]);
        let funnel = json!({"name": "Soak", "nodes": [
                {"id": node(1), "kind": "traffic"},
                {"id": node(2), "kind": "lander", "pages": page(&lander)},
                {"id": node(3), "kind": "offer", "pages": page(&offer)}],
            "connections": [connection(1, json!([])), connection(2, json!([1]))]});
        let funnel = self.make("funnels", funnel).await?;
        Ok(format!("http://{TRACK}/fts/{funnel}-{source}"))
    }

    /// Follows one step of a visitor: the hit that the destination carries, if it was answered.
    async fn step(&self, url: &str) -> Option<(String, String)> {
        let answer = self.client.get(url).header("user-agent", BROWSER).send().await.ok()?;
        let location = answer.headers().get("location")?.to_str().ok()?;
        let value = |name: &str| {
            let query = location.split_once('?')?.1;
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        Some((value("h")?, value("vid")?))
    }

    /// Calls until the call is acknowledged, as networks do.
    async fn convert(&self, hit: &str, tx: u64, counts: &Counts) -> anyhow::Result<()> {
        let url = format!("http://{TRACK}/pb/?hit={hit}&tx=soak-{tx}&rev=1.25");
        let (began, mut unavailable) = (Instant::now(), 0);
        loop {
            match self.client.get(&url).send().await {
                Ok(answer) if answer.status().is_success() => {
                    let Ok(text) = answer.text().await else { continue };
                    ensure!(text.trim() == "OK", "an answered hit was not known: {text} {url}");
                    counts.conversions.fetch_add(1, Relaxed);
                    return Ok(());
                }
                Ok(answer) if answer.status() == 503 => unavailable += 1,
                Ok(answer) => bail!("{} for {url}", answer.status()),
                Err(_) => unavailable = 0,
            }
            if unavailable > MOST_UNAVAILABLE {
                counts.lost.fetch_add(1, Relaxed);
                return Ok(());
            }
            counts.retries.fetch_add(1, Relaxed);
            ensure!(began.elapsed() < PATIENCE, "a postback is not acknowledged: {url}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until the reports show what was acknowledged, and not more.
    async fn compare(&self, counts: &Counts) -> anyhow::Result<()> {
        let expected = counts.conversions.load(Relaxed);
        let money = format!("{}.{:02}", expected * 125 / 100, expected * 125 % 100);
        let body = json!({"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z",
            "timezone": "UTC", "groupings": [{"by": "funnel"}]});
        let began = Instant::now();
        loop {
            // A report store that is still opening says so; that is no verdict.
            let answer = self.api("/reports/drilldown", body.clone()).await;
            let totals = answer.as_ref().map_or(&Value::Null, |report| &report["totals"]);
            let metrics = totals.get("metrics").unwrap_or(totals);
            if metrics["conversions"] == expected && metrics["revenue"] == money {
                let visits = &metrics["visits"];
                println!("the reports agree: {expected} conversions, {money}, {visits} visits");
                return Ok(());
            }
            ensure!(
                began.elapsed() < PATIENCE,
                "acknowledged {expected} conversions worth {money}, reported {answer:?}"
            );
            tokio::time::sleep(POLL).await;
        }
    }
}

const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

/// One visitor after another: entrance, click, conversion of the offer's hit.
async fn visit(bench: Arc<Bench>, counts: Arc<Counts>, entrance: String) -> anyhow::Result<()> {
    while !counts.stop.load(Relaxed) {
        let Some((lander, vid)) = bench.step(&entrance).await else {
            tokio::time::sleep(POLL).await;
            continue;
        };
        let number = counts.entrances.fetch_add(1, Relaxed);
        let click = format!("http://{TRACK}/action/1?hit={lander}&vid={vid}");
        if let Some((offer, _)) = bench.step(&click).await {
            bench.convert(&offer, number, &counts).await?;
        }
    }
    Ok(())
}

fn add_key(program: &Path, data: &Path) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(["key", "add", "--role", "owner", "--data"])
        .arg(data)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    Ok(text.split_whitespace().last().context("key add prints a key")?.to_owned())
}

fn resident_kb(server: &Child) -> u64 {
    let path = format!("/proc/{}/status", server.id());
    let status = std::fs::read_to_string(path).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}
