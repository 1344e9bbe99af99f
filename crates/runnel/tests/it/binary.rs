//! The real program as its own process: started on free loopback ports, killed by its own PID.

use reqwest::{Client, Response, redirect::Policy};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running `runnel serve`.
pub struct Binary {
    child: Child,
    pub track: String,
    pub admin: String,
    pub key: String,
    pub client: Client,
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runnel"));
    let knowledge = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.setup/knowledge");
    command.env("RUNNEL_KNOWLEDGE", knowledge).env("RUST_LOG", "warn").arg("--data").arg(data);
    command
}

/// Makes an owner's key by the command line.
pub fn owner_key(data: &Path) -> String {
    let output = command(data).args(["key", "add", "--role", "owner"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Binary {
    /// Starts the program on the folder `data` and waits until it serves.
    pub fn start(data: &Path, key: &str) -> Self {
        Self::start_with(data, key, &[])
    }

    /// As [`Self::start`], with more arguments.
    pub fn start_with(data: &Path, key: &str, arguments: &[&str]) -> Self {
        Self::run(command(data), key, arguments)
    }

    /// As [`Self::start`], without data about addresses and browsers, which take longest to load.
    pub fn start_plain(data: &Path, key: &str) -> Self {
        let mut plain = command(data);
        plain.env("RUNNEL_KNOWLEDGE", data.join("no-knowledge"));
        Self::run(plain, key, &[])
    }

    fn run(mut command: Command, key: &str, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--track", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |start: &str| loop {
            let line = lines.next().expect("the program ended before it served").unwrap();
            if let Some(rest) = line.strip_prefix(start) {
                return rest.trim_end_matches("/api/v1").to_owned();
            }
        };
        let (track, admin) = (address("tracking on "), address("API on "));
        // Whatever else it prints is read, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { child, track, admin, key: key.to_owned(), client }
    }

    /// GET on the tracking domain as a browser.
    pub async fn get(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.track);
        self.client.get(url).header("user-agent", crate::world::IPHONE).send().await.unwrap()
    }

    /// A call of the API with the owner's key; panics unless it succeeds.
    pub async fn api(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/api/v1{path}", self.admin);
        let request = self.client.request(method.parse().unwrap(), url).bearer_auth(&self.key);
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Makes an asset and gives its ID.
    pub async fn make(&self, kind: &str, body: Value) -> String {
        self.api("POST", &format!("/{kind}"), body).await["id"].as_str().unwrap().to_owned()
    }

    /// A drill-down over all time, by visit time.
    pub async fn report(&self, groupings: Value) -> Value {
        let body = json!({"from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z",
            "timezone": "UTC", "groupings": groupings, "limit": 1000});
        self.api("POST", "/reports/drilldown", body).await
    }

    /// Memory that it holds at present.
    pub fn resident_kb(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Ends it at once, as a power cut would end the process.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "it did not end cleanly");
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
