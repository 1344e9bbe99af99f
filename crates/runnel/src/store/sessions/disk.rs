//! Sessions on disk: one key-value store, written in batches, the journal cursor with the last.
//! Promise: the cursor never passes a record that a session lacks here; a damaged store is set aside, never
//! fatal: one that does not open at once, one that shows its damage later at the next start.

use super::super::aside;
use super::Kept;
use anyhow::Context;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use rules::ids::Vid;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Sessions that the library holds before they go into a table of their own, and its log: both
/// bound its memory, the log also what it reads at its opening.
const MEMTABLE_BYTES: u64 = 16 * 1024 * 1024;
const LOG_BYTES: u64 = 64 * 1024 * 1024;
/// A batch is in memory until it is committed: hundreds of thousands of sessions would be a hundred
/// megabytes, for one moment.
const SESSIONS_PER_BATCH: usize = 1_000;
const CURSOR: &str = "cursor";
/// Changes with the layout of [`Kept`]; a store of another layout is rebuilt from the journal.
const LAYOUT: u8 = 2;

pub(super) struct Disk {
    database: Database,
    sessions: Keyspace,
    cursors: Keyspace,
    /// Exists once the store has shown damage; the next start then begins a new one.
    note: PathBuf,
    damaged: AtomicBool,
}

impl Disk {
    pub(super) fn open(dir: &Path) -> anyhow::Result<Self> {
        let note = dir.with_extension("mistrusted");
        if note.exists() {
            tracing::warn!("the session store was found damaged; it is rebuilt from the journal");
            put_aside(dir)?;
            aside::remove(&note).context("cannot remove the note of its damage")?;
        }
        Self::open_as_is(dir, &note).or_else(|error| {
            tracing::warn!(%error, "the session store is damaged: set aside, rebuilt from the journal");
            put_aside(dir)?;
            Self::open_as_is(dir, &note)
        })
    }

    fn open_as_is(dir: &Path, note: &Path) -> anyhow::Result<Self> {
        let open = || {
            let database = Database::builder(dir)
                .cache_size(CACHE_BYTES)
                .max_journaling_size(LOG_BYTES)
                .worker_threads(1)
                .open()?;
            let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
            let sessions = database.keyspace(&format!("sessions-{LAYOUT}"), options)?;
            let cursors = database.keyspace(&format!("{CURSOR}-{LAYOUT}"), options)?;
            // Read now: a store without its cursor is rebuilt all over.
            cursors.get(CURSOR)?;
            let (note, damaged) = (note.to_owned(), AtomicBool::new(false));
            Ok(Self { database, sessions, cursors, note, damaged })
        };
        // The library asserts some of what it reads.
        catch_unwind(AssertUnwindSafe(open))
            .unwrap_or_else(|_| anyhow::bail!("reading it broke off"))
    }

    pub(super) fn cursor(&self) -> u64 {
        let bytes = self.cursors.get(CURSOR).ok().flatten();
        bytes.and_then(|b| Some(u64::from_be_bytes(b.as_ref().try_into().ok()?))).unwrap_or(0)
    }

    /// A session that cannot be read counts as unknown: the visitor goes on, with a new one, until
    /// the next start rebuilds it.
    pub(super) fn read(&self, vid: Vid) -> Option<Kept> {
        let read = catch_unwind(AssertUnwindSafe(|| self.sessions.get(key(vid))));
        let bytes = match read {
            Ok(Ok(bytes)) => bytes?,
            Ok(Err(error)) => return self.mistrust(&error),
            Err(_) => return self.mistrust(&"reading it broke off"),
        };
        Kept::from_bytes(&bytes).or_else(|| self.mistrust(&"a session cannot be read"))
    }

    /// Has the next start rebuild the store.
    fn mistrust(&self, why: &dyn std::fmt::Display) -> Option<Kept> {
        metrics::counter!("runnel_sessions_unreadable_total").increment(1);
        if !self.damaged.swap(true, Ordering::Relaxed) {
            tracing::error!(%why, "the session store is damaged: the next start rebuilds it");
            if let Err(error) = std::fs::write(&self.note, why.to_string()) {
                tracing::error!(%error, "that it is damaged cannot be noted");
            }
        }
        None
    }

    pub(super) fn write(&self, sessions: &[(Vid, Kept)], cursor: u64) -> anyhow::Result<()> {
        // It outlives the program, and need not outlive the machine's power: what is missing then is
        // replayed. Syncing megabytes would hold up every click that waits for the same disk.
        let batch = || self.database.batch().durability(Some(PersistMode::Buffer));
        // Sessions that are ahead of the cursor know which records they have taken in.
        for sessions in sessions.chunks(SESSIONS_PER_BATCH) {
            let mut batch = batch();
            for (vid, kept) in sessions {
                if let Some(bytes) = kept.to_bytes() {
                    batch.insert(&self.sessions, key(*vid), bytes);
                }
            }
            batch.commit()?;
        }
        let mut batch = batch();
        batch.insert(&self.cursors, CURSOR, cursor.to_be_bytes());
        Ok(batch.commit()?)
    }

    pub(super) fn forget(&self, before_ms: u64, links_before_ms: u64) -> anyhow::Result<usize> {
        let mut forgotten = 0;
        for guard in self.sessions.iter() {
            let (key, value) = guard.into_inner()?;
            let Some(mut kept) = Kept::from_bytes(&value) else {
                self.sessions.remove(key)?;
                continue;
            };
            if kept.last_at_ms() < links_before_ms {
                self.sessions.remove(key)?;
            } else if kept.last_at_ms() < before_ms
                && kept.end()
                && let Some(links) = kept.to_bytes()
            {
                self.sessions.insert(key, links)?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}

/// Keeps the store under another name; an earlier one there is replaced.
fn put_aside(dir: &Path) -> anyhow::Result<()> {
    aside::set_aside(dir, &dir.with_extension("damaged"))
        .context("cannot set the damaged session store aside")
}

fn key(vid: Vid) -> [u8; 16] {
    vid.as_u128().to_be_bytes()
}
