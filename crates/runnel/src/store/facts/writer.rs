//! The one connection that writes facts.
//! Promise: a batch and its cursors are committed together or not at all. They reach the disk with the
//! next checkpoint, together too.

use super::append::{Batch, Cursors, Known, append};
use super::marker::Marker;
use super::{read, set_aside};
use duckdb::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows between two checkpoints, two row groups: they bound how much feed reads again after a crash,
/// and how long it stands still.
const ROWS_PER_CHECKPOINT: usize = 245_760;

/// Writes facts. One exists per store.
pub struct Writer {
    connection: Connection,
    known: Known,
    marker: Marker,
    /// Items that reports lack.
    noted: Arc<AtomicU64>,
    /// Rows since the last checkpoint, a commit counting one at least.
    since_checkpoint: usize,
    /// As the last commit left them; unknown before the first and after a failure.
    cursors: Option<Cursors>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        marker: Marker,
        noted: Arc<AtomicU64>,
    ) -> anyhow::Result<Self> {
        let known = Known::load(&connection)?;
        noted.store(set_aside::noted(&connection)?.0, Ordering::Relaxed);
        Ok(Self { connection, known, marker, noted, since_checkpoint: 0, cursors: None })
    }

    /// How far the store has read its sources.
    /// # Errors
    /// The store cannot be read.
    pub fn cursors(&self) -> anyhow::Result<Cursors> {
        if let Some(cursors) = self.cursors {
            return Ok(cursors);
        }
        let _inside = self.marker.enter();
        read::cursors(&self.connection)
    }

    /// Commits `batches` with the cursors of the last one, in one transaction.
    /// # Errors
    /// The store cannot be written: nothing was committed; the same may be tried again.
    pub fn append(&mut self, batches: impl IntoIterator<Item = Batch>) -> anyhow::Result<()> {
        let inside = self.marker.enter();
        self.cursors = None;
        let appended = append(&self.connection, &mut self.known, batches.into_iter())?;
        self.cursors = appended.cursors;
        drop(inside);
        set_aside::tell(&appended.set_aside);
        self.noted.fetch_add(appended.set_aside.len() as u64, Ordering::Relaxed);
        metrics::counter!("feed_rows_total").increment(appended.rows as u64);
        self.since_checkpoint += appended.rows.max(1);
        if self.since_checkpoint >= ROWS_PER_CHECKPOINT {
            self.checkpoint();
        }
        Ok(())
    }

    /// Writes what is in memory alone into the file.
    pub fn checkpoint(&mut self) {
        if self.since_checkpoint == 0 {
            return;
        }
        let _inside = self.marker.enter();
        match self.connection.execute_batch("CHECKPOINT") {
            Ok(()) => self.since_checkpoint = 0,
            Err(error) => tracing::debug!(%error, "the report store takes its checkpoint later"),
        }
    }
}
