//! The real program is killed at random moments, again and again, under load. What it has answered
//! must be in its reports: every postback exactly once, every click exactly once. The page cache
//! outlives a process, so a click answered before its sync is there too; only where the program says
//! that the disk did not even take writes may such a click be missing.

use crate::books::Books;
use crate::chance::Chance;
use crate::load::{self, Funnel, Load};
use crate::server::{Program, Server};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the program logs when it answers a click whose record is not in a file.
const STALLED: &str = "clicks are answered before they are in a file";
/// In a long run one life in so many lasts longer, to grow.
const LONG_ONE_IN: usize = 50;
const LONG: Duration = Duration::from_secs(7);

/// How often, how long, how hard.
#[derive(Clone, Copy, Debug)]
pub struct Kills {
    /// Number of kills at most.
    pub most: usize,
    /// No new life is begun after this.
    pub time: Duration,
    /// Repeats the same pauses.
    pub seed: u64,
    /// Visitors at once.
    pub tasks: usize,
}

/// Kills and compares; gives a line of figures. Panics where what was answered is not there.
pub async fn run(program: &Program, plan: Kills) -> String {
    let mut chance = Chance::new(plan.seed);
    let key = program.owner_key();
    let mut server = program.start().await;
    let funnel = Arc::new(Funnel::make(&server, &key).await);
    let books = Arc::new(Books::default());
    let (began, mut killed, mut resident_mb) = (Instant::now(), 0, 0);
    let mut stalled = BTreeSet::new();
    while killed < plan.most && began.elapsed() < plan.time {
        let mut entrances = books.entrances();
        let load = Load::start(plan.tasks, &server, &funnel, &books);
        if killed % 5 != 4 {
            entrances.changed().await.unwrap();
        }
        let long = killed % LONG_ONE_IN == LONG_ONE_IN - 1;
        tokio::time::sleep(if long { LONG } else { chance.pause(400) }).await;
        resident_mb = server.resident_mb().max(resident_mb);
        server.kill();
        load.finish().await;
        if server.log().contains(STALLED) {
            stalled.insert(books.life());
        }
        if killed % 10 == 9 {
            // Killed while it comes up: what recovery was doing must not matter.
            server = program.spawn();
            tokio::time::sleep(chance.pause(300)).await;
            server.kill();
        }
        server = program.start().await;
        books.next_life();
        killed += 1;
    }
    compare(&server, &key, &books, &stalled).await;
    format!(
        "{killed} kills in {:.0} s, {resident_mb} MB resident at most, {} lives with stalls; {}",
        began.elapsed().as_secs_f64(),
        stalled.len(),
        books.summary()
    )
}

async fn compare(server: &Server, key: &str, books: &Arc<Books>, stalled: &BTreeSet<usize>) {
    load::settle_debts(server, books).await;
    let missing = books.compare_with_reports(server, key).await;
    let unexplained: Vec<_> = missing.iter().filter(|m| !stalled.contains(&m.life)).collect();
    assert!(unexplained.is_empty(), "answered, and not there: {unexplained:?}");
    books.compare_with_explorer(server, key).await;
}
