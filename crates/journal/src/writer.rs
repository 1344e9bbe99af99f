//! Moves queued records into the live segment, a group per sync.
//! Promise: the watermark rises only over what a sync has confirmed. After a failure the file is left
//! behind with what was confirmed in it, and the same records go to a fresh one.

use crate::disk::Disk;
use crate::health::Counters;
use crate::journal::Shared;
use crate::raw::{RawSegment, frame_of};
use crate::segments::Segment;
use crate::{Entry, Options};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Longest wait between attempts, in units of [`Options::retry_pace`].
const MOST_RETRY_PACES: u32 = 64;

/// The live segment as its only writer sees it.
pub(crate) struct Live {
    pub segment: Arc<RawSegment>,
    /// Where the next frame goes.
    pub position: u64,
    /// Whether readers know it: from the first synced record on.
    pub listed: bool,
}

pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    options: Options,
    live: Option<Live>,
    buffer: Vec<u8>,
}

impl Writer {
    /// Goes on behind `live`, or starts a segment with the first record.
    pub(crate) fn new(disk: Arc<dyn Disk>, options: Options, live: Option<Live>) -> Self {
        Self { disk, options, live, buffer: Vec::new() }
    }

    /// Writes until the journal closes.
    pub(crate) fn run(mut self, shared: &Shared) {
        let mut paces = 1;
        while shared.queue.wait_for_work() {
            let started = Instant::now();
            if self.turn(shared) {
                paces = 1;
                let pause = self.options.sync_pace.saturating_sub(started.elapsed());
                if !pause.is_zero() {
                    std::thread::sleep(pause);
                }
                continue;
            }
            if shared.queue.wait_for_closing(self.options.retry_pace * paces) {
                while self.turn(shared) && shared.queue.unsynced() > 0 {}
                break;
            }
            paces = (paces * 2).min(MOST_RETRY_PACES);
        }
    }

    /// Writes and syncs one group. `false` if the disk did not take it.
    pub(crate) fn turn(&mut self, shared: &Shared) -> bool {
        let batch = shared.queue.batch(self.options.batch_bytes);
        let Some(first) = batch.first() else { return true };
        let before = first.number;
        match self.commit(shared, batch) {
            Ok(watermark) => {
                Counters::add(&shared.counters.syncs, 1);
                Counters::add(&shared.counters.synced, watermark - before);
                shared.raise(watermark);
                true
            }
            Err(error) => {
                Counters::add(&shared.counters.failed_syncs, 1);
                self.leave_file();
                shared.report_broken(&error);
                false
            }
        }
    }

    /// Puts as much of `batch` on disk as fits into one segment; answers the new watermark.
    fn commit(&mut self, shared: &Shared, batch: Vec<Entry>) -> io::Result<u64> {
        if self.room().is_some_and(|room| fitting(&batch, room) == 0) {
            self.live = None;
        }
        let live = match &mut self.live {
            Some(live) => live,
            none => none.insert(start_segment(&*self.disk, &self.options, batch[0].number)?),
        };
        let room = self.options.segment_bytes.saturating_sub(live.position);
        // A record longer than a segment gets one to itself.
        let batch = &batch[..fitting(&batch, room).max(1)];
        self.buffer.clear();
        for entry in batch {
            frame_of(entry).write(live.segment.marker, &mut self.buffer);
        }
        live.segment.write(live.position, &self.buffer)?;
        live.segment.list(live.position, batch);
        live.position += self.buffer.len() as u64;
        if !live.listed {
            shared.segments.push(Segment::Raw(live.segment.clone()));
            live.listed = true;
            shared.tend.ring();
        } else if live.segment.wants_zeros(self.options.zeros_ahead_bytes) {
            shared.tend.ring();
        }
        Ok(batch[batch.len() - 1].number + 1)
    }

    /// Bytes left in the live segment.
    fn room(&self) -> Option<u64> {
        let live = self.live.as_ref()?;
        Some(self.options.segment_bytes.saturating_sub(live.position))
    }

    /// Trusts the live file no more. What was confirmed in it stays listed and will be sealed.
    fn leave_file(&mut self) {
        let Some(live) = self.live.take() else { return };
        live.segment.leave();
        if !live.listed {
            // Nothing in it was confirmed; if it stays, recovery sorts it out by number.
            let _ = self.disk.remove(&live.segment.name);
        }
    }
}

/// How many of `batch` fit into `room` bytes.
fn fitting(batch: &[Entry], room: u64) -> usize {
    let mut end = 0;
    let fits = |entry: &&Entry| {
        end += frame_of(entry).length() as u64;
        end <= room
    };
    batch.iter().take_while(fits).count()
}

fn start_segment(disk: &dyn Disk, options: &Options, first: u64) -> io::Result<Live> {
    let zeros = options.zeros_ahead_bytes.min(options.segment_bytes);
    let segment = Arc::new(RawSegment::create(disk, first, zeros)?);
    Ok(Live { segment, position: 0, listed: false })
}

impl Shared {
    /// Lets everyone know that records below `watermark` are safe.
    fn raise(&self, watermark: u64) {
        self.queue.raise(watermark);
        if self.counters.broken.swap(false, Ordering::Relaxed) {
            tracing::info!(watermark, "the journal's disk takes records again");
        }
        // First the mark, then those who wait: whoever was woken sees the mark.
        self.watermark.send_replace(watermark);
        self.progress.send_modify(|progress| {
            progress.watermark = watermark;
            progress.broken = false;
        });
    }

    fn report_broken(&self, error: &io::Error) {
        if !self.counters.broken.swap(true, Ordering::Relaxed) {
            let waiting = self.queue.unsynced();
            tracing::error!(%error, waiting, "the journal's disk does not take records");
        }
        self.progress.send_modify(|progress| progress.broken = true);
    }
}
