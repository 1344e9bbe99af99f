//! The journal as others use it: opens, hands calls on to the parts, and closes.

use crate::cache::OpenSegments;
use crate::disk::{Disk, Folder};
use crate::health::{Counters, Health};
use crate::pipe::Pipe;
use crate::queue::Queue;
use crate::recovery::{self, Recovery};
use crate::segments::Segments;
use crate::spare::Spares;
use crate::syncer;
use crate::tender::{Bell, Tender};
use crate::waiting::Waiting;
use crate::writer::{self, Writer};
use crate::{AppendError, Entry, JournalError, Options, Unsafe};
use bytes::Bytes;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Between two looks at a writer that is busy.
const HASTEN_PACE: Duration = Duration::from_millis(1);

/// An append-only log of records. Share it by `Arc`; dropping it closes it.
pub struct Journal {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What callers and threads have in common.
pub(crate) struct Shared {
    pub queue: Queue,
    /// Held while writing to a file, never while waiting for records.
    pub writer: Mutex<Writer>,
    pub pipe: Pipe,
    pub segments: Segments,
    pub spares: Spares,
    pub open: OpenSegments,
    pub counters: Counters,
    pub waiting: Waiting,
    pub watermark: watch::Sender<u64>,
    pub tend: Bell,
}

impl Journal {
    /// Opens the journal in the folder `dir` (made if need be) and starts its threads.
    /// # Errors
    /// Another process has the folder, or files cannot be read, written or renamed. Damage is no
    /// error: [`Recovery`] tells of it.
    pub fn open(dir: &Path, options: Options) -> Result<(Self, Recovery), JournalError> {
        Self::open_on(Arc::new(Folder::lock(dir)?), options)
    }

    /// Like [`Self::open`], on any disk.
    /// # Errors
    /// Those of [`Self::open`].
    pub fn open_on(
        disk: Arc<dyn Disk>,
        options: Options,
    ) -> Result<(Self, Recovery), JournalError> {
        let (shared, tender, recovery) = assemble(disk, options.clone())?;
        let journal = Self { shared: shared.clone(), threads: Mutex::default() };
        let (for_tender, for_syncer) = (shared.clone(), shared.clone());
        let for_writer = options.clone();
        journal.start("journal-sync", move || syncer::run(&for_syncer, &options))?;
        journal.start("journal-write", move || writer::run(&shared, &for_writer))?;
        journal.start("journal-tend", move || tender.run(&for_tender))?;
        // What the last run left to seal is waiting.
        journal.shared.tend.ring();
        Ok((journal, recovery))
    }

    fn start(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), JournalError> {
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(work)
            .map_err(JournalError::disk(format!("start the thread {name}")))?;
        self.threads.lock().push(thread);
        Ok(())
    }

    /// Takes a record, to be written within moments; answers its number at once. Never blocks.
    /// # Errors
    /// The record is too long, or the disk is broken or slow and the memory for waiting records is
    /// full; counted in [`Health::dropped`].
    pub fn append(&self, key: u128, payload: impl Into<Bytes>) -> Result<u64, AppendError> {
        let counters = &self.shared.counters;
        let appended = self.shared.queue.append(key, payload.into());
        let counter = if appended.is_ok() { &counters.appended } else { &counters.dropped };
        Counters::add(counter, 1);
        appended
    }

    /// Waits until the record `number` is on disk. Give a number that [`Self::append`] answered: for
    /// one that nobody has appended this waits until somebody does.
    /// # Errors
    /// The disk is broken at present, or the journal was closed before the record was safe.
    pub async fn synced(&self, number: u64) -> Result<(), Unsafe> {
        self.shared.waiting.wait(number).await
    }

