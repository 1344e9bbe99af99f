//! The report store: facts in DuckDB, one row per request and per standing of a conversion.
//! Promise: derived and never the only copy; broken or closed, everything but reports goes on.

mod append;
mod ask;
mod columns;
mod costs;
mod damage;
mod groups;
mod log;
mod marker;
mod open;
mod path;
mod paths;
mod read;
mod row;
mod rows;
mod schema;
pub mod select;
mod set_aside;
mod sheet;
mod sql;
mod texts;
mod words;
mod writer;

pub use append::{Batch, Cursors};
pub use ask::ReadError;
pub use damage::is_of_memory;
pub use log::{Log, Numbers};
pub use path::{List, Member, Path, key as path_key, kind_key};
pub use paths::PathOf;
pub use read::{MOST_GROUPS, Mapped, Reader, TooMany};
pub use row::{Measure, Measures, Row, RowKind, Text, Texts, visit_key, visitor_key};
pub use rows::Rows;
pub use set_aside::{Lacking, SetAside, Source};
pub use sheet::{Cell, CellKind, Sheet};
pub use writer::Writer;

use duckdb::Connection;
use marker::Marker;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Reports that run at once; others wait.
const REPORTS_AT_ONCE: u32 = 2;
/// Runs in a row that may end inside DuckDB before the store is filled anew, …
const CRASHES_UNTIL_ANEW: u32 = 2;
/// … and before the program serves without reports for a while.
const CRASHES_UNTIL_OFF: u32 = 3;
/// How long it does so at first, twice as long with each further end, and at most. A killed program
/// leaves the same mark as one that DuckDB ended, so reports must come back without a person.
const REST_FIRST: Duration = Duration::from_secs(60);
const REST_MOST: Duration = Duration::from_secs(3600);

/// Why reports are closed while the store is being opened.
pub const OPENING: &str = "Reports are being opened.";
/// Why reports are closed after too many ends inside DuckDB.
const RESTING: &str = "Reports are off for a while: DuckDB ended the program repeatedly. Then their store \
is filled anew; `runnel rebuild` does it at once.";

/// The report store, open or not.
pub struct Facts {
    folder: PathBuf,
    memory_mb: u32,
    marker: Marker,
    state: Mutex<State>,
    permits: Arc<Semaphore>,
    as_of_ms: AtomicU64,
    set_aside: Arc<AtomicU64>,
    damaged: AtomicBool,
    started: Instant,
}

enum State {
    Open(Connection),
    Closed(&'static str),
}

impl Facts {
    /// The store in `folder`, not yet open. `memory_mb` bounds what DuckDB may take.
    pub fn new(folder: PathBuf, memory_mb: u32) -> Self {
        Self {
            marker: Marker::read(folder.join("facts.inside")),
            folder,
            memory_mb,
            state: Mutex::new(State::Closed(OPENING)),
            permits: Arc::new(Semaphore::new(REPORTS_AT_ONCE as usize)),
            as_of_ms: AtomicU64::new(0),
            set_aside: Arc::default(),
            damaged: AtomicBool::new(false),
            started: Instant::now(),
        }
    }

    /// Opens the store for reading and returns what writes it. May set a damaged one aside: call it
    /// on a thread of its own.
    /// # Errors
    /// The folder cannot be written, or DuckDB ended the program too often in a row. Reports say
    /// so; everything else goes on.
    pub fn open(&self) -> anyhow::Result<Writer> {
        // It has yet to catch up, perhaps from the start.
        self.as_of_ms.store(0, Ordering::Relaxed);
        let crashes = self.marker.crashes();
        if self.started.elapsed() < rest(crashes) {
            self.close(RESTING);
            anyhow::bail!("DuckDB ended the program {crashes} times in a row");
        }
        if crashes >= CRASHES_UNTIL_ANEW {
            tracing::warn!(crashes, "DuckDB ended the program; the report store is filled anew");
            open::set_aside(&self.folder)?;
        }
        if self.damaged.swap(false, Ordering::Relaxed) {
            tracing::warn!("the report store is damaged; it is set aside and filled anew");
            open::set_aside(&self.folder)?;
        }
        let opened = match self.opened() {
            // Damage that shows only when the first tables are read.
            Err(error) if damage::is_damage(&error) => {
                tracing::warn!(%error, "the report store is damaged; it is filled anew");
                open::set_aside(&self.folder)?;
                self.opened()
            }
            opened => opened,
        };
        opened.inspect_err(|_| self.close("Reports are off: their store does not open."))
    }

    fn opened(&self) -> anyhow::Result<Writer> {
        let _inside = self.marker.enter();
        let connection = open::open(&self.folder, self.memory_mb)?;
        let writer =
            Writer::new(open::another(&connection)?, self.marker.clone(), self.set_aside.clone())?;
        *self.state.lock() = State::Open(connection);
        Ok(writer)
    }

    /// What the store in `folder` lacks, if it opens; `None` if there is none yet. Changes nothing.
    /// # Errors
    /// It does not open; another process that has it open is a reason too.
    pub fn examine(folder: &std::path::Path) -> anyhow::Result<Option<Lacking>> {
        open::examine(folder)
    }

    /// Closes the store; reports answer `why` until it is opened again.
    pub fn close(&self, why: &'static str) {
        *self.state.lock() = State::Closed(why);
    }

    /// Throws the store away. What opens it next fills it from the start.
    /// # Errors
    /// A file cannot be removed.
    pub fn remove(&self) -> anyhow::Result<()> {
        self.close("Reports are being rebuilt.");
        // A rebuild is the way out of a store that ends the program.
        drop(self.marker.enter());
        open::remove(&self.folder)
    }

    /// Notes that everything up to `at_ms` is in the store.
    pub fn caught_up(&self, at_ms: u64) {
        self.as_of_ms.fetch_max(at_ms, Ordering::Relaxed);
    }

    /// Until when the store is complete, Unix milliseconds; 0 while it has yet to catch up.
    pub fn as_of_ms(&self) -> u64 {
        self.as_of_ms.load(Ordering::Relaxed)
    }

    /// Looks whether `error`, met while reading or writing the store, means that it is damaged; then
    /// whoever opens it next sets it aside and fills it anew.
    pub fn judge(&self, error: &anyhow::Error) {
        if damage::is_damage(error) {
            self.mistrust();
        }
    }

    /// Has the store set aside and filled anew when it is opened next.
    pub fn mistrust(&self) {
        self.damaged.store(true, Ordering::Relaxed);
    }

    /// Whether the store is to be opened anew because it is damaged.
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// How many items of the sources reports lack, because nobody can read them.
    pub fn set_aside(&self) -> u64 {
        self.set_aside.load(Ordering::Relaxed)
    }
}

/// How long a program whose last `crashes` runs ended inside DuckDB serves without reports.
fn rest(crashes: u32) -> Duration {
    match crashes.checked_sub(CRASHES_UNTIL_OFF) {
        Some(further) => REST_MOST.min(REST_FIRST * 2_u32.saturating_pow(further.min(10))),
        None => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_and_end() {
        let seconds = [0, 2, 3, 4, 8, 9, 4_000].map(|crashes| rest(crashes).as_secs());
        assert_eq!(seconds, [0, 0, 60, 120, 1920, 3600, 3600]);
    }
}
