//! The real program as a process: started, asked, measured, killed.

use anyhow::{Context, bail, ensure};
use reqwest::Client;
use rules::ids::EntityId;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(1800);

/// The program, its data and a key.
pub struct Program {
    binary: PathBuf,
    data: PathBuf,
    key: String,
}

/// IDs of what visitors walk through.
#[derive(Clone)]
pub struct Funnel {
    pub funnel: EntityId,
    pub source: EntityId,
    pub nodes: [EntityId; 4],
    pub landers: Vec<EntityId>,
    pub offers: Vec<EntityId>,
}

/// A running server.
pub struct Server<'a> {
    program: &'a Program,
    child: Child,
    admin: String,
    client: Client,
    /// From the process's start to its first answer.
    pub ready: Duration,
}

impl Program {
    pub fn new(binary: &Path, data: &Path) -> anyhow::Result<Self> {
        let mut program = Self { binary: binary.into(), data: data.into(), key: String::new() };
        let output = program.command(&["key", "add", "--role", "owner"]).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        program.key = String::from_utf8(output.stdout)?.trim().to_owned();
        Ok(program)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--data").arg(&self.data).env("RUST_LOG", "warn");
        command
    }

    /// Runs `runnel rebuild`; what it said, and the most memory it had, in kB.
    pub fn rebuild(&self) -> anyhow::Result<(String, u64)> {
        let mut child = self.command(&["rebuild"]).stdout(Stdio::piped()).spawn()?;
        let mut most_kb = 0;
        while child.try_wait()?.is_none() {
            most_kb = most_kb.max(status_kb(child.id(), "VmHWM:"));
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "the rebuild failed");
        Ok((String::from_utf8(output.stdout)?, most_kb))
    }

    /// Starts the server; returns once it answers a visitor.
    pub async fn start(&self) -> anyhow::Result<Server<'_>> {
        let began = Instant::now();
        let serve = ["serve", "--track", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
        let mut child = self.command(&serve).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let mut address = |start: &str| loop {
            let Some(line) = lines.next() else { bail!("the program ended before it served") };
            if let Some(rest) = line?.strip_prefix(start) {
                return Ok(rest.to_owned());
            }
        };
        let (track, admin) = (address("tracking on ")?, address("API on ")?);
        std::thread::spawn(move || lines.for_each(drop));
        let client = Client::builder().timeout(PATIENCE).build()?;
        let answer = client.get(format!("{track}/debug/domain-check")).send().await?;
        ensure!(answer.status().is_success(), "it does not answer: {}", answer.status());
        let ready = began.elapsed();
        Ok(Server { program: self, child, admin, client, ready })
    }
}

impl Server<'_> {
    /// A call of the API; its answer.
    pub async fn api(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let url = format!("{}{path}", self.admin);
        let request = self.client.request(method.parse()?, url).bearer_auth(&self.program.key);
        let answer = request.json(&body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{method} {path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn make(&self, kind: &str, body: Value) -> anyhow::Result<EntityId> {
        let made = self.api("POST", &format!("/{kind}"), body).await?;
        Ok(made["id"].as_str().context("an asset has an ID")?.parse()?)
    }

    /// Makes a funnel of four nodes with some pages.
    pub async fn set_up(&self) -> anyhow::Result<Funnel> {
        let source = self.make("traffic-sources", json!({"name": "Scale"})).await?;
        let (mut landers, mut offers) = (Vec::new(), Vec::new());
        for n in 0..6 {
            let lander = json!({"name": format!("L{n}"), "url": "https://l.example/"});
            landers.push(self.make("landers", lander).await?);
            let offer = json!({"name": format!("O{n}"), "url": "https://o.example/"});
            offers.push(self.make("offers", offer).await?);
        }
        let node = |n: u8| format!("ScaleNode00{n}");
        let link = |n: u8, from: u8, actions: Value| {
            json!({"id": format!("ScaleLink00{n}"), "from": node(from), "to": node(from + 1),
                "actions": actions})
        };
        let shows = |pages: &[EntityId]| -> Vec<Value> {
            pages.iter().map(|page| json!({"page": page, "weight": 1})).collect()
        };
        let funnel = json!({"name": "Scale", "nodes": [
                {"id": node(1), "kind": "traffic"}, {"id": node(2), "kind": "rotator"},
                {"id": node(3), "kind": "lander", "pages": shows(&landers)},
                {"id": node(4), "kind": "offer", "pages": shows(&offers)}],
            "connections": [link(1, 1, json!([])), link(2, 2, json!([])), link(3, 3, json!([1]))]});
        let funnel = self.make("funnels", funnel).await?;
        let nodes = [1, 2, 3, 4].map(|n| node(n).parse());
        let [one, two, three, four] = nodes;
        Ok(Funnel { funnel, source, nodes: [one?, two?, three?, four?], landers, offers })
    }

    /// Waits until reports show everything up to a moment after this call.
    pub async fn wait_for_reports(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let health = self.api("GET", "/health", Value::Null).await?;
            if health["reportsAsOfMs"].as_u64().unwrap_or(0) > 0 {
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "reports never catch up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Memory it has at present, in MB.
    pub fn resident_mb(&self) -> f64 {
        status_kb(self.child.id(), "VmRSS:") as f64 / 1024.0
    }

    /// Of it what the system could not drop and read again from a file, in MB.
    pub fn own_mb(&self) -> f64 {
        status_kb(self.child.id(), "RssAnon:") as f64 / 1024.0
    }

    /// SIGKILL.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // Killed already, or left behind by a failure.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn status_kb(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}
