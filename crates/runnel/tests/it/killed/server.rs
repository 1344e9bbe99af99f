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

/// A running program; killed when dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    track: String,
    admin: String,
    pub client: Client,
}

/// A key of the API, made at the command line before anything serves.
pub fn owner_key(data: &Path) -> String {
    let output = program(data, &["key", "add", "--role", "owner"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn program(data: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_runnel"));
    program
        .args(arguments)
        .arg("--data")
        .arg(data)
        // Compiling its patterns takes longer than most of these lives, and records need none.
        .env("RUNNEL_KNOWLEDGE", data.join("no-knowledge"))
        .stdin(Stdio::null());
    program
}

impl Server {
    /// Starts the program without waiting for it.
    pub fn spawn(data: &Path) -> Self {
        let log = data.join("log");
        let child = program(data, &["serve", "--track", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let client = Client::builder().redirect(Policy::none()).timeout(PATIENCE).build().unwrap();
        Self { child, log, track: String::new(), admin: String::new(), client }
    }

    /// Starts the program and waits until it serves.
    pub async fn start(data: &Path) -> Self {
        let mut server = Self::spawn(data);
        let output = server.child.stdout.take().unwrap();
        let addresses = tokio::task::spawn_blocking(|| addresses(output)).await.unwrap();
        let Some((track, admin)) = addresses else {
            panic!("it does not serve: {}", std::fs::read_to_string(&server.log).unwrap());
        };
        (server.track, server.admin) = (track, admin);
        server
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
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
