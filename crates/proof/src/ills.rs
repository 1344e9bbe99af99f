//! Each store in turn has a full disk, then one whose syncs fail, under the real program and its load.
//! Redirects go on, no postback is answered with a false OK, the log says what is wrong, and all heals
//! without a restart when the disk does.

use crate::books::Books;
use crate::chance::Chance;
use crate::load::{self, Funnel, Load};
use crate::lossy::{Illness, Lossy};
use crate::server::{Program, Server};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The stores by the names of their files: journal, catalog and ledger, sessions, report store.
const STORES: [&str; 4] = ["journal", "runnel.db", "sessions", "facts"];
const TASKS: usize = 6;
/// Longest until the program notices, or has recovered.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long the disk stays ill after the program has noticed.
const ILL: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(20);

/// Everything above, or `only` for one store; prints a line for each. Panics where a promise is broken.
pub async fn run(program: &Path, only: Option<&str>) -> anyhow::Result<String> {
    let mut survived = 0;
    for store in STORES.into_iter().filter(|store| only.is_none_or(|only| only == *store)) {
        for illness in [Illness::Full, Illness::FailingSyncs] {
            println!("{store}, {illness:?}: {}", one(program, store, illness).await?);
            survived += 1;
        }
    }
    Ok(format!("{survived} survived"))
}

/// One store and one illness, on a fresh disk.
async fn one(program: &Path, store: &str, illness: Illness) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let at = folder.path().join("disk");
    std::fs::create_dir(&at)?;
    let mut disk = Lossy::mount(&at, Chance::new(1))?;
    let program = Program::new(program, &at, &folder.path().join("log"));
    let key = program.owner_key();
    let mut server = program.start().await;
    let funnel = Arc::new(Funnel::make(&server, &key).await);
    let books = Arc::new(Books::default());
    let healthy = server.log().len();
    let load = Load::start(TASKS, &server, &funnel, &books);
    books.bookings().changed().await?;

    disk.ail(store, illness);
    let noticed = wait_for_complaint(&server, healthy, store).await;
    clicks_go_on(&books).await;
    tokio::time::sleep(ILL).await;
    clicks_go_on(&books).await;
    let unavailable = *books.unavailable().borrow();
    if ["journal", "runnel.db"].contains(&store) {
        assert!(unavailable > 0, "{store}: {illness:?}: no postback was put off");
    }

    disk.heal();
    let healed = Instant::now();
    rises(&mut books.bookings(), "postbacks are not booked again").await;
    let booked = healed.elapsed();
    load.stop_clicks().await;
    load.finish().await;
    Books::wait_for_reports(&server, &key, PATIENCE).await;
    let health: Value = server.api("GET", "/health", &key, Value::Null).await.json().await?;
    assert_eq!(health["journal"], true);
    compare(&server, &key, &books).await;
    // And it starts again on what that left, even if the power fails now.
    disk.freeze();
    server.send_kill();
    disk.let_go();
    server.wait();
    disk.cut()?;
    server = program.start().await;
    compare(&server, &key, &books).await;
    drop(server);
    Ok(format!(
        "\"{noticed}\"; books again {:.1} s after the disk is well; {}",
        booked.as_secs_f64(),
        books.summary()
    ))
}

/// The first warning or error since the log was so long.
async fn wait_for_complaint(server: &Server, since: usize, store: &str) -> String {
    let began = Instant::now();
    loop {
        let log = server.log();
        let complaint = |line: &&str| line.contains("WARN") || line.contains("ERROR");
        if let Some(line) = log[since..].lines().find(complaint) {
            return line.to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "nobody is told that {store} is ill");
        tokio::time::sleep(POLL).await;
    }
}

async fn clicks_go_on(books: &Books) {
    rises(&mut books.entrances(), "redirects have stopped").await;
}

async fn rises(count: &mut watch::Receiver<usize>, otherwise: &str) {
    let now = *count.borrow_and_update();
    let higher = count.wait_for(|count| *count > now + TASKS);
    assert!(tokio::time::timeout(PATIENCE, higher).await.is_ok(), "{otherwise}");
}

async fn compare(server: &Server, key: &str, books: &Arc<Books>) {
    load::settle_debts(server, books).await;
    let missing = books.compare_with_reports(server, key).await;
    assert!(missing.is_empty(), "answered, and not there: {missing:?}");
}
