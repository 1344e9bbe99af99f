//! A million altered hits as postbacks through HTTP: none may convert. GUESSES says how many.

use anyhow::{Context, ensure};
use reqwest::{Client, redirect::Policy};
use runnel::cli::key::add;
use runnel::clock::Clock;
use runnel::config::Config;
use runnel::running::Running;
use runnel::store::people::Role;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

const AT_ONCE: u64 = 16;
const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A server in this process, and who asks it.
struct Scene {
    running: Running,
    client: Client,
    key: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let guesses: u64 =
        std::env::var("GUESSES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir()?;
    let scene = Arc::new(Scene::open(folder.path()).await?);
    let hit = scene.offer_hit().await?;
    let guessers: Vec<_> = (0..AT_ONCE)
        .map(|n| tokio::spawn(scene.clone().guess(hit.clone(), guesses / AT_ONCE, n + 1)))
        .collect();
    for guesser in guessers {
        guesser.await??;
    }
    let found = scene.api("POST", "/reports/conversions", json!({})).await?;
    ensure!(found["total"] == 0, "guesses converted: {found}");
    ensure!(scene.postback(&hit).await? == "OK", "the hit itself does not convert");
    println!("{guesses} altered hits: none converted");
    Ok(())
}

impl Scene {
    async fn open(data: &std::path::Path) -> anyhow::Result<Self> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = Config { data: data.to_owned(), track: any, admin: any, ..Config::default() };
        let clock = Clock::offset(0);
        let running = Running::start(config, clock.clone()).await?;
        let key = add(&running.app.database, &clock, Role::Owner, "guessing").await?;
        Ok(Self { running, client: Client::builder().redirect(Policy::none()).build()?, key })
    }

    async fn api(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let url = format!("http://{}/api/v1{path}", self.running.admin);
        let request = self.client.request(method.parse()?, url).bearer_auth(&self.key);
        Ok(request.json(&body).send().await?.error_for_status()?.json().await?)
    }

    async fn make(&self, kind: &str, body: Value) -> anyhow::Result<String> {
        let made = self.api("POST", &format!("/{kind}"), body).await?;
        Ok(made["id"].as_str().context("no ID")?.to_owned())
    }

    /// The hit of a visit to an offer.
    async fn offer_hit(&self) -> anyhow::Result<String> {
        let source = self.make("traffic-sources", json!({"name": "S"})).await?;
        let offer = json!({"name": "O", "url": "https://o.example/?h={hit}"});
        let offer = self.make("offers", offer).await?;
        let funnel = json!({"name": "F", "nodes": [{"id": "GuesRoot0001", "kind": "traffic"},
                {"id": "GuesOffer001", "kind": "offer", "pages": [{"page": offer}]}],
            "connections": [{"id": "GuesConn0001", "from": "GuesRoot0001", "to": "GuesOffer001"}]});
        let funnel = self.make("funnels", funnel).await?;
        let url = format!("http://{}/fts/{funnel}-{source}", self.running.track);
        let answer = self.client.get(url).send().await?;
        let location = answer.headers()["location"].to_str()?;
        let url: url::Url = location.parse()?;
        let hit = url.query_pairs().find(|(name, _)| name == "h").context("no hit")?;
        Ok(hit.1.into_owned())
    }

    async fn postback(&self, hit: &str) -> anyhow::Result<String> {
        let url = format!("http://{}/pb/?hit={hit}&rev=1000", self.running.track);
        Ok(self.client.get(url).send().await?.text().await?)
    }

    async fn guess(self: Arc<Self>, hit: String, count: u64, seed: u64) -> anyhow::Result<()> {
        let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for _ in 0..count {
            let guess = altered(&hit, &mut chance);
            let answer = self.postback(&guess).await?;
            ensure!(answer.starts_with("LOGGED reason=unknown_hit"), "{guess}: {answer}");
        }
        Ok(())
    }
}

/// `hit` with one to four signs replaced by others (xorshift, the same each time).
fn altered(hit: &str, chance: &mut u64) -> String {
    let mut next = || {
        *chance ^= *chance << 13;
        *chance ^= *chance >> 7;
        *chance ^= *chance << 17;
        *chance as usize
    };
    let mut signs = hit.as_bytes().to_vec();
    while signs == hit.as_bytes() {
        for _ in 0..=next() % 4 {
            let at = next() % signs.len();
            signs[at] = SIGNS[next() % SIGNS.len()];
        }
    }
    String::from_utf8_lossy(&signs).into_owned()
}