    /// Sees to it that the record `number` outlives this process: for those who answer before
    /// [`Self::synced`] does. Says whether it will; the end of the machine is another matter. It takes
    /// microseconds as a rule, and at most `patience` while something is in the way; `false` at once
    /// while the disk is at fault.
    pub async fn hasten(&self, number: u64, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        loop {
            if !self.shared.queue.is_written(number)
                && let Some(mut writer) = self.shared.writer.try_lock()
            {
                writer.hasten(&self.shared);
            }
            if self.shared.queue.is_written(number) {
                return true;
            }
            if self.shared.waiting.is_broken() || Instant::now() >= until {
                return false;
            }
            tokio::time::sleep(HASTEN_PACE).await;
        }
    }

    /// The number that the next record will get: every record below it was taken by [`Self::append`].
    pub fn end(&self) -> u64 {
        self.shared.queue.end()
    }

    /// Records below this number are on disk.
    pub fn watermark(&self) -> u64 {
        self.shared.waiting.watermark()
    }

    /// Follows [`Self::watermark`].
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.watermark.subscribe()
    }

    /// The record with this key, at any age, synced or not. Reads the disk for records that are not
    /// recent (well under 5 ms): on an async thread, call it through `spawn_blocking` if many.
    /// # Errors
    /// The disk cannot be read where the record may be.
    pub fn find(&self, key: u128) -> Result<Option<Entry>, JournalError> {
        self.shared.find(key)
    }

    /// Synced records from number `from` on, in order, at most `most` of them and about 16 MiB. Empty
    /// only if there are none. Numbers may be missing after damage: go on from the last one plus 1.
    /// # Errors
    /// A segment cannot be opened. Unreadable sectors are passed over.
    pub fn read(&self, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
        self.shared.read(from, most)
    }

    /// Counters for monitoring.
    pub fn health(&self) -> Health {
        let segments = self.shared.segments.all();
        Health {
            segments: segments.len() as u64,
            bytes: segments.iter().map(|segment| segment.bytes()).sum(),
            unsynced: self.shared.queue.unsynced(),
            ..self.shared.counters.read()
        }
    }

    /// Refuses new records, writes and syncs those taken, ends the threads. Blocks until done; what
    /// was appended stays readable. Calling it again does nothing.
    /// # Errors
    /// The disk did not take the last records: they are lost when the process ends.
    pub fn close(&self) -> Result<(), Unsafe> {
        self.shared.queue.close();
        self.shared.tend.close();
        for thread in std::mem::take(&mut *self.threads.lock()) {
            // A panic there was printed; here it only means that records may be unsynced.
            let _ = thread.join();
        }
        self.shared.waiting.close();
        if self.shared.queue.unsynced() == 0 { Ok(()) } else { Err(Unsafe) }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if self.close().is_err() {
            let lost = self.shared.queue.unsynced();
            tracing::error!(lost, "the disk did not take the journal's last records");
        }
    }
}

/// All parts, before anything runs.
pub(crate) fn assemble(
    disk: Arc<dyn Disk>,
    options: Options,
) -> Result<(Arc<Shared>, Tender, Recovery), JournalError> {
    let recovered = recovery::recover(&*disk)?;
    let next = recovered.report.next;
    let writer = Writer::new(disk.clone(), options.clone(), recovered.live);
    let shared = Arc::new(Shared {
        queue: Queue::new(next, &options),
        writer: Mutex::new(writer),
        pipe: Pipe::default(),
        segments: Segments::new(recovered.segments),
        spares: Spares::new(recovered.spare),
        open: OpenSegments::new(disk.clone(), options.indexes_in_memory),
        counters: Counters::default(),
        waiting: Waiting::new(next),
        watermark: watch::Sender::new(next),
        tend: Bell::default(),
    });
    let tender = Tender::new(disk, options);
    Ok((shared, tender, recovered.report))
}

#[cfg(test)]
impl Journal {
    /// As if everything below `watermark` had been synced.
    pub(crate) fn mark(&self, watermark: u64) {
        self.shared.waiting.raise(watermark);
    }

    /// As if a sync had failed.
    pub(crate) fn break_off(&self) {
        self.shared.waiting.break_off();
    }
}
