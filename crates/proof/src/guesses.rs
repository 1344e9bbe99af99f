//! Somebody who has one hit of an offer alters it again and again and reports each as a conversion, over HTTP.
//! Promise: no guess converts, while the hit itself does. One in 2²⁴ guesses may pass the checksum; then there is
//! no such hit, which the answer says in other words.

use crate::chance::Chance;
use crate::load::Funnel;
use crate::server::Server;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinSet;

const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const MOST_ALTERED: usize = 4;
/// What a guess would be worth.
const REVENUE: u32 = 1000;

/// How many, and how hard.
#[derive(Clone, Copy, Debug)]
pub struct Guesses {
    /// Altered hits in all.
    pub count: usize,
    /// Repeats the same guesses.
    pub seed: u64,
    /// Guessers at once.
    pub tasks: usize,
}

/// Guesses; gives a line of figures. Panics where one converts.
pub async fn run(server: Server, key: &str, plan: Guesses) -> String {
    let hit = Funnel::make(&server, key).await.offer_hit(&server).await;
    let server = Arc::new(server);
    let began = Instant::now();
    let mut guessers = JoinSet::new();
    for n in 0..plan.tasks {
        let count = plan.count / plan.tasks + usize::from(n < plan.count % plan.tasks);
        let chance = Chance::new(plan.seed.wrapping_add(n as u64));
        guessers.spawn(guess(server.clone(), hit.clone(), count, chance));
    }
    let mut passed = 0;
    while let Some(guesser) = guessers.join_next().await {
        passed += guesser.unwrap();
    }
    let took = began.elapsed().as_secs_f64();
    assert_eq!(conversions(&server, key).await, 0, "guesses converted");
    assert_eq!(report(&server, &hit).await, "OK", "the hit itself does not convert");
    assert_eq!(conversions(&server, key).await, 1, "only the hit itself has converted");
    format!(
        "{} altered hits in {took:.0} s ({:.0}/s): none converted, {passed} passed the checksum; {} MB resident",
        plan.count,
        plan.count as f64 / took,
        server.resident_mb()
    )
}

/// How many guesses were answered in other words than that the hit was never issued.
async fn guess(server: Arc<Server>, hit: String, count: usize, mut chance: Chance) -> usize {
    let mut others = 0;
    for _ in 0..count {
        let guess = altered(&hit, &mut chance);
        let answer = report(&server, &guess).await;
        assert_ne!(answer, "OK", "{guess}");
        others += usize::from(!answer.starts_with("LOGGED reason=unknown_hit"));
    }
    others
}

async fn report(server: &Server, hit: &str) -> String {
    let url = server.track(&format!("/pb/?hit={hit}&rev={REVENUE}"));
    server.client.get(url).send().await.unwrap().text().await.unwrap()
}

async fn conversions(server: &Server, key: &str) -> u64 {
    let answer = server.api("POST", "/reports/conversions", key, json!({})).await;
    let found: Value = answer.json().await.unwrap();
    found["total"].as_u64().unwrap_or_else(|| panic!("no total: {found}"))
}

/// `hit` with some of its signs replaced, never `hit` itself.
fn altered(hit: &str, chance: &mut Chance) -> String {
    let mut signs = hit.as_bytes().to_vec();
    while signs == hit.as_bytes() {
        for _ in 0..=chance.below(MOST_ALTERED) {
            let at = chance.below(signs.len());
            signs[at] = SIGNS[chance.below(SIGNS.len())];
        }
    }
    String::from_utf8(signs).unwrap()
}
