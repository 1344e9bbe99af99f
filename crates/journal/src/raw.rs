//! A segment as it is written: frames one after the other in a file of zeros.
//! Promise: its table lists only what is on disk; readers and the writer do not wait for each other.

use crate::Entry;
use crate::block::{self, Block};
use crate::disk::{self, Disk, DiskFile, FILL_BYTES, WHOLE_BYTES, ZEROS};
use crate::frame::{Frame, Frames};
use crate::name::{self, Name};
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Zeros that a segment begins with.
const FIRST_ZEROS_BYTES: u64 = 256 * 1024;

pub(crate) struct RawSegment {
    /// Number of its first record.
    pub first: u64,
    pub marker: u64,
    pub name: String,
    file: Arc<dyn DiskFile>,
    table: RwLock<Table>,
    /// Up to where the file has bytes. Raised under `zeroing`.
    allocated: AtomicU64,
    zeroing: Mutex<()>,
    /// A sync failed: nothing more is written here.
    suspect: AtomicBool,
}

#[derive(Clone, Default)]
pub(crate) struct Table {
    pub blocks: Vec<Block>,
    /// One more than the last number used here.
    pub end: u64,
    /// Bytes written.
    pub bytes: u64,
}

impl RawSegment {
    /// Makes the file, its first zeros and its name safe on disk.
    pub(crate) fn create(disk: &dyn Disk, first: u64, zeros: u64) -> io::Result<Self> {
        let marker = name::new_marker();
        let name = Name::Raw { first, marker }.to_string();
        let file = disk.create(&name)?;
        let table = Table { end: first, ..Table::default() };
        let segment = Self::new(first, marker, file, table, 0);
        let made = segment
            .add_zeros(&*segment.file, zeros.min(FIRST_ZEROS_BYTES))
            .and_then(|()| disk.sync_names());
        if let Err(error) = made {
            // It holds nothing; if it cannot be removed now, recovery finds it empty.
            let _ = disk.remove(&segment.name);
            return Err(error);
        }
        Ok(segment)
    }

    /// A segment whose file holds what `table` lists.
    pub(crate) fn new(
        first: u64,
        marker: u64,
        file: Arc<dyn DiskFile>,
        table: Table,
        allocated: u64,
    ) -> Self {
        Self {
            first,
            marker,
            name: Name::Raw { first, marker }.to_string(),
            file,
            table: RwLock::new(table),
            allocated: AtomicU64::new(allocated),
            zeroing: Mutex::new(()),
            suspect: AtomicBool::new(false),
        }
    }

