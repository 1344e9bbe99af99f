//! Sessions: a map in memory, written behind with a journal cursor. Derived from the journal.
//! Promise: one visitor at a time, under that visitor's lock; what is written never refers to a
//! record that is not on disk; replaying records that were already taken in changes nothing.

mod disk;
mod kept;

use bytes::Bytes;
use disk::Disk;
pub use kept::Kept;
use parking_lot::Mutex;
use rules::ids::{EntityId, Vid};
use rules::record::Record;
use rules::session::Session;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const SHARDS: usize = 64;
const SPARE_PER_SHARD: usize = 64;
/// Most sessions that a shard has room for from the beginning, at some 33 bytes.
const MOST_ROOM_PER_SHARD: usize = 8_192;
/// Rest after a shard with many sessions: laying them to rest shall not keep a processor from visitors
/// for as long as all of them take.
const SHARD_PAUSE: Duration = Duration::from_millis(2);
const MANY_PER_SHARD: usize = 64;

/// The sessions of all visitors.
pub struct Sessions {
    shards: Vec<Mutex<HashMap<Vid, Arc<Slot>, foldhash::fast::RandomState>>>,
    disk: Disk,
    /// Most sessions kept in memory.
    most: usize,
}

struct Slot {
    kept: Mutex<Kept>,
    dirty: AtomicBool,
}

impl Sessions {
    /// Opens the store in the folder `dir`; a store that cannot be read is set aside and begun
    /// anew. Returns the number of the first record that is yet to be replayed.
    /// # Errors
    /// Not even a new store can be made.
    pub fn open(dir: &Path, most: usize) -> anyhow::Result<(Self, u64)> {
        let disk = Disk::open(dir)?;
        let cursor = disk.cursor();
        let mut sessions = Self { shards: Vec::new(), disk, most };
        // A shard that grows keeps its visitors waiting while all move.
        let room = sessions.most_per_shard().min(MOST_ROOM_PER_SHARD);
        let shard = || HashMap::with_capacity_and_hasher(room, Default::default());
        sessions.shards = (0..SHARDS).map(|_| Mutex::new(shard())).collect();
        Ok((sessions, cursor))
    }

    /// Removes the store in `dir`, whatever it is.
    /// # Errors
    /// It cannot be removed.
    pub fn remove(dir: &Path) -> std::io::Result<()> {
        super::aside::remove(dir)
    }

    /// Runs `work` on the visitor's session under their lock. `work` says whether it changed it.
    pub fn with<R>(&self, vid: Vid, work: impl FnOnce(&mut Kept) -> R) -> R {
        self.with_one(vid, false, work)
    }

    /// As [`Self::with`]; of a visitor whose ID is `new`, issued just now, nothing is looked for on
    /// disk.
    pub fn with_one<R>(&self, vid: Vid, new: bool, work: impl FnOnce(&mut Kept) -> R) -> R {
        let slot = self.slot(vid, new);
        let mut kept = slot.kept.lock();
        // Marked before any record is appended: a snapshot that begins later finds it.
        slot.dirty.store(true, Ordering::SeqCst);
        work(&mut kept)
    }

    /// The visitor's session as it is now; empty for one that is not known.
    pub fn of(&self, vid: Vid) -> Session {
        self.slot(vid, false).kept.lock().session().clone()
    }

    /// What `see` sees in the visitor's session under their lock; an empty one if it is not known.
    pub fn look<R>(&self, vid: Vid, see: impl FnOnce(&Session) -> R) -> R {
        see(self.slot(vid, false).kept.lock().session())
    }

    /// Takes in record number `number`, once. `bytes` are the journal's; without them only the links
    /// to the past are taken in, which is all that is left of a session that is over. Of a visitor who
    /// is `new` nothing is looked for on disk.
    pub fn replay(
        &self,
        number: u64,
        record: &Record,
        bytes: Option<Bytes>,
        ttl_ms: u64,
        new: bool,
    ) {
        self.with_one(record.vid, new, |kept| {
            if number < kept.next_record {
                return;
            }
            match bytes {
                Some(bytes) => kept.take_in(record, bytes, ttl_ms),
                None => kept.session().follow(record),
            }
            kept.next_record = number + 1;
        });
    }

    /// Notes that the visitor converted on `offer`.
    pub fn converted(&self, vid: Vid, offer: EntityId) {
        let slot = self.slot(vid, false);
        let mut kept = slot.kept.lock();
        if !kept.session().converted.contains(&offer) {
            slot.dirty.store(true, Ordering::SeqCst);
            kept.session().converted_on(offer);
        }
    }

