//! The real program as a process of its own, with a funnel made over its API.
//! Promise: it listens on free loopback ports, is ended by its own number, and its data go with it.

use crate::settings::Settings;
use crate::wire;
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// A process that ends with us.
pub struct Process(Child);

impl Process {
    /// Its number.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    /// Asks it to end, so that it can write what it has counted of itself; then ends it.
    fn drop(&mut self) {
        let asked = Command::new("kill").arg(self.pid().to_string()).status();
        let until = Instant::now() + PATIENCE;
        while asked.is_ok() && Instant::now() < until && matches!(self.0.try_wait(), Ok(None)) {
            std::thread::sleep(PAUSE);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The bare server; gives its address.
/// # Errors
/// It does not start.
pub fn bare() -> anyhow::Result<(Process, SocketAddr)> {
    let mut command = Command::new(std::env::current_exe()?);
    let (process, mut lines) = start(command.arg("bare"))?;
    let mut line = String::new();
    lines.read_line(&mut line)?;
    Ok((process, line.trim().parse()?))
}

/// The program.
pub struct Product {
    /// Its process.
    pub process: Process,
    /// Address of the tracking domains.
    pub track: SocketAddr,
    admin: SocketAddr,
    key: String,
    /// Path of the entrance.
    pub link: String,
    /// The funnel's ID.
    pub funnel: String,
    /// The source's ID.
    pub source: String,
    _data: tempfile::TempDir,
}

/// The node of the first lander.
pub const LANDER: &str = "BenchNodeLnd";

impl Product {
    /// Starts it on a new folder and makes the funnel.
    /// # Errors
    /// It does not start, or refuses the funnel.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        let data = tempfile::tempdir_in(&settings.data)?;
        let command = || {
            let mut command = Command::new(&settings.program);
            // The generator's visitors come from everywhere, through a proxy on this machine.
            command.env("RUNNEL_TRUSTED_PROXIES", "[private]").env("RUST_LOG", "warn");
            command.arg("--data").arg(data.path());
            command
        };
        let key = command().args(["key", "add", "--role", "owner"]).output()?;
        ensure!(key.status.success(), "{}", String::from_utf8_lossy(&key.stderr));
        let key = String::from_utf8(key.stdout)?.trim().to_owned();
        let mut serve = command();
        serve.args(["serve", "--track", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
        let (process, lines) = start(&mut serve)?;
        let mut lines = lines.lines();
        let mut address = |begin: &str| -> anyhow::Result<SocketAddr> {
            loop {
                let line = lines.next().context("the program ended before it served")??;
                if let Some(rest) = line.strip_prefix(begin) {
                    return Ok(rest.trim_end_matches("/api/v1").parse()?);
                }
            }
        };
        let (track, admin) = (address("tracking on http://")?, address("API on http://")?);
        std::thread::spawn(move || lines.for_each(drop));
        let empty = String::new;
        let (link, funnel, source) = (empty(), empty(), empty());
        let mut product = Self { process, track, admin, key, link, funnel, source, _data: data };
        product.draw()?;
        product.wait_until(0)?;
        Ok(product)
    }

    /// traffic → condition → rotator → one of two landers –1→ offer.
    fn draw(&mut self) -> anyhow::Result<()> {
        let fields = json!({"external": {"name": "clickid"}, "c1": {"name": "zone"}});
        let source = json!({"name": "Push", "fields": fields});
        self.source = self.make("traffic-sources", source)?;
        let page = |host: &str| format!("https://{host}.example/?h={{hit}}&zone={{c1}}");
        let l1 = self.make("landers", json!({"name": "L1", "url": page("lander")}))?;
        let l2 = self.make("landers", json!({"name": "L2", "url": page("lander")}))?;
        let offer = json!({"name": "O", "url": page("offer"), "payout": "2.50"});
        let offer = self.make("offers", offer)?;
        let rule = |test: &str, value: &str| json!({"test": test, "op": "is", "values": [value]});
        let route = json!({"key": "phones", "groups": [
            {"rules": [rule("device", "mobile"), rule("browser", "Chrome Mobile")]}]});
        let shows = |id: &str, kind: &str, page: &str| json!({"id": id, "kind": kind, "pages": [{"page": page, "weight": 1}]});
        let way = |n: u8, from: &str, to: &str| json!({"id": format!("BenchWay000{n}"), "from": from, "to": to});
        let with = |mut way: Value, name: &str, value: Value| {
            way[name] = value;
            way
        };
        let (root, condition, rotator) = ("BenchNodeTop", "BenchNodeCnd", "BenchNodeRot");
        let (second, shown) = ("BenchNodeLn2", "BenchNodeOff");
        let act = |n: u8, from: &str| with(way(n, from, shown), "actions", json!([1]));
        let drawn = json!({"name": "Bench", "nodes": [
                {"id": root, "kind": "traffic"},
                {"id": condition, "kind": "condition", "routes": [route]},
                {"id": rotator, "kind": "rotator"},
                shows(LANDER, "lander", &l1), shows(second, "lander", &l2),
                shows(shown, "offer", &offer)],
            "connections": [
                way(1, root, condition),
                with(way(2, condition, rotator), "route", json!("phones")),
                with(way(3, condition, second), "route", json!("default")),
                way(4, rotator, LANDER), way(5, rotator, second),
                act(6, LANDER), act(7, second)]});
        self.funnel = self.make("funnels", drawn)?;
        self.link = format!("/fts/{}-{}", self.funnel, self.source);
        Ok(())
    }

    fn make(&self, kind: &str, body: Value) -> anyhow::Result<String> {
        let made = self.api(kind, &body)?;
        Ok(made["id"].as_str().context("an asset has an ID")?.to_owned())
    }

    fn api(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let text = self.ask("POST", &format!("/api/v1/{path}"), &body.to_string())?;
        Ok(serde_json::from_str(&text)?)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
        let (key, length) = (&self.key, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: api\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        let (status, text) = wire::once(self.admin, request.as_bytes())?;
        ensure!((200..300).contains(&status), "{path}: {status} {text}");
        Ok(text)
    }

    /// Mean time of each stage of a click in microseconds, as the program's own metrics have it.
    /// # Errors
    /// There are no metrics.
    pub fn stages(&self) -> anyhow::Result<Vec<(String, f64)>> {
        let text = self.ask("GET", "/api/v1/metrics", "")?;
        let values = |name: &str| -> Vec<(String, f64)> {
            let begin = format!("{name}{{stage=\"");
            let lines =
                text.lines().filter_map(|line| line.strip_prefix(&begin)?.split_once("\"} "));
            lines.filter_map(|(stage, value)| Some((stage.into(), value.parse().ok()?))).collect()
        };
        let samples = values("runnel_stage_samples_total");
        let of = |stage: &str| samples.iter().find(|(own, _)| own == stage).map_or(1.0, |s| s.1);
        let times = values("runnel_stage_nanoseconds_total").into_iter();
        Ok(times.map(|(stage, time)| (stage.clone(), time / of(&stage) / 1e3)).collect())
    }

    /// Clicks that were answered before their record was on disk, as the program counts them.
    /// # Errors
    /// There are no metrics.
    pub fn answered_before_sync(&self) -> anyhow::Result<u64> {
        let text = self.ask("GET", "/api/v1/metrics", "")?;
        let value =
            |line: &str| line.strip_prefix("runnel_answered_before_sync_total ")?.parse().ok();
        // Until the first of them there is no such line.
        Ok(text.lines().find_map(value).unwrap_or_default())
    }

    /// Visits that reports show.
    /// # Errors
    /// There are no reports.
    pub fn visits(&self) -> anyhow::Result<u64> {
        let body = json!({"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z",
            "timezone": "UTC", "groupings": []});
        let report = self.api("reports/drilldown", &body)?;
        let totals = &report["totals"];
        let metrics = totals.get("metrics").unwrap_or(totals);
        metrics["visits"].as_u64().with_context(|| format!("no visits in {report}"))
    }

    /// Waits until reports show so many visits; gives how long that took.
    /// # Errors
    /// It took more than a minute.
    pub fn wait_until(&self, visits: u64) -> anyhow::Result<Duration> {
        let began = Instant::now();
        loop {
            // A report store that is being opened says so.
            let shown = self.visits();
            if shown.as_ref().is_ok_and(|shown| *shown >= visits) {
                return Ok(began.elapsed());
            }
            ensure!(began.elapsed() < PATIENCE, "reports show {shown:?} of {visits} visits");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn start(command: &mut Command) -> anyhow::Result<(Process, BufReader<ChildStdout>)> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().context("no output")?;
    Ok((Process(child), BufReader::new(output)))
}
