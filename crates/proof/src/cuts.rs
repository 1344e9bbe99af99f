//! The power is cut under the real program and its load, again and again: it runs on a lossy disk, is
//! killed, and everything that was not synced is gone. Afterwards every answered postback is there, and
//! every click answered after its sync; of all clicks answered before the power failed at least 99.9 %
//! are, and no more are missing than the program counted as answered before their sync.

use crate::books::Books;
use crate::chance::Chance;
use crate::load::{self, Funnel, Load};
use crate::lossy::Lossy;
use crate::server::{Program, Server};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One click in so many may be missing.
const MISSING_ONE_IN: usize = 1000;
const COUNTED: &str = "runnel_answered_before_sync_total";

/// How often, how long, how hard.
#[derive(Clone, Copy, Debug)]
pub struct Cuts {
    /// Number of cuts at most.
    pub most: usize,
    /// No new life is begun after this.
    pub time: Duration,
    /// Repeats the same pauses and the same losses of what was unsynced.
    pub seed: u64,
    /// Visitors at once.
    pub tasks: usize,
}

/// Cuts and compares; gives a line of figures. Panics where what was answered is not there.
pub async fn run(program: &Path, plan: Cuts) -> anyhow::Result<String> {
    let mut chance = Chance::new(plan.seed);
    let folder = tempfile::tempdir()?;
    let at = folder.path().join("disk");
    std::fs::create_dir(&at)?;
    let mut disk = Lossy::mount(&at, Chance::new(chance.bits()))?;
    let program = Program::new(program, &at, &folder.path().join("log"));
    let key = program.owner_key();
    let mut server = program.start().await;
    let funnel = Arc::new(Funnel::make(&server, &key).await);
    let books = Arc::new(Books::default());
    let (began, mut cut, mut counted) = (Instant::now(), 0, 0);
    while cut < plan.most && began.elapsed() < plan.time {
        let mut entrances = books.entrances();
        let load = Load::start(plan.tasks, &server, &funnel, &books);
        entrances.changed().await?;
        tokio::time::sleep(chance.pause(3_000)).await;
        disk.freeze();
        books.note_power_failure();
        load.stop_clicks().await;
        counted += server.counter(COUNTED, &key).await;
        end(&mut server, &mut disk)?;
        load.finish().await;
        if cut % 5 == 4 {
            // The power fails while it comes up: what recovery was doing must not matter.
            server = program.spawn();
            tokio::time::sleep(chance.pause(500)).await;
            disk.freeze();
            end(&mut server, &mut disk)?;
        }
        server = program.start().await;
        books.next_life();
        cut += 1;
    }
    let missing = compare(&server, &key, &books, counted).await;
    drop(server);
    Ok(format!(
        "{cut} cuts in {:.0} s; {}; {missing}, {counted} counted as answered before their sync",
        began.elapsed().as_secs_f64(),
        books.summary()
    ))
}

/// The machine is gone.
fn end(server: &mut Server, disk: &mut Lossy) -> anyhow::Result<()> {
    server.send_kill();
    disk.let_go();
    server.wait();
    Ok(disk.cut()?)
}

async fn compare(server: &Server, key: &str, books: &Arc<Books>, counted: u64) -> String {
    load::settle_debts(server, books).await;
    let missing = books.compare_with_reports(server, key).await;
    assert!(missing.len() as u64 <= counted, "{missing:?} are missing, {counted} were counted");
    let clicks = books.clicks_in_time();
    let in_time = missing.iter().filter(|missing| !missing.late).count();
    assert!(in_time <= clicks / MISSING_ONE_IN, "{in_time} of {clicks} are missing: {missing:?}");
    books.compare_with_explorer(server, key).await;
    let late = missing.len() - in_time;
    format!("of {clicks} clicks in time {in_time} are missing, and {late} answered later")
}
