//! One record inside a block of a sealed segment, and the walk over a block.
//! Promise: an intact block is checked once and walked quickly; in a damaged one each record is
//! checked by itself, and the search goes on behind a damaged one.
//!
//! length and whether compressed (varint) · checksum 4 · number less the block's first (varint) ·
//! key less the block's least key (as wide as the block needs) · data.

use crate::MOST_PAYLOAD_BYTES;
use crate::block::Block;

/// A record as it lies in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored<'a> {
    pub number: u64,
    pub key: u128,
    pub compressed: bool,
    pub data: &'a [u8],
}

impl Stored<'_> {
    /// Covers the marker of the file, so that no payload can pretend to be a record.
    fn checksum(&self, marker: u64) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        sum.update(&marker.to_le_bytes());
        sum.update(&self.number.to_le_bytes());
        sum.update(&self.key.to_le_bytes());
        sum.update(&[u8::from(self.compressed)]);
        sum.update(self.data);
        sum.finalize()
    }
}

/// Bytes that the difference to the least key takes in this block.
fn key_bytes(block: &Block) -> usize {
    let span = block.most_key.saturating_sub(block.least_key);
    (u128::BITS - span.leading_zeros()).div_ceil(8) as usize
}

/// Appends a record to the bytes of `block`, whose numbers and keys are known.
pub(crate) fn write(stored: &Stored<'_>, block: &Block, marker: u64, buffer: &mut Vec<u8>) {
    write_varint((stored.data.len() as u64) << 1 | u64::from(stored.compressed), buffer);
    buffer.extend(stored.checksum(marker).to_le_bytes());
    write_varint(stored.number - block.first, buffer);
    let key = (stored.key - block.least_key).to_le_bytes();
    buffer.extend(&key[..key_bytes(block)]);
    buffer.extend(stored.data);
}

/// All intact records of a block, in order.
pub(crate) struct StoredIn<'a> {
    bytes: &'a [u8],
    block: &'a Block,
    marker: u64,
    at: usize,
    least_number: u64,
    intact: bool,
}

impl<'a> StoredIn<'a> {
    pub(crate) fn new(bytes: &'a [u8], block: &'a Block, marker: u64) -> Self {
        let intact = crc32fast::hash(bytes) == block.checksum;
        Self { bytes, block, marker, at: 0, least_number: block.first, intact }
    }

    /// The record at `at` and where the next one starts.
    fn parse(&self, at: usize) -> Option<(Stored<'a>, usize)> {
        let mut rest = self.bytes.get(at..)?;
        let length = read_varint(&mut rest)?;
        let (sum, mut rest) = rest.split_first_chunk::<4>()?;
        let number = self.block.first.checked_add(read_varint(&mut rest)?)?;
        let (key, rest) = rest.split_at_checked(key_bytes(self.block))?;
        let mut difference = [0; 16];
        difference[..key.len()].copy_from_slice(key);
        let key = self.block.least_key.checked_add(u128::from_le_bytes(difference))?;
        let data = rest.get(..usize::try_from(length >> 1).ok()?)?;
        let next = self.bytes.len() - rest.len() + data.len();
        let stored = Stored { number, key, compressed: length & 1 == 1, data };
        let fits = self.intact
            || (number >= self.least_number
                && data.len() <= MOST_PAYLOAD_BYTES
                && self.block.keys().contains(&key)
                && stored.checksum(self.marker) == u32::from_le_bytes(*sum));
        fits.then_some((stored, next))
    }
}

impl<'a> Iterator for StoredIn<'a> {
    type Item = Stored<'a>;

    fn next(&mut self) -> Option<Stored<'a>> {
        let range = if self.intact { self.at..self.at + 1 } else { self.at..self.bytes.len() };
        let (stored, next) = range.into_iter().find_map(|at| self.parse(at))?;
        self.at = next;
        self.least_number = stored.number + 1;
        Some(stored)
    }
}

fn write_varint(mut value: u64, buffer: &mut Vec<u8>) {
    while value >= 0x80 {
        buffer.push(value as u8 | 0x80);
        value >>= 7;
    }
    buffer.push(value as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MARKER: u64 = 77;

    fn block_of(records: &[(u128, Vec<u8>)]) -> (Block, Vec<u8>) {
        let mut block = Block::starting(0, 100);
        records.iter().for_each(|(key, _)| block.add(*key, 0));
        let mut bytes = Vec::new();
        for (i, (key, data)) in records.iter().enumerate() {
            let stored = Stored { number: 100 + 2 * i as u64, key: *key, compressed: false, data };
            write(&stored, &block, MARKER, &mut bytes);
        }
        block.checksum = crc32fast::hash(&bytes);
        (block, bytes)
    }

    fn records() -> impl Strategy<Value = Vec<(u128, Vec<u8>)>> {
        prop::collection::vec((1u128 << 50.., prop::collection::vec(any::<u8>(), 0..40)), 1..20)
    }

    proptest! {
        #[test]
        fn a_block_is_read_back(records in records()) {
            let (block, bytes) = block_of(&records);
            let read: Vec<_> =
                StoredIn::new(&bytes, &block, MARKER).map(|s| (s.key, s.data.to_vec())).collect();
            prop_assert_eq!(read, records);
        }

        #[test]
        fn a_flipped_bit_costs_at_most_one_record(records in records(), at: prop::sample::Index, bit in 0..8) {
            let (block, mut bytes) = block_of(&records);
            let at = at.index(bytes.len());
            bytes[at] ^= 1u8 << bit;
            let read: Vec<_> = StoredIn::new(&bytes, &block, MARKER).collect();
            prop_assert!(read.len() + 1 >= records.len());
            for stored in read {
                let (key, data) = &records[(stored.number - 100) as usize / 2];
                prop_assert_eq!((stored.key, stored.data), (*key, &data[..]));
            }
        }
    }
}
