//! The real program as a child process on free loopback ports.

use reqwest::{Client, Response, redirect::Policy};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Longest wait for any answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which program, on which data, with its log where.
#[derive(Clone)]
pub struct Program {
    path: PathBuf,
    data: PathBuf,
    log: PathBuf,
}

impl Program {
    /// The executable `path` on the folder `data`; each life writes `log` anew.
    pub fn new(path: &Path, data: &Path, log: &Path) -> Self {
        Self { path: path.to_owned(), data: data.to_owned(), log: log.to_owned() }
    }

    /// A key of the API, made at the command line before anything serves.
    pub fn owner_key(&self) -> String {
        let output = self.command(&["key", "add", "--role", "owner"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .arg("--data")
            .arg(&self.data)
            // Compiling its patterns takes longer than most of these lives, and records need none.
            .env("RUNNEL_KNOWLEDGE", self.log.with_file_name("no-knowledge"))
            .stdin(Stdio::null());
        command
    }

    /// Starts the program without waiting for it.
    pub fn spawn(&self) -> Server {
        let child = self
            .command(&["serve", "--track", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(File::create(&self.log).unwrap())
            .spawn()
            .unwrap();
        let client = Client::builder().redirect(Policy::none()).timeout(PATIENCE).build().unwrap();
        let log = self.log.clone();
        Server { child, log, track: String::new(), admin: String::new(), client }
    }

    /// Starts the program and waits until it serves.
    pub async fn start(&self) -> Server {
        let mut server = self.spawn();
        let output = server.child.stdout.take().unwrap();
        let addresses = tokio::task::spawn_blocking(|| addresses(output)).await.unwrap();
        let Some((track, admin)) = addresses else {
            panic!("it does not serve: {}", server.log());
        };
        (server.track, server.admin) = (track, admin);
        server
    }
}

/// A running program; killed when dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    track: String,
    admin: String,
    /// Follows no redirects.
    pub client: Client,
}

impl Server {
    /// SIGKILL, and waits for the end.
    pub fn kill(&mut self) {
        self.send_kill();
        self.wait();
    }

    /// SIGKILL alone.
    pub fn send_kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Waits for the end.
    pub fn wait(&mut self) {
        self.child.wait().unwrap();
    }

    /// What this life has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Memory in use, in megabytes; 0 where the system does not tell.
    pub fn resident_mb(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1024
    }

    /// The URL of a path on the tracking domain.
    pub fn track(&self, path: &str) -> String {
        format!("{}{path}", self.track)
    }

    /// A call of the API.
    pub async fn api(&self, method: &str, path: &str, key: &str, body: Value) -> Response {
        let url = format!("{}{path}", self.admin);
        let request = self.client.request(method.parse().unwrap(), url).bearer_auth(key);
        let request = if body.is_null() { request } else { request.json(&body) };
        request.send().await.unwrap()
    }

    /// One of the program's counters; 0 before it counted anything.
    pub async fn counter(&self, name: &str, key: &str) -> u64 {
        let answer = self.api("GET", "/metrics", key, Value::Null).await;
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.unwrap();
        let of = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
        text.lines().find_map(of).unwrap_or(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the two addresses that the program prints once it serves.
fn addresses(output: ChildStdout) -> Option<(String, String)> {
    let (mut track, mut admin) = (None, None);
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let url = line.find("http://").map(|at| line[at..].trim().to_owned());
        if line.starts_with("tracking on") {
            track = url;
        } else if line.starts_with("API on") {
            admin = url;
        }
        if track.is_some() && admin.is_some() {
            break;
        }
    }
    Some((track?, admin?))
}
