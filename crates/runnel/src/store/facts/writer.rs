//! The one connection that writes facts.
//! Promise: a batch and its cursors are committed together or not at all.

use super::append::{Batch, Cursors, Known, append};
use super::marker::Marker;
use super::{read, set_aside};
use duckdb::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows between two checkpoints: they bound how much a start must replay.
const ROWS_PER_CHECKPOINT: usize = 500_000;

/// Writes facts. One exists per store.
pub struct Writer {
    connection: Connection,
    known: Known,
    marker: Marker,
    /// Items that reports lack.
    noted: Arc<AtomicU64>,
    since_checkpoint: usize,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        marker: Marker,
        noted: Arc<AtomicU64>,
    ) -> anyhow::Result<Self> {
        let known = Known::load(&connection)?;
        noted.store(set_aside::noted(&connection)?.0, Ordering::Relaxed);
        Ok(Self { connection, known, marker, noted, since_checkpoint: 0 })
    }

    /// How far the store has read its sources.
    /// # Errors
    /// The store cannot be read.
    pub fn cursors(&self) -> anyhow::Result<Cursors> {
        let _inside = self.marker.enter();
        read::cursors(&self.connection)
    }

    /// Commits `batches` with the cursors of the last one, in one transaction.
    /// # Errors
    /// A batch failed to be made, or the store to be written: nothing was committed; the same may be
    /// tried again.
    pub fn append(
        &mut self,
        batches: impl IntoIterator<Item = anyhow::Result<Batch>>,
    ) -> anyhow::Result<()> {
        let inside = self.marker.enter();
        let appended = append(&self.connection, &mut self.known, batches.into_iter())?;
        drop(inside);
        set_aside::tell(&appended.set_aside);
        self.noted.fetch_add(appended.set_aside.len() as u64, Ordering::Relaxed);
        self.since_checkpoint += appended.rows;
        if self.since_checkpoint >= ROWS_PER_CHECKPOINT {
            self.checkpoint();
        }
        Ok(())
    }

    /// Moves what the write-ahead log holds into the file. A report that is running prevents it;
    /// then a later call does it.
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
