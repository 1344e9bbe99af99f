//! What the sources hold → batches, one after the other.
//! Promise: each begins where the one before ended; it is made when it is asked for, so that whoever
//! writes it has it in the processor's cache still.

use super::Sources;
use super::page::{self, Held};
use crate::store::facts::{Batch, Cursors};

/// Most records or entries of a batch: its columns stay in the processor's cache.
const MOST_PER_BATCH: usize = 4 * 1024;

/// Batches of everything behind some cursors. Ends when there is nothing more at present, or with a failure.
pub(super) struct Batches<'a> {
    sources: &'a mut dyn Sources,
    cursors: Cursors,
    held: Held,
}

impl<'a> Batches<'a> {
    /// Those behind `cursors`.
    pub(super) fn behind(sources: &'a mut dyn Sources, cursors: Cursors) -> Self {
        Self { sources, cursors, held: Held::Full }
    }

    /// What the latest page held.
    pub(super) fn held(&self) -> Held {
        self.held
    }

    fn make(&mut self) -> anyhow::Result<Option<Batch>> {
        let mut batch = Batch { cursors: self.cursors, ..Batch::default() };
        self.held = page::take(self.sources, &mut batch, MOST_PER_BATCH)?;
        self.cursors = batch.cursors;
        Ok((self.held != Held::Nothing).then_some(batch))
    }
}

impl Iterator for Batches<'_> {
    type Item = anyhow::Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.held != Held::Full {
            return None;
        }
        let made = self.make();
        if made.is_err() {
            self.held = Held::Nothing;
        }
        made.transpose()
    }
}
