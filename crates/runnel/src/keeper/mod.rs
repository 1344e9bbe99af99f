//! Keeps what is derived in memory close to the disk: replays sessions at start, writes them
//! behind, fills and prunes caps.
//! Promise: what a kill takes is replayed from the journal, once.

mod replay;

pub use replay::{replay, replay_read};

use crate::app::App;
use crate::priority;
use crate::store::{deliveries, ledger};
use anyhow::Context;
use rules::ids::Vid;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

const WRITE_EVERY: Duration = Duration::from_secs(10);
/// How often it is looked whether memory is crowded: then sessions are written before their time.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Sessions that are over are swept from disk once per so many writes (at most an hour).
const SWEEP_EVERY_WRITES: u64 = 360;
const FORGET_EVERY: Duration = Duration::from_secs(3600);
/// Rows of each kind forgotten in one round.
const MOST_FORGOTTEN: u32 = 500;
const DAY_MS: u64 = 24 * 3_600_000;
/// How long the links to a visitor's past are kept: indirect credit goes beyond the session.
const LINKS_KEPT_MS: u64 = 400 * 24 * 3600 * 1000;

/// Tells the sessions which offers their visitors have converted on: the ledger knows, the journal
/// does not.
/// # Errors
/// The ledger cannot be read.
pub async fn restore_converted(app: &App) -> anyhow::Result<()> {
    let since_ms = app.clock.now_ms().saturating_sub(app.session_ttl_ms());
    for (vid, offer) in ledger::converted_since(&app.database, since_ms).await? {
        if let Ok(vid) = Vid::parse(&vid, &app.keys) {
            app.sessions.converted(vid, offer);
        }
    }
    Ok(())
}

/// Writes sessions every ten seconds, or when memory is crowded, until `stop`, and once more then.
pub async fn keep(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    for round in 1u64.. {
        let stopped = tokio::select! {
            () = due(&app) => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        if let Err(error) = write(&app).await {
            tracing::error!(%error, "sessions stay in memory: they cannot be written");
        }
        if stopped {
            return;
        }
        app.caps.forget(app.clock.now_ms());
        if round % SWEEP_EVERY_WRITES == 0 {
            sweep(&app).await;
        }
    }
}

/// Waits until sessions are to be written.
async fn due(app: &App) {
    let until = Instant::now() + WRITE_EVERY;
    while Instant::now() < until && !app.sessions.are_crowded() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Writes all changed sessions once every record they refer to is on disk.
/// # Errors
/// Journal or session store fail; the sessions stay marked as changed.
pub async fn write(app: &Arc<App>) -> anyhow::Result<()> {
    let (cursor, copying) = (app.journal.watermark(), app.clone());
    let changed = tokio::task::spawn_blocking(move || copying.sessions.changed()).await?;
    let safe = match changed.next_record.checked_sub(1) {
        Some(last) => app.journal.synced(last).await.context("the journal is not synced"),
        None => Ok(()),
    };
    let (app, changed) = (app.clone(), Arc::new(changed));
    let (storing, copied) = (app.clone(), changed.clone());
    // Packing tens of thousands of sessions takes a while; no lock is held meanwhile.
    let store = move || safe.and_then(|()| storing.sessions.write(&copied, cursor));
    let written = priority::behind(store).await;
    let written = written.unwrap_or_else(|| Err(anyhow::anyhow!("the writing broke off")));
    tokio::task::spawn_blocking(move || {
        if written.is_err() {
            app.sessions.not_written(&changed);
        }
        app.sessions.shrink();
        written
    })
    .await?
}

/// Forgets what was sent and answered, every hour until `stop`, after the retention that the settings
/// name.
pub async fn forget_deliveries(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = forget_once(&app).await {
            tracing::error!(%error, "old deliveries cannot be forgotten");
        }
        tokio::select! {
            () = tokio::time::sleep(FORGET_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Forgets what is over its retention now; says how many rows.
/// # Errors
/// The database fails; what was forgotten stays so.
pub async fn forget_once(app: &App) -> Result<u64, sqlx::Error> {
    let days = u64::from(app.snapshot.load().settings.delivery_log_days);
    let before_ms = app.clock.now_ms().saturating_sub(days * DAY_MS);
    let mut all = 0;
    loop {
        let gone = deliveries::forget(&app.database, before_ms, MOST_FORGOTTEN).await?;
        all += gone;
        if gone == 0 {
            return Ok(all);
        }
        // Postbacks that wait for the same lock go first.
        tokio::task::yield_now().await;
    }
}

async fn sweep(app: &Arc<App>) {
    let app = app.clone();
    let swept = tokio::task::spawn_blocking(move || {
        let now_ms = app.clock.now_ms();
        let before_ms = now_ms.saturating_sub(app.session_ttl_ms());
        app.sessions.forget(before_ms, now_ms.saturating_sub(LINKS_KEPT_MS))
    });
    match swept.await {
        Ok(Ok(count)) => tracing::debug!(count, "sessions that were over are forgotten"),
        Ok(Err(error)) => tracing::error!(%error, "sessions that are over cannot be swept"),
        Err(error) => tracing::error!(%error, "the sweep of sessions broke off"),
    }
}
