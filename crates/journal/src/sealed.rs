//! A full segment in its final form: blocks of records, each compressed singly, with its index at
//! both ends of the file.
//! Promise: reading it needs one of the two indexes; a damaged byte in a block costs one record.
//!
//! header · index · (zeros) · blocks · index · header. The index holds the dictionary and the table of
//! blocks; the header says what the file holds and how to check the index.

mod index;
mod stored;

pub(crate) use index::{HEADER_BYTES, Index, Summary};
pub(crate) use stored::{Stored, StoredIn, write as write_stored};

use crate::block::{self, Block};
use crate::disk::{self, Disk, DiskFile};
use crate::name::Name;
use crate::segments::Harvest;
use crate::{Entry, MOST_PAYLOAD_BYTES};
use bytes::Bytes;
use std::io;
use std::sync::Arc;
use zstd::bulk::Decompressor;
use zstd::dict::DecoderDictionary;

/// What stays in memory of every sealed segment.
pub(crate) struct SealedSegment {
    pub summary: Summary,
    pub marker: u64,
    pub name: String,
    /// Its size on disk.
    pub bytes: u64,
}

impl SealedSegment {
    /// Reads what the file holds; `None` if both headers are damaged.
    pub(crate) fn recognise(disk: &dyn Disk, name: &Name) -> io::Result<Option<Self>> {
        let Name::Sealed { marker, first, end } = *name else { return Ok(None) };
        let file = disk.open(&name.to_string())?;
        let bytes = file.length()?;
        let Some(index) = Index::load(&*file, bytes)? else { return Ok(None) };
        let summary = index.summary;
        let fits = summary.first == first && summary.end == end;
        Ok(fits.then(|| Self { summary, marker, name: name.to_string(), bytes }))
    }

    /// Opens the file with its index.
    pub(crate) fn open(&self, disk: &dyn Disk) -> io::Result<OpenSegment> {
        let file = disk.open(&self.name)?;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "both indexes are damaged");
        let index = Index::load(&*file, file.length()?)?.ok_or_else(damaged)?;
        Ok(OpenSegment::new(file, self.marker, index))
    }

    pub(crate) fn may_hold(&self, key: u128) -> bool {
        (self.summary.least_key..=self.summary.most_key).contains(&key)
    }
}

/// A sealed segment with its index in memory.
pub(crate) struct OpenSegment {
    file: Arc<dyn DiskFile>,
    marker: u64,
    blocks: Vec<Block>,
    dictionary: DecoderDictionary<'static>,
}

impl OpenSegment {
    pub(crate) fn new(file: Arc<dyn DiskFile>, marker: u64, index: Index) -> Self {
        let dictionary = DecoderDictionary::copy(&index.dictionary);
        Self { file, marker, blocks: index.blocks, dictionary }
    }

    /// The record of this key. Fails if the disk cannot be read.
    pub(crate) fn find(&self, key: u128) -> io::Result<Option<Entry>> {
        for block in self.blocks.iter().rev().filter(|block| block.keys().contains(&key)) {
            let bytes = disk::read_range(&*self.file, block.offset, block.bytes as usize)?;
            let found = StoredIn::new(&bytes, block, self.marker).find(|stored| stored.key == key);
            if let Some(stored) = found {
                return Ok(self.entry(&mut self.decompressor()?, &stored));
            }
        }
        Ok(None)
    }

    /// Records that `harvest` wants, in order; those that cannot be read are passed over.
    pub(crate) fn read(&self, harvest: &mut Harvest) -> io::Result<()> {
        let mut decompressor = self.decompressor()?;
        for block in &self.blocks[block::from_number(&self.blocks, harvest.from)..] {
            if harvest.is_full() {
                break;
            }
            let (bytes, _) =
                disk::read_around_bad_sectors(&*self.file, block.offset, block.bytes as usize);
            for stored in StoredIn::new(&bytes, block, self.marker) {
                if harvest.wants(stored.number)
                    && let Some(entry) = self.entry(&mut decompressor, &stored)
                {
                    harvest.take(entry);
                }
            }
        }
        Ok(())
    }

    fn decompressor(&self) -> io::Result<Decompressor<'_>> {
        Decompressor::with_prepared_dictionary(&self.dictionary)
    }

    fn entry(&self, decompressor: &mut Decompressor<'_>, stored: &Stored<'_>) -> Option<Entry> {
        let payload = if stored.compressed {
            Bytes::from(decompress(decompressor, stored.data)?)
        } else {
            Bytes::copy_from_slice(stored.data)
        };
        Some(Entry { number: stored.number, key: stored.key, payload })
    }
}

/// Every zstd frame starts with these; they are left out of the file.
pub(crate) const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

fn decompress(decompressor: &mut Decompressor<'_>, data: &[u8]) -> Option<Vec<u8>> {
    let frame = [&ZSTD_MAGIC, data].concat();
    let length = zstd::zstd_safe::get_frame_content_size(&frame).ok()??;
    let length = usize::try_from(length).ok().filter(|length| *length <= MOST_PAYLOAD_BYTES)?;
    decompressor.decompress(&frame, length).ok()
}
