//! Sessions on disk: one key-value store, written in batches together with the journal cursor.
//! Promise: sessions and cursor change in one atomic batch; a damaged store is set aside, never fatal.

use super::Kept;
use anyhow::Context;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use rules::ids::Vid;
use std::path::Path;

const CACHE_BYTES: u64 = 16 * 1024 * 1024;
const CURSOR: &str = "cursor";
/// Changes with the layout of [`Kept`]; a store of another layout is rebuilt from the journal.
const LAYOUT: u8 = 1;

pub(super) struct Disk {
    database: Database,
    sessions: Keyspace,
    cursors: Keyspace,
}

impl Disk {
    pub(super) fn open(dir: &Path) -> anyhow::Result<Self> {
        Self::open_as_is(dir).or_else(|error| {
            tracing::warn!(%error, "the session store is damaged: set aside, rebuilt from the journal");
            let aside = dir.with_extension("damaged");
            let _ = std::fs::remove_dir_all(&aside);
            std::fs::rename(dir, &aside).context("cannot set the damaged session store aside")?;
            Self::open_as_is(dir)
        })
    }

    fn open_as_is(dir: &Path) -> anyhow::Result<Self> {
        let database = Database::builder(dir).cache_size(CACHE_BYTES).open()?;
        let name = format!("sessions-{LAYOUT}");
        let sessions = database.keyspace(&name, KeyspaceCreateOptions::default)?;
        let cursors =
            database.keyspace(&format!("{CURSOR}-{LAYOUT}"), KeyspaceCreateOptions::default)?;
        Ok(Self { database, sessions, cursors })
    }

    pub(super) fn cursor(&self) -> u64 {
        let bytes = self.cursors.get(CURSOR).ok().flatten();
        bytes.and_then(|b| Some(u64::from_be_bytes(b.as_ref().try_into().ok()?))).unwrap_or(0)
    }

    /// A session that cannot be read counts as unknown: the visitor goes on, with a new one.
    pub(super) fn read(&self, vid: Vid) -> Option<Kept> {
        let bytes = self.sessions.get(key(vid)).ok().flatten()?;
        postcard::from_bytes(&bytes).ok()
    }

    pub(super) fn write(&self, sessions: &[(Vid, Kept)], cursor: u64) -> anyhow::Result<()> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        for (vid, kept) in sessions {
            batch.insert(&self.sessions, key(*vid), postcard::to_stdvec(kept)?);
        }
        batch.insert(&self.cursors, CURSOR, cursor.to_be_bytes());
        batch.commit()?;
        Ok(())
    }

    pub(super) fn forget(&self, before_ms: u64, links_before_ms: u64) -> anyhow::Result<usize> {
        let mut forgotten = 0;
        for guard in self.sessions.iter() {
            let (key, value) = guard.into_inner()?;
            let Ok(kept) = postcard::from_bytes::<Kept>(&value) else {
                self.sessions.remove(key)?;
                continue;
            };
            if kept.session.last_at_ms < links_before_ms {
                self.sessions.remove(key)?;
            } else if kept.session.last_at_ms < before_ms && !kept.session.is_over() {
                let links = Kept { session: kept.session.over(), ..kept };
                self.sessions.insert(key, postcard::to_stdvec(&links)?)?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}

fn key(vid: Vid) -> [u8; 16] {
    vid.as_u128().to_be_bytes()
}
