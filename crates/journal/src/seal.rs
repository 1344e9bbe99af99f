//! Rewrites a full raw segment: every record compressed singly with a dictionary trained on the
//! segment itself.
//! Promise: the sealed file takes its name only when it is on disk and has been read back record by
//! record; until then the raw one stands. Interrupted anywhere, sealing begins anew.

use crate::block::{BLOCK_BYTES, Block};
use crate::disk::{Disk, DiskFile};
use crate::name::{self, Name, UNFINISHED};
use crate::raw::RawSegment;
use crate::sealed::{
    HEADER_BYTES, Index, OpenSegment, SealedSegment, Stored, Summary, ZSTD_MAGIC, write_stored,
};
use crate::segments::Harvest;
use crate::{Entry, Options};
use std::io;
use std::sync::Arc;
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

const MOST_DICTIONARY_BYTES: usize = 112 * 1024;
const MOST_SAMPLE_BYTES: usize = 1 << 20;
const FEWEST_SAMPLES: usize = 64;
/// Written between two syncs, so that the live segment's syncs never wait long.
const SYNC_EVERY_BYTES: u64 = 512 * 1024;

/// Makes the sealed form of `raw`, whose writing has ended.
pub(crate) fn seal(
    disk: &dyn Disk,
    raw: &RawSegment,
    options: &Options,
) -> io::Result<SealedSegment> {
    let marker = name::new_marker();
    let name = Name::Sealed { first: raw.first, end: raw.end(), marker }.to_string();
    let unfinished = format!("{name}{UNFINISHED}");
    let file = disk.create(&unfinished)?;
    let made = write(file, raw, marker, options).and_then(|(summary, bytes)| {
        disk.rename(&unfinished, &name)?;
        disk.sync_names()?;
        Ok(SealedSegment { summary, marker, name: name.clone(), bytes })
    });
    if made.is_err() {
        // Under one name or the other; if it stays, recovery removes it.
        let _ = disk.remove(&unfinished).or_else(|_| disk.remove(&name));
    }
    made
}

fn write(
    file: Arc<dyn DiskFile>,
    raw: &RawSegment,
    marker: u64,
    options: &Options,
) -> io::Result<(Summary, u64)> {
    let dictionary = train(raw);
    let most_blocks = (raw.bytes() / u64::from(BLOCK_BYTES)) as usize + raw.blocks().len() + 1;
    let mut sealing = Sealing {
        position: Index::encoded_bytes(dictionary.len(), most_blocks) as u64,
        file,
        synced: 0,
        marker,
        compressor: compressor(options.compression_level, &dictionary)?,
        blocks: Vec::new(),
        pending: Vec::new(),
        pending_bytes: 0,
        checks: Vec::new(),
    };
    for block in raw.blocks() {
        for entry in raw.read_block(&block) {
            sealing.add(&entry)?;
        }
        std::thread::sleep(options.seal_pause);
    }
    sealing.finish(raw, dictionary)
}

/// A dictionary of what the records of this segment have in common; empty if there are few.
fn train(raw: &RawSegment) -> Vec<u8> {
    let blocks = raw.blocks();
    let stride = (raw.bytes() as usize / MOST_SAMPLE_BYTES).max(1);
    let (mut samples, mut sizes) = (Vec::new(), Vec::new());
    for block in blocks.iter().step_by(stride) {
        for entry in raw.read_block(block) {
            samples.extend(&entry.payload);
            sizes.push(entry.payload.len());
        }
    }
    let most = MOST_DICTIONARY_BYTES.min(raw.bytes() as usize / 100);
    if sizes.len() < FEWEST_SAMPLES {
        return Vec::new();
    }
    // Training refuses samples without anything in common; then records compress alone.
    zstd::dict::from_continuous(&samples, &sizes, most).unwrap_or_default()
}

