//! The real program is killed at random moments, again and again, under load. What it has answered
//! must be in its reports: every postback exactly once, every click at most once, and no more of them
//! missing than the bound on *answered before sync* allows.
//!
//! `KILLS` sets the number of kills, `KILL_SEED` repeats the same pauses.

mod books;
mod load;
mod server;

use books::Books;
use load::{Funnel, Load};
use server::Server;
use std::sync::Arc;
use std::time::{Duration, Instant};

const DEFAULT_KILLS: u64 = 50;
/// Whatever the number of kills: no new one is begun after this.
const MOST_TIME: Duration = Duration::from_secs(40);
const TASKS: usize = 6;

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect(variable))
}

/// Pauses that repeat with their seed (xorshift).
struct Pauses(u64);

impl Pauses {
    fn below(&mut self, most_ms: u64) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(self.0 % (most_ms * 1000))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kills() {
    let asked = number_from("KILLS");
    let kills = asked.unwrap_or(DEFAULT_KILLS);
    let mut pauses = Pauses(number_from("KILL_SEED").unwrap_or(20_261_101) | 1);
    let dir = tempfile::tempdir().unwrap();
    let key = server::owner_key(dir.path());
    let mut server = Server::start(dir.path()).await;
    let funnel = Arc::new(Funnel::make(&server, &key).await);
    let books = Arc::new(Books::default());
    let began = Instant::now();
    let mut killed = 0;
    while killed < kills && (asked.is_some() || began.elapsed() < MOST_TIME) {
        let mut entrances = books.entrances();
        let load = Load::start(TASKS, &server, &funnel, &books);
        if killed % 5 != 4 {
            entrances.changed().await.unwrap();
        }
        tokio::time::sleep(pauses.below(400)).await;
        server.kill();
        load.finish().await;
        if killed % 10 == 9 {
            // Killed while it comes up: what recovery was doing must not matter.
            server = Server::spawn(dir.path());
            tokio::time::sleep(pauses.below(300)).await;
            server.kill();
        }
        server = Server::start(dir.path()).await;
        killed += 1;
    }
    load::settle_debts(&server, &books).await;
    books.compare_with_reports(&server, &key).await;
    books.compare_with_explorer(&server, &key).await;
    println!("{killed} kills in {:.0} s; {}", began.elapsed().as_secs_f64(), books.summary());
    assert!(killed >= kills.min(5), "only {killed} kills in {MOST_TIME:?}");
}
