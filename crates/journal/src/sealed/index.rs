//! Header and index of a sealed segment, as bytes.
//! Promise: either copy is used only if its checksums fit; the first that fits will do.

use crate::block::Block;
use crate::disk::{self, DiskFile};
use std::io;

/// Size of the header.
pub(crate) const HEADER_BYTES: usize = 128;
const MAGIC: [u8; 8] = *b"RNLJSEAL";
const VERSION: u32 = 1;
const BLOCK_LINE_BYTES: usize = 60;
const MOST_INDEX_BYTES: u32 = 256 << 20;

/// What a sealed segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Its first number.
    pub first: u64,
    /// One more than its last number.
    pub end: u64,
    /// Records in it: fewer than numbers if some are missing.
    pub count: u64,
    pub least_key: u128,
    pub most_key: u128,
}

/// Everything needed to read the blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub summary: Summary,
    pub dictionary: Vec<u8>,
    pub blocks: Vec<Block>,
}

impl Index {
    /// Header and body as they are written.
    pub(crate) fn encode(&self) -> ([u8; HEADER_BYTES], Vec<u8>) {
        let mut body = Vec::new();
        body.extend((self.dictionary.len() as u32).to_le_bytes());
        body.extend(&self.dictionary);
        self.blocks.iter().for_each(|block| write_line(block, &mut body));
        (self.header(&body), body)
    }

    /// Bytes of [`Self::encode`] for a dictionary and a number of blocks.
    pub(crate) fn encoded_bytes(dictionary: usize, blocks: usize) -> usize {
        HEADER_BYTES + 4 + dictionary + blocks * BLOCK_LINE_BYTES
    }

    fn header(&self, body: &[u8]) -> [u8; HEADER_BYTES] {
        let mut fields = Vec::with_capacity(HEADER_BYTES);
        fields.extend(MAGIC);
        fields.extend(VERSION.to_le_bytes());
        fields.extend(self.summary.first.to_le_bytes());
        fields.extend(self.summary.end.to_le_bytes());
        fields.extend(self.summary.count.to_le_bytes());
        fields.extend(self.summary.least_key.to_le_bytes());
        fields.extend(self.summary.most_key.to_le_bytes());
        fields.extend((body.len() as u32).to_le_bytes());
        fields.extend(crc32fast::hash(body).to_le_bytes());
        fields.resize(HEADER_BYTES - 4, 0);
        fields.extend(crc32fast::hash(&fields).to_le_bytes());
        std::array::from_fn(|i| fields[i])
    }

    /// Reads the copy at the start or, if that is damaged, the one at the end.
    /// `None` if both are.
    pub(crate) fn load(file: &dyn DiskFile, length: u64) -> io::Result<Option<Self>> {
        let at_start = Self::load_copy(file, 0, |_| Some(HEADER_BYTES as u64));
        if let Ok(Some(index)) = at_start {
            return Ok(Some(index));
        }
        let Some(header_at) = length.checked_sub(HEADER_BYTES as u64) else { return Ok(None) };
        let at_end = Self::load_copy(file, header_at, |body| header_at.checked_sub(body))?;
        match (at_end, at_start) {
            (None, Err(error)) => Err(error),
            (found, _) => Ok(found),
        }
    }

    fn load_copy(
        file: &dyn DiskFile,
        header_at: u64,
        body_at: impl FnOnce(u64) -> Option<u64>,
    ) -> io::Result<Option<Self>> {
        let header = disk::read_range(file, header_at, HEADER_BYTES)?;
        let Some((summary, body_bytes, body_sum)) = decode_header(&header) else {
            return Ok(None);
        };
        let Some(body_at) = body_at(u64::from(body_bytes)) else { return Ok(None) };
        let body = disk::read_range(file, body_at, body_bytes as usize)?;
        if body.len() != body_bytes as usize || crc32fast::hash(&body) != body_sum {
            return Ok(None);
        }
        Ok(decode_body(summary, &body))
    }
}

fn decode_header(header: &[u8]) -> Option<(Summary, u32, u32)> {
    let (checked, sum) = header.split_last_chunk::<4>()?;
    let mut fields = Fields(checked);
    if crc32fast::hash(checked) != u32::from_le_bytes(*sum) || fields.next::<8>()? != MAGIC {
        return None;
    }
    if u32::from_le_bytes(fields.next()?) != VERSION {
        return None;
    }
    let summary = Summary {
        first: u64::from_le_bytes(fields.next()?),
        end: u64::from_le_bytes(fields.next()?),
        count: u64::from_le_bytes(fields.next()?),
        least_key: u128::from_le_bytes(fields.next()?),
        most_key: u128::from_le_bytes(fields.next()?),
    };
    let body_bytes = u32::from_le_bytes(fields.next()?);
    let body_sum = u32::from_le_bytes(fields.next()?);
    (body_bytes <= MOST_INDEX_BYTES).then_some((summary, body_bytes, body_sum))
}

fn decode_body(summary: Summary, body: &[u8]) -> Option<Index> {
    let (length, rest) = body.split_first_chunk::<4>()?;
    let (dictionary, lines) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let blocks = lines.chunks(BLOCK_LINE_BYTES).map(read_line).collect::<Option<_>>()?;
    Some(Index { summary, dictionary: dictionary.to_vec(), blocks })
}

fn write_line(block: &Block, body: &mut Vec<u8>) {
    body.extend(block.offset.to_le_bytes());
    body.extend(block.bytes.to_le_bytes());
    body.extend(block.first.to_le_bytes());
    body.extend(block.count.to_le_bytes());
    body.extend(block.least_key.to_le_bytes());
    body.extend(block.most_key.to_le_bytes());
    body.extend(block.checksum.to_le_bytes());
}

fn read_line(line: &[u8]) -> Option<Block> {
    let mut fields = Fields(line);
    Some(Block {
        offset: u64::from_le_bytes(fields.next()?),
        bytes: u32::from_le_bytes(fields.next()?),
        first: u64::from_le_bytes(fields.next()?),
        count: u32::from_le_bytes(fields.next()?),
        least_key: u128::from_le_bytes(fields.next()?),
        most_key: u128::from_le_bytes(fields.next()?),
        checksum: u32::from_le_bytes(fields.next()?),
    })
}

/// Takes fixed-size fields off the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn next<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_read_back_and_as_long_as_foretold() {
        let block = Block {
            offset: 1 << 40,
            bytes: 2,
            first: 3,
            count: 4,
            least_key: 5,
            most_key: u128::MAX,
            checksum: 6,
        };
        let summary = Summary { first: 3, end: 9, count: 8, least_key: 5, most_key: u128::MAX };
        let index = Index { summary, dictionary: vec![7; 100], blocks: vec![block.clone(), block] };
        let (header, body) = index.encode();
        assert_eq!(HEADER_BYTES + body.len(), Index::encoded_bytes(100, 2));
        let (summary, bytes, sum) = decode_header(&header).unwrap();
        assert_eq!((bytes as usize, sum), (body.len(), crc32fast::hash(&body)));
        assert_eq!(decode_body(summary, &body), Some(index));
    }
}
