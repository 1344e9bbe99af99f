//! Numbers records, holds those the disk has not taken, and the newest that it has.
//! Promise: a record is found here from the moment it has a number until it is in a segment; memory
//! stays within the two limits of [`Options`].

use crate::recent::{Recent, cost};
use crate::{AppendError, Entry, MOST_PAYLOAD_BYTES, Options};
use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use std::time::Duration;

pub(crate) struct Queue {
    held: Mutex<Held>,
    /// Rings when there is something to write, or at closing.
    work: Condvar,
    most_unsynced_bytes: usize,
    recent_bytes: usize,
}

struct Held {
    records: Recent,
    /// Everything below is synced.
    watermark: u64,
    /// Everything below is in a file, to be synced.
    written: u64,
    /// The writer is to look around even if nothing came in.
    nudged: bool,
    unsynced_bytes: usize,
    closing: bool,
}

impl Queue {
    /// Starts empty; the first record gets the number `next`.
    pub(crate) fn new(next: u64, options: &Options) -> Self {
        Self {
            held: Mutex::new(Held {
                records: Recent::new(next),
                watermark: next,
                written: next,
                nudged: false,
                unsynced_bytes: 0,
                closing: false,
            }),
            work: Condvar::new(),
            most_unsynced_bytes: options.most_unsynced_bytes,
            recent_bytes: options.recent_bytes,
        }
    }

    /// Numbers and queues a record.
    pub(crate) fn append(&self, key: u128, payload: Bytes) -> Result<u64, AppendError> {
        if payload.len() > MOST_PAYLOAD_BYTES {
            return Err(AppendError::TooLong);
        }
        let mut held = self.held.lock();
        let number = held.records.end();
        let entry = Entry { number, key, payload };
        let cost = cost(&entry);
        if held.closing {
            return Err(AppendError::Closed);
        }
        if held.unsynced_bytes + cost > self.most_unsynced_bytes {
            return Err(AppendError::Full);
        }
        held.unsynced_bytes += cost;
        held.records.push(entry);
        drop(held);
        self.work.notify_one();
        Ok(number)
    }

    /// The number that the next record gets.
    pub(crate) fn end(&self) -> u64 {
        self.held.lock().records.end()
    }

    /// The oldest records that are in no file: at least one if there are any, else up to
    /// `most_bytes`.
    pub(crate) fn batch(&self, most_bytes: usize) -> Vec<Entry> {
        let held = self.held.lock();
        let mut room = most_bytes;
        let mut batch = Vec::new();
        for entry in held.records.from(held.written) {
            if !batch.is_empty() && cost(entry) > room {
                break;
            }
            room = room.saturating_sub(cost(entry));
            batch.push(entry.clone());
        }
        batch
    }

    /// Notes that everything below `number` is in a file.
    pub(crate) fn note_written(&self, number: u64) {
        self.held.lock().written = number;
    }

    /// Whether the record is in a file.
    pub(crate) fn is_written(&self, number: u64) -> bool {
        number < self.held.lock().written
    }

    /// What is not synced is to be written anew.
    pub(crate) fn rewind(&self) {
        let mut held = self.held.lock();
        held.written = held.watermark;
    }

    /// Notes that everything below `watermark` is on disk and lets go of what is no longer recent.
    pub(crate) fn raise(&self, watermark: u64) {
        // Freed when the lock is free again.
        let mut forgotten = Vec::new();
        let mut held = self.held.lock();
        let held = &mut *held;
        let synced = (watermark - held.watermark) as usize;
        let confirmed = held.records.from(held.watermark).take(synced);
        held.unsynced_bytes -= confirmed.map(cost).sum::<usize>();
        held.watermark = watermark;
        while held.records.bytes() > self.recent_bytes
            && let Some(oldest) = held.records.forget_below(watermark)
        {
            forgotten.push(oldest);
        }
    }

    /// The record of this key, synced or not, if it is recent.
    pub(crate) fn find(&self, key: u128) -> Option<Entry> {
        self.held.lock().records.find(key).cloned()
    }

    /// Synced records from `from` on, if the first of them is still recent.
    pub(crate) fn read(&self, from: u64, most: usize, most_bytes: usize) -> Option<Vec<Entry>> {
        let (numbers, chunks) = {
            let mut held = self.held.lock();
            if from < held.records.start() {
                return None;
            }
            let numbers = from..held.watermark.min(from.saturating_add(most as u64));
            let chunks = held.records.share(&numbers);
            (numbers, chunks)
        };
        let mut room = most_bytes;
        let fits = |entry: &&Entry| {
            let took = room > 0;
            room = room.saturating_sub(entry.payload.len());
            took
        };
        let entries = chunks.iter().flat_map(|chunk| chunk.within(&numbers));
        Some(entries.take_while(fits).cloned().collect())
    }

    /// Blocks until there is something to write or a nudge; `false` when closing and all is written.
    pub(crate) fn wait_for_work(&self) -> bool {
        let mut held = self.held.lock();
        while held.records.end() == held.written && !held.nudged {
            if held.closing {
                return false;
            }
            self.work.wait(&mut held);
        }
        held.nudged = false;
        true
    }

    /// Wakes the writer.
    pub(crate) fn nudge(&self) {
        self.held.lock().nudged = true;
        self.work.notify_all();
    }

    /// Waits up to `time`, or until closing begins. Says whether it has.
    pub(crate) fn wait_for_closing(&self, time: Duration) -> bool {
        let until = std::time::Instant::now() + time;
        let mut held = self.held.lock();
        while !held.closing && !self.work.wait_until(&mut held, until).timed_out() {}
        held.closing
    }

    /// Refuses records from now on.
    pub(crate) fn close(&self) {
        self.held.lock().closing = true;
        self.work.notify_all();
    }

    /// Records waiting for the disk.
    pub(crate) fn unsynced(&self) -> u64 {
        let held = self.held.lock();
        held.records.end() - held.watermark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(recent: usize, unsynced: usize) -> Queue {
        let options =
            Options { recent_bytes: recent, most_unsynced_bytes: unsynced, ..Options::default() };
        Queue::new(10, &options)
    }

    #[test]
    fn unsynced_records_are_bounded_and_never_forgotten() {
        let one = Entry { number: 10, key: 10, payload: Bytes::from("x") };
        let queue = queue(0, 3 * cost(&one));
        for number in 10..13 {
            assert_eq!(queue.append(number.into(), Bytes::from("x")), Ok(number));
        }
        assert_eq!(queue.append(13, Bytes::from("x")), Err(AppendError::Full));
        assert!(queue.find(10).is_some());
        queue.note_written(12);
        queue.raise(12);
        assert_eq!(queue.find(11), None);
        assert_eq!(queue.find(12).map(|entry| entry.number), Some(12));
        assert_eq!(queue.append(13, Bytes::from("x")), Ok(13));
        let numbers: Vec<_> = queue.batch(1).iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, [12]);
    }

    #[test]
    fn reads_synced_records_only() {
        let queue = queue(1 << 20, 1 << 20);
        for key in 0..4 {
            queue.append(key, Bytes::new()).unwrap();
        }
        queue.raise(13);
        assert_eq!(queue.read(11, 99, 99).unwrap().len(), 2);
        assert_eq!(queue.read(13, 99, 99), Some(vec![]));
        assert_eq!(queue.read(99, 99, 99), Some(vec![]));
        assert_eq!(queue.read(9, 99, 99), None);
    }
}
