//! Moves queued records into the live segment at once, so that they survive the end of the process
//! even while a sync is under way.
//! Promise: a segment is begun only when the one before is confirmed to its end; meanwhile those who
//! cannot wait write beyond its end. After a failure the
//! file is left behind with what was confirmed in it, and the rest goes to a fresh one.

use crate::disk::Disk;
use crate::journal::Shared;
use crate::pipe::{Pipe, Written};
use crate::raw::{RawSegment, frame_of};
use crate::{Entry, Options};
use std::io;
use std::sync::Arc;

/// Longest wait between attempts, in units of [`Options::retry_pace`].
const MOST_RETRY_PACES: u32 = 64;

/// The live segment as its only writer sees it.
pub(crate) struct Live {
    pub segment: Arc<RawSegment>,
    /// Where the next frame goes.
    pub position: u64,
}

/// Writes until the journal closes.
pub(crate) fn run(shared: &Shared, options: &Options) {
    let _pipe = ClosedAtEnd(&shared.pipe);
    let (mut paces, mut last_tries) = (1, 2);
    loop {
        let turn = shared.writer.lock().turn(shared);
        match turn {
            Turn::Wrote(records) => {
                paces = 1;
                // Records that come one by one shall not cost a wake-up each.
                std::thread::sleep(options.pace(records) / 2);
            }
            Turn::MustSync => shared.pipe.wait_until_idle(),
            Turn::Failed => {
                let closing = shared.queue.wait_for_closing(options.retry_pace * paces);
                last_tries -= u32::from(closing);
                paces = (paces * 2).min(MOST_RETRY_PACES);
                if last_tries == 0 {
                    break;
                }
            }
            Turn::Nothing if shared.queue.wait_for_work() => {}
            Turn::Nothing => {
                shared.pipe.wait_until_idle();
                if !shared.pipe.has_failed() {
                    break;
                }
            }
        }
    }
}

/// What came of an attempt to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// So many records are in the file.
    Wrote(usize),
    /// There is nothing to write.
    Nothing,
    /// The segment is full, and a new one waits for its last sync.
    MustSync,
    /// The disk did not take them.
    Failed,
}

pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    options: Options,
    live: Option<Live>,
    buffer: Vec<u8>,
    /// A file was left behind under a name that may not be safe, or removed but not for certain.
    names_at_risk: bool,
}

impl Writer {
    /// Goes on behind `live`, or starts a segment with the first record.
    pub(crate) fn new(disk: Arc<dyn Disk>, options: Options, live: Option<Live>) -> Self {
        Self { disk, options, live, buffer: Vec::new(), names_at_risk: false }
    }

    /// Writes one group.
    pub(crate) fn turn(&mut self, shared: &Shared) -> Turn {
        self.write_up_to(self.options.segment_bytes, shared)
    }

    /// Writes one group into a segment of at most so many bytes.
    fn write_up_to(&mut self, segment_bytes: u64, shared: &Shared) -> Turn {
        if shared.pipe.has_failed() {
            self.start_over(shared);
            return Turn::Failed;
        }
        let batch = shared.queue.batch(self.options.batch_bytes);
        if batch.is_empty() {
            return Turn::Nothing;
        }
        if self.room(segment_bytes).is_none_or(|room| fitting(&batch, room) == 0) {
            if !shared.pipe.is_idle() {
                return Turn::MustSync;
            }
            if shared.pipe.has_failed() {
                return Turn::Nothing;
            }
            self.live = None;
        }
        match self.write(batch, segment_bytes, shared) {
            Ok(written) => {
                shared.queue.note_written(written.entries.last().map_or(0, |e| e.number + 1));
                let records = written.entries.len();
                shared.pipe.push(written);
                Turn::Wrote(records)
            }
            Err(error) => {
                shared.report_broken(&error);
                self.start_over(shared);
                Turn::Failed
            }
        }
    }

    /// Writes one group at once if that takes no more than the writing.
    pub(crate) fn hasten(&mut self, shared: &Shared) {
        let batch = shared.queue.batch(self.options.batch_bytes);
        let most = self.options.most_segment_bytes();
        let fits = self.room(most).is_some_and(|room| fitting(&batch, room) == batch.len());
        if fits && !shared.pipe.has_failed() {
            self.write_up_to(most, shared);
        }
    }

    /// Puts as much of `batch` into the file as fits into one segment.
    fn write(
        &mut self,
        mut batch: Vec<Entry>,
        segment_bytes: u64,
        shared: &Shared,
    ) -> io::Result<Written> {
        let live = match self.live.take() {
            Some(live) => live,
            None => self.start_segment(batch[0].number, shared)?,
        };
        let live = self.live.insert(live);
        let room = segment_bytes.saturating_sub(live.position);
        // A record longer than a segment gets one to itself.
        batch.truncate(fitting(&batch, room).max(1));
        self.buffer.clear();
        for entry in &batch {
            frame_of(entry).write(live.segment.marker, &mut self.buffer);
        }
        let offset = live.position;
        live.segment.write(offset, &self.buffer)?;
        live.position += self.buffer.len() as u64;
        Ok(Written { segment: live.segment.clone(), offset, entries: batch })
    }

    /// The spare, or a fresh file.
    fn start_segment(&mut self, first: u64, shared: &Shared) -> io::Result<Live> {
        let segment = match shared.spares.take() {
            Some(spare) => {
                if self.names_at_risk {
                    // What was left behind shall not look like a later segment than this one.
                    self.disk.sync_names()?;
                }
                spare.begin(&*self.disk, first)?
            }
            None => {
                let zeros = self.options.zeros_ahead_bytes.min(self.options.segment_bytes);
                RawSegment::create(&*self.disk, first, zeros)?
            }
        };
        self.names_at_risk = false;
        Ok(Live { segment: Arc::new(segment), position: 0 })
    }

    /// Bytes left in the live segment if it may have so many.
    fn room(&self, segment_bytes: u64) -> Option<u64> {
        let live = self.live.as_ref()?;
        Some(segment_bytes.saturating_sub(live.position))
    }

    /// Trusts the live file no more. What was confirmed in it stays listed and will be sealed;
    /// everything else is written anew.
    fn start_over(&mut self, shared: &Shared) {
        // What a sync under way still confirms must not be written twice.
        shared.pipe.start_over();
        shared.queue.rewind();
        self.names_at_risk = true;
        let Some(live) = self.live.take() else { return };
        live.segment.leave();
        if !shared.segments.lists(&live.segment) {
            // Nothing in it was confirmed; if it stays, recovery sorts it out by number.
            let _ = self.disk.remove(&live.segment.name);
        }
    }
}

/// Closes the pipe however the writer ends, so that nobody waits for it for ever.
struct ClosedAtEnd<'a>(&'a Pipe);

impl Drop for ClosedAtEnd<'_> {
    fn drop(&mut self) {
        self.0.close();
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