fn compressor(level: i32, dictionary: &[u8]) -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::with_dictionary(level, dictionary)?;
    compressor.set_parameter(CParameter::ChecksumFlag(false))?;
    compressor.set_parameter(CParameter::DictIdFlag(false))?;
    Ok(compressor)
}

struct Sealing {
    file: Arc<dyn DiskFile>,
    position: u64,
    synced: u64,
    marker: u64,
    compressor: Compressor<'static>,
    blocks: Vec<Block>,
    /// Records of the block being filled.
    pending: Vec<Pending>,
    pending_bytes: usize,
    /// Number and checksum of every payload, to compare with what is read back.
    checks: Vec<(u64, u32)>,
}

struct Pending {
    number: u64,
    key: u128,
    compressed: bool,
    data: Vec<u8>,
}

impl Sealing {
    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        self.checks.push((entry.number, crc32fast::hash(&entry.payload)));
        let frame = self.compressor.compress(&entry.payload)?;
        let compressed = frame.strip_prefix(&ZSTD_MAGIC).filter(|d| d.len() < entry.payload.len());
        let data = compressed.unwrap_or(&entry.payload).to_vec();
        let compressed = compressed.is_some();
        self.pending_bytes += data.len();
        self.pending.push(Pending { number: entry.number, key: entry.key, compressed, data });
        if self.pending_bytes >= BLOCK_BYTES as usize { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        let Some(first) = pending.first() else { return Ok(()) };
        let mut block = Block::starting(self.position, first.number);
        pending.iter().for_each(|record| block.add(record.key, 0));
        let mut bytes = Vec::new();
        for Pending { number, key, compressed, data } in &pending {
            let stored = Stored { number: *number, key: *key, compressed: *compressed, data };
            write_stored(&stored, &block, self.marker, &mut bytes);
        }
        block.bytes = bytes.len() as u32;
        block.checksum = crc32fast::hash(&bytes);
        self.blocks.push(block);
        self.put(&bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(self.position, bytes)?;
        self.position += bytes.len() as u64;
        if self.position - self.synced >= SYNC_EVERY_BYTES {
            self.file.sync()?;
            self.synced = self.position;
        }
        Ok(())
    }

    /// Writes both indexes, syncs, and reads everything back.
    fn finish(mut self, raw: &RawSegment, dictionary: Vec<u8>) -> io::Result<(Summary, u64)> {
        self.flush()?;
        let summary = Summary {
            first: raw.first,
            end: raw.end(),
            count: self.checks.len() as u64,
            least_key: self.blocks.iter().map(|block| block.least_key).min().unwrap_or(u128::MAX),
            most_key: self.blocks.iter().map(|block| block.most_key).max().unwrap_or(0),
        };
        let index = Index { summary, dictionary, blocks: std::mem::take(&mut self.blocks) };
        let (header, body) = index.encode();
        self.put(&body)?;
        self.put(&header)?;
        self.file.write_at(0, &header)?;
        self.file.write_at(HEADER_BYTES as u64, &body)?;
        self.file.sync()?;
        self.verify(summary)?;
        Ok((summary, self.position))
    }

    fn verify(&self, summary: Summary) -> io::Result<()> {
        let differs = || io::Error::new(io::ErrorKind::InvalidData, "the sealed copy differs");
        let index = Index::load(&*self.file, self.position)?.ok_or_else(differs)?;
        let open = OpenSegment::new(self.file.clone(), self.marker, index);
        let mut expected = self.checks.iter();
        let mut from = summary.first;
        loop {
            let mut harvest = Harvest::new(from, summary.end, 1024);
            open.read(&mut harvest)?;
            let Some(last) = harvest.entries.last() else { break };
            from = last.number + 1;
            for entry in &harvest.entries {
                let check = (entry.number, crc32fast::hash(&entry.payload));
                if expected.next() != Some(&check) {
                    return Err(differs());
                }
            }
        }
        if expected.next().is_none() { Ok(()) } else { Err(differs()) }
    }
}
