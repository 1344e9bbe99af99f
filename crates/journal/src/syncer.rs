//! Puts on disk what the writer wrote, a group per sync.
//! Promise: the watermark rises only over what a sync has confirmed.

use crate::Options;
use crate::health::Counters;
use crate::journal::Shared;
use crate::pipe::Written;
use std::io;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Syncs until the pipe is closed.
pub(crate) fn run(shared: &Shared, options: &Options) {
    while shared.pipe.wait_for_work() {
        let started = Instant::now();
        let records = turn(shared, options);
        let pause = options.pace(records).saturating_sub(started.elapsed());
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    }
}

/// One sync of all that was written so far; says of how many records.
pub(crate) fn turn(shared: &Shared, options: &Options) -> usize {
    let group = shared.pipe.take();
    let Some(last) = group.last() else { return 0 };
    match last.segment.sync() {
        Ok(()) => {
            confirm(shared, options, &group);
            shared.pipe.done(true);
        }
        Err(error) => {
            shared.report_broken(&error);
            shared.pipe.done(false);
            shared.queue.nudge();
        }
    }
    group.iter().map(|written| written.entries.len()).sum()
}

fn confirm(shared: &Shared, options: &Options, group: &[Written]) {
    let mut watermark = 0;
    for Written { segment, offset, entries } in group {
        segment.list(*offset, entries);
        watermark = entries.last().map_or(watermark, |entry| entry.number + 1);
        Counters::add(&shared.counters.synced, entries.len() as u64);
        let new = shared.segments.add(segment);
        if new
            || segment.wants_zeros(options.zeros_ahead_bytes)
            || shared.spares.is_wanted(segment, options)
        {
            shared.tend.ring();
        }
    }
    Counters::add(&shared.counters.syncs, 1);
    shared.raise(watermark);
}

impl Shared {
    /// Lets everyone know that records below `watermark` are safe.
    fn raise(&self, watermark: u64) {
        self.queue.raise(watermark);
        if self.counters.broken.swap(false, Ordering::Relaxed) {
            tracing::info!(watermark, "the journal's disk takes records again");
        }
        self.waiting.raise(watermark);
        // Those who follow look at the mark once they are woken.
        self.watermark.send_replace(watermark);
    }

    /// Counts a failed write or sync and lets those who wait know.
    pub(crate) fn report_broken(&self, error: &io::Error) {
        Counters::add(&self.counters.failed_syncs, 1);
        if !self.counters.broken.swap(true, Ordering::Relaxed) {
            let waiting = self.queue.unsynced();
            tracing::error!(%error, waiting, "the journal's disk does not take records");
        }
        self.waiting.break_off();
    }
}
