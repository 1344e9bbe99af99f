//! Follows the journal and the ledger and turns them into facts.
//! Promise: exactly once across crashes; reports lag at most a second; a broken report store
//! stops nothing else.

mod batches;
mod entry;
mod fill;
mod follow;
mod page;
mod request;
mod sources;
mod step;
mod stores;
mod texts;
mod wake;

pub use sources::{Each, Item, Page, Sources};
pub use step::step;
pub use stores::{Decoded, Stores};
pub use wake::Wake;

use crate::app::App;
use crate::clock::Clock;
use crate::store::facts::Facts;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Shortest time between two wake-ups by the same source; far below feed's own pace.
const NEWS_PACE: Duration = Duration::from_millis(20);

/// The running feed. Dropping it stops the thread and waits for its last commit.
pub struct Feed {
    wake: Wake,
    thread: Option<JoinHandle<()>>,
}

impl Feed {
    /// Starts the thread: it opens `facts`, fills them from `sources`, and goes on.
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        facts: Arc<Facts>,
        sources: Box<dyn Sources>,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let wake = Wake::default();
        let woken = wake.clone();
        let run = move || {
            // Reports come after visitors. DuckDB's own threads inherit it.
            crate::priority::lower();
            follow::follow(&facts, sources, &clock, &woken);
        };
        let thread = std::thread::Builder::new().name("feed".into()).spawn(run)?;
        Ok(Self { wake, thread: Some(thread) })
    }

    /// Starts it for the stores of `app`. Call it on the runtime.
    /// # Errors
    /// The system gives no thread.
    pub fn of(app: &App) -> std::io::Result<Self> {
        let sources = Box::new(Stores::new(app, tokio::runtime::Handle::current()));
        let feed = Self::start(app.facts.clone(), sources, app.clock.clone())?;
        tokio::spawn(wake_by(feed.wake(), app.journal.subscribe()));
        tokio::spawn(wake_by(feed.wake(), app.database.booked.subscribe()));
        Ok(feed)
    }

    /// What tells it that there is something new.
    pub fn wake(&self) -> Wake {
        self.wake.clone()
    }
}

/// Wakes feed with the changes of `news`, at most every [`NEWS_PACE`]: the journal has news at every
/// sync, thousands of times a second.
async fn wake_by(wake: Wake, mut news: tokio::sync::watch::Receiver<u64>) {
    while !wake.stopped() && news.changed().await.is_ok() {
        wake.notify();
        tokio::time::sleep(NEWS_PACE).await;
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.wake.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Throws the report store away and fills it from the start (`runnel rebuild`). Returns when
/// everything that the sources hold is in it.
/// # Errors
/// A source cannot be read or the store not be written.
pub fn rebuild(facts: &Facts, sources: &mut dyn Sources) -> anyhow::Result<()> {
    facts.remove()?;
    let mut writer = facts.open()?;
    fill::fill(sources, &mut writer, &|| false)?;
    writer.checkpoint();
    Ok(())
}