    /// Writes at `offset`. After an error the segment must not be written again.
    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let end = offset + bytes.len() as u64;
        if end <= self.allocated.load(Ordering::Acquire) {
            return self.file.write_at(offset, bytes);
        }
        // Zeros under way beyond our end must not land upon these bytes.
        let _zeroing = self.zeroing.lock();
        self.file.write_at(offset, bytes)?;
        self.allocated.fetch_max(end, Ordering::AcqRel);
        Ok(())
    }

    /// Puts what was written on disk. After an error the segment must not be written again.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync()?;
        if self.suspect.load(Ordering::Acquire) {
            return Err(io::Error::other("an earlier sync of this file failed"));
        }
        Ok(())
    }

    /// Notes that nothing more is written here.
    pub(crate) fn leave(&self) {
        self.suspect.store(true, Ordering::Release);
    }

    /// Lists frames that were written and synced from `offset` on.
    pub(crate) fn list(&self, offset: u64, entries: &[Entry]) {
        let mut table = self.table.write();
        let mut at = offset;
        for entry in entries {
            let bytes = frame_of(entry).length();
            block::add_record(&mut table.blocks, at, entry.number, entry.key, bytes);
            at += bytes as u64;
            table.end = entry.number + 1;
        }
        table.bytes = at;
    }

    /// Whether half of the zeros that are to lie ahead are used up. As many as there are bytes: a
    /// journal that is hardly used shall not take megabytes.
    pub(crate) fn wants_zeros(&self, most_ahead: u64) -> bool {
        let bytes = self.bytes();
        let free = self.allocated.load(Ordering::Acquire).saturating_sub(bytes);
        free < zeros_ahead(bytes, most_ahead) / 2
    }

    /// Adds zeros until as many lie ahead as are to, in a file of at most `most_bytes`. `file` is an
    /// opening of its own: it learns of its own failures.
    pub(crate) fn zero_ahead(
        &self,
        file: &dyn DiskFile,
        most_ahead: u64,
        most_bytes: u64,
    ) -> io::Result<()> {
        let bytes = self.bytes();
        let wanted = (bytes + zeros_ahead(bytes, most_ahead)).min(most_bytes);
        let missing = wanted.saturating_sub(self.allocated.load(Ordering::Acquire));
        if missing == 0 || self.suspect.load(Ordering::Acquire) {
            return Ok(());
        }
        self.add_zeros(file, missing)
    }

    /// Adds so many, rounded up to whole pieces.
    fn add_zeros(&self, file: &dyn DiskFile, bytes: u64) -> io::Result<()> {
        let until = self.allocated.load(Ordering::Acquire) + bytes;
        let until = until.next_multiple_of(WHOLE_BYTES);
        while self.add_some(file, until)? {}
        // The writer does not wait for this sync; whatever lies among the zeros, its own covers.
        let synced = file.sync();
        if synced.is_err() {
            self.suspect.store(true, Ordering::Release);
        }
        synced
    }

    /// Adds as many as hold the file for a moment only, up to `until`; says whether some are missing.
    fn add_some(&self, file: &dyn DiskFile, until: u64) -> io::Result<bool> {
        let _zeroing = self.zeroing.lock();
        let from = self.allocated.load(Ordering::Acquire);
        let most = FILL_BYTES as u64 - from.rem_euclid(WHOLE_BYTES);
        let zeros = &ZEROS[..most.min(until.saturating_sub(from)) as usize];
        file.write_at(from, zeros)?;
        let end = from + zeros.len() as u64;
        self.allocated.fetch_max(end, Ordering::AcqRel);
        Ok(end < until)
    }

    /// One more than the last number used here.
    pub(crate) fn end(&self) -> u64 {
        self.table.read().end
    }

    /// Bytes written.
    pub(crate) fn bytes(&self) -> u64 {
        self.table.read().bytes
    }

    /// The table at present.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        self.table.read().blocks.clone()
    }

    /// The record of this key. Fails if the disk cannot be read.
    pub(crate) fn find(&self, key: u128) -> io::Result<Option<Entry>> {
        let blocks: Vec<Block> = {
            let table = self.table.read();
            table.blocks.iter().filter(|block| block.keys().contains(&key)).cloned().collect()
        };
        for block in blocks.iter().rev() {
            let bytes = disk::read_range(&*self.file, block.offset, block.bytes as usize)?;
            let found = self.frames(&bytes).find(|entry| entry.key == key);
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// All records of a block that can be read, in order.
    pub(crate) fn read_block(&self, block: &Block) -> Vec<Entry> {
        let (bytes, _) =
            disk::read_around_bad_sectors(&*self.file, block.offset, block.bytes as usize);
        self.frames(&bytes).collect()
    }

    /// The blocks that hold `from` and what follows.
    pub(crate) fn blocks_from(&self, from: u64) -> Vec<Block> {
        let table = self.table.read();
        table.blocks[block::from_number(&table.blocks, from)..].to_vec()
    }

    fn frames<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = Entry> + use<'a> {
        Frames::new(bytes, self.marker).filter_map(|(_, frame)| {
            let payload = Bytes::copy_from_slice(frame.payload?);
            Some(Entry { number: frame.number, key: frame.key, payload })
        })
    }
}

/// How many zeros are to lie ahead of so many bytes.
fn zeros_ahead(bytes: u64, most: u64) -> u64 {
    bytes.clamp(FIRST_ZEROS_BYTES.min(most), most)
}

/// The frame that holds this record.
pub(crate) fn frame_of(entry: &Entry) -> Frame<'_> {
    Frame { number: entry.number, key: entry.key, payload: Some(&entry.payload) }
}
