//! `runnel rebuild`: throws away what is derived and makes it again from journal and ledger.

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::feed::{self, Stores};
use crate::keeper;
use crate::store::sessions::Sessions;
use anyhow::Context;
use std::sync::mpsc::sync_channel;
use std::time::Instant;
use tokio::runtime::Handle;

/// Pages of records that wait for the sessions, some 4 MB each.
const MOST_PAGES_WAITING: usize = 4;

/// Rebuilds sessions and report store of a server that is not running.
/// # Errors
/// A store cannot be read or written, or a server runs on the same data.
pub async fn rebuild(config: Config) -> anyhow::Result<()> {
    let began = Instant::now();
    let sessions = config.data.join("sessions");
    let app = {
        // The journal's lock says whether a server runs; only then may anything be removed.
        let probe = journal::Journal::open(&config.data.join("journal"), Default::default());
        drop(probe.context("cannot open the journal (does a server run on this data?)")?);
        Sessions::remove(&sessions).context("cannot remove the session store")?;
        App::open(config, Clock::System).await?
    };
    let (sender, read) = sync_channel(MOST_PAGES_WAITING);
    let mut stores = Stores::new(&app, Handle::current()).shared_with(sender);
    let (facts, for_sessions) = (app.facts.clone(), app.clone());
    let reports = tokio::task::spawn_blocking(move || feed::rebuild(&facts, &mut stores));
    let sessions = tokio::task::spawn_blocking(move || keeper::replay_read(&for_sessions, &read));
    let records = sessions.await??;
    println!("sessions: {records} records replayed in {:.1} s", began.elapsed().as_secs_f64());
    // Where these broke off, sessions lack records too: their store must not say that it has them all.
    reports.await??;
    keeper::restore_converted(&app).await?;
    keeper::write(&app).await?;
    app.journal.close()?;
    println!("reports: rebuilt in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}
