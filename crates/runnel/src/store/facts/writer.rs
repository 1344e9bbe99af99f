//! The one connection that writes facts.
//! Promise: a batch and its cursors are committed together or not at all.

use super::append::{Batch, Cursors, append};
use super::marker::Marker;
use super::paths::Paths;
use super::read;
use duckdb::Connection;

/// Rows between two checkpoints: they bound how much a start must replay.
const ROWS_PER_CHECKPOINT: usize = 500_000;

/// Writes facts. One exists per store.
pub struct Writer {
    connection: Connection,
    paths: Paths,
    marker: Marker,
    since_checkpoint: usize,
}

impl Writer {
    pub(super) fn new(connection: Connection, marker: Marker) -> anyhow::Result<Self> {
        let paths = Paths::load(&connection)?;
        Ok(Self { connection, paths, marker, since_checkpoint: 0 })
    }

    /// How far the store has read its sources.
    /// # Errors
    /// The store cannot be read.
    pub fn cursors(&self) -> anyhow::Result<Cursors> {
        let _inside = self.marker.enter();
        read::cursors(&self.connection)
    }

    /// Commits `batch` with its cursors.
    /// # Errors
    /// Nothing of it was committed; the same batch may be tried again.
    pub fn append(&mut self, batch: &Batch) -> anyhow::Result<()> {
        let inside = self.marker.enter();
        append(&self.connection, &mut self.paths, batch)?;
        drop(inside);
        self.since_checkpoint += batch.rows.len();
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
