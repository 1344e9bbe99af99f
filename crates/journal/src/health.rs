//! Counters that tell how the journal fares.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A picture of the counters. Counts are since opening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Records taken.
    pub appended: u64,
    /// Records known to be on disk.
    pub synced: u64,
    /// Records refused ([`crate::AppendError`]).
    pub dropped: u64,
    /// Successful syncs; `synced / syncs` is the size of a group.
    pub syncs: u64,
    /// Writes and syncs that failed.
    pub failed_syncs: u64,
    /// Segments sealed.
    pub sealed: u64,
    /// Attempts to seal that failed; they are repeated.
    pub failed_seals: u64,
    /// Whether the last write or sync failed.
    pub broken: bool,
    /// Segments at present, the live one included.
    pub segments: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// Records waiting for the disk.
    pub unsynced: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub appended: AtomicU64,
    pub synced: AtomicU64,
    pub dropped: AtomicU64,
    pub syncs: AtomicU64,
    pub failed_syncs: AtomicU64,
    pub sealed: AtomicU64,
    pub failed_seals: AtomicU64,
    pub broken: AtomicBool,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Health {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Health {
            appended: value(&self.appended),
            synced: value(&self.synced),
            dropped: value(&self.dropped),
            syncs: value(&self.syncs),
            failed_syncs: value(&self.failed_syncs),
            sealed: value(&self.sealed),
            failed_seals: value(&self.failed_seals),
            broken: self.broken.load(Ordering::Relaxed),
            ..Health::default()
        }
    }
}
