//! The whole product in process: temporary stores, a fake clock, real HTTP on free loopback ports.
//! A test moves the clock, clicks, posts, and waits for reports by condition, never by sleeping.

use reqwest::{Client, Response, redirect::Policy};
use runnel::cli::key::add;
use runnel::clock::Clock;
use runnel::config::Config;
use runnel::enrich::Proxy;
use runnel::running::Running;
use runnel::store::people::Role;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use tempfile::TempDir;

/// 2026-11-01T12:00:00Z: where every world's clock begins.
pub const START_MS: u64 = 1_793_534_400_000;

/// A running server with a browser-like client that follows no redirect.
pub struct World {
    running: Option<Running>,
    pub clock: Clock,
    pub client: Client,
    pub key: String,
    demo: bool,
    dir: TempDir,
}

impl World {
    /// A new, empty server.
    pub async fn new() -> Self {
        Self::with(false).await
    }

    /// A server that serves the demo's pages.
    pub async fn demo() -> Self {
        Self::with(true).await
    }

    /// A server behind a proxy on this machine, whose forwarding headers it believes.
    pub async fn proxied() -> Self {
        Self::configured(|config| config.trusted_proxies = here()).await
    }

    /// [`Self::proxied`], with what is known of addresses and devices in the folder `knowledge`.
    pub async fn knowing(knowledge: &Path) -> Self {
        Self::configured(|config| {
            config.trusted_proxies = here();
            config.knowledge = knowledge.to_owned();
        })
        .await
    }

    /// A server that calls ad platforms at `at`, on this machine.
    pub async fn with_platforms_at(at: String) -> Self {
        Self::configured(|config| config.platforms_at = at).await
    }

    async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        let mut world = Self::new().await;
        world.running.take().unwrap().stop().await;
        let mut config = config(&world.dir, false);
        change(&mut config);
        world.running = Some(Running::start(config, world.clock.clone()).await.unwrap());
        world
    }

    async fn with(demo: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::fake(START_MS);
        let running = start(&dir, &clock, demo).await;
        let key = add(&running.app.database, &clock, Role::Owner, "test").await.unwrap();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { running: Some(running), clock, client, key, demo, dir }
    }

    /// Stops the server cleanly and starts it again on the same data.
    pub async fn restart(&mut self) {
        self.running.take().unwrap().stop().await;
        self.running = Some(start(&self.dir, &self.clock, self.demo).await);
    }

    /// [`Self::restart`], with reports filled anew from journal and ledger.
    pub async fn restart_with_reports_anew(&mut self) {
        self.running.take().unwrap().stop().await;
        std::fs::remove_file(self.dir.path().join("facts.duckdb")).unwrap();
        self.running = Some(start(&self.dir, &self.clock, self.demo).await);
    }

    /// Stops the server cleanly; gives the folder of its data, which lasts as long as the world.
    pub async fn stop(&mut self) -> std::path::PathBuf {
        self.running.take().unwrap().stop().await;
        self.dir.path().to_owned()
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// GET on the tracking domain, like a browser on an iPhone in Germany.
    pub async fn get(&self, path: &str) -> Response {
        self.client.get(self.track(path)).header("user-agent", IPHONE).send().await.unwrap()
    }

    pub fn track(&self, path: &str) -> String {
        format!("http://{}{path}", self.running().track)
    }

    /// A call of the API with the owner's key; panics unless it succeeds.
    pub async fn api(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_api(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// A call of the API with the owner's key: status and body.
    pub async fn try_api(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("http://{}/api/v1{path}", self.running().admin);
        let request = self.client.request(method.parse().unwrap(), url).bearer_auth(&self.key);
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// Makes an asset and gives its ID.
    pub async fn make(&self, kind: &str, body: Value) -> String {
        self.api("POST", &format!("/{kind}"), body).await["id"].as_str().unwrap().to_owned()
    }

    /// A drill-down over all time, by visit time.
    pub async fn report(&self, groupings: Value) -> Value {
        self.settle().await;
        let body = json!({"from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z",
            "timezone": "UTC", "groupings": groupings, "limit": 1000});
        self.api("POST", "/reports/drilldown", body).await
    }

    /// Waits until everything that happened so far is in the reports.
    pub async fn settle(&self) {
        let app = &self.running().app;
        while app.journal.health().unsynced > 0 {
            tokio::task::yield_now().await;
        }
        app.fires().catch_up().await.unwrap();
        self.clock.advance_ms(1);
        let now_ms = self.clock.now_ms();
        self.running().wake_feed();
        while app.facts.as_of_ms() < now_ms {
            tokio::task::yield_now().await;
        }
    }
}

pub const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) \
    AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";

async fn start(dir: &TempDir, clock: &Clock, demo: bool) -> Running {
    Running::start(config(dir, demo), clock.clone()).await.unwrap()
}

/// A proxy on this machine.
fn here() -> Vec<Proxy> {
    vec![serde_json::from_value(json!("127.0.0.0/8")).unwrap()]
}

fn config(dir: &TempDir, demo: bool) -> Config {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Config {
        data: dir.path().to_owned(),
        track: any,
        admin: any,
        knowledge: concat!(env!("CARGO_MANIFEST_DIR"), "/../../.setup/knowledge").into(),
        trusted_proxies: vec![],
        outbound_allow: vec!["127.0.0.1".to_owned().try_into().unwrap()],
        demo,
        ..Config::default()
    }
}

/// The `Location` of a redirect.
pub fn location(response: &Response) -> String {
    assert!(response.status().is_redirection(), "{}", response.status());
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// A parameter of a URL.
pub fn parameter(url: &str, name: &str) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned()).unwrap_or_default()
}