    /// Twice the bound, so that a burst between two writes finds room.
    fn most_per_shard(&self) -> usize {
        2 * self.most / SHARDS + SPARE_PER_SHARD
    }

    fn slot(&self, vid: Vid, new: bool) -> Arc<Slot> {
        let mut shard = self.shards[vid.as_u128() as usize % SHARDS].lock();
        if let Some(slot) = shard.get(&vid) {
            return slot.clone();
        }
        let stored = if new { None } else { self.disk.read(vid) };
        let kept = stored.unwrap_or_else(|| Kept::unknown(vid));
        let slot = Arc::new(Slot { kept: Mutex::new(kept), dirty: AtomicBool::new(false) });
        if shard.len() < self.most_per_shard() {
            shard.insert(vid, slot.clone());
        } else {
            // The store takes nothing and memory is full: the visitor goes on by link and journal.
            metrics::counter!("runnel_sessions_not_kept_total").increment(1);
        }
        slot
    }

    /// Lays all sessions to rest and copies those that changed since the last snapshot, with the highest
    /// record they refer to. The caller waits for that record to be on disk, then calls [`Self::write`].
    pub fn changed(&self) -> Changed {
        let mut sessions = Vec::with_capacity(self.len());
        for shard in &self.shards {
            let slots: Vec<_> = shard.lock().iter().map(|(v, s)| (*v, s.clone())).collect();
            let many = slots.len() >= MANY_PER_SHARD;
            for (vid, slot) in slots {
                let mut kept = slot.kept.lock();
                kept.rest();
                if slot.dirty.swap(false, Ordering::SeqCst) {
                    sessions.push((vid, kept.clone()));
                }
            }
            if many {
                std::thread::sleep(SHARD_PAUSE);
            }
        }
        let next_record = sessions.iter().map(|(_, kept)| kept.next_record).max().unwrap_or(0);
        Changed { sessions, next_record }
    }

    /// Writes what [`Self::changed`] copied, with the journal's watermark from before the copy.
    /// # Errors
    /// The store does not take it; the caller then calls [`Self::not_written`].
    pub fn write(&self, changed: &Changed, cursor: u64) -> anyhow::Result<()> {
        self.disk.write(&changed.sessions, cursor)
    }

    /// Marks what was copied as changed again.
    pub fn not_written(&self, changed: &Changed) {
        for (vid, _) in &changed.sessions {
            self.slot(*vid, false).dirty.store(true, Ordering::SeqCst);
        }
    }

    /// Drops from memory what is written, oldest activity first, until the bound holds.
    pub fn shrink(&self) {
        let most = self.most / SHARDS;
        for shard in &self.shards {
            let mut slots = shard.lock();
            let Some(excess) = slots.len().checked_sub(most).filter(|excess| *excess > 0) else {
                continue;
            };
            let mut idle: Vec<(u64, Vid)> = slots
                .iter()
                .filter(|(_, slot)| {
                    // Nobody else can take a slot while the shard is locked.
                    Arc::strong_count(slot) == 1 && !slot.dirty.load(Ordering::SeqCst)
                })
                .map(|(vid, slot)| (slot.kept.lock().last_at_ms(), *vid))
                .collect();
            idle.sort_unstable();
            for (_, vid) in idle.into_iter().take(excess) {
                slots.remove(&vid);
            }
        }
    }

    /// Whether there are more in memory than are to stay there: time to write them.
    pub fn are_crowded(&self) -> bool {
        self.len() > self.most + self.most / 2
    }

    /// Sessions in memory.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// Whether no session is in memory.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets on disk what has been over since before `before_ms` (Unix milliseconds): all but the
    /// links to the past, and after `links_before_ms` those too.
    /// # Errors
    /// The store cannot be read or written.
    pub fn forget(&self, before_ms: u64, links_before_ms: u64) -> anyhow::Result<usize> {
        self.disk.forget(before_ms, links_before_ms)
    }
}

/// Sessions to be written.
pub struct Changed {
    sessions: Vec<(Vid, Kept)>,
    /// All records they refer to are below this number.
    pub next_record: u64,
}

impl Changed {
    /// Leaves only the links of sessions whose last activity lies within `ended` (Unix milliseconds):
    /// what the sweep would leave of them.
    pub fn without_ended(mut self, ended: &Range<u64>) -> Self {
        for (_, kept) in &mut self.sessions {
            if ended.contains(&kept.last_at_ms()) {
                kept.end();
            }
        }
        self
    }
}

#[cfg(test)]
mod tests;
