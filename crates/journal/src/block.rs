//! The small table that finds records by number or key: one line per 64 KiB of a segment.
//! Promise: a record lies in the block whose numbers and keys enclose its own; about 60 bytes a block.

use std::ops::RangeInclusive;

/// Size at which a block is closed; a long record makes it larger. Tests use small ones, to have many.
pub(crate) const BLOCK_BYTES: u32 = if cfg!(test) { 1024 } else { 64 * 1024 };

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Where it starts in the file.
    pub offset: u64,
    /// How long it is.
    pub bytes: u32,
    /// Number of its first record.
    pub first: u64,
    /// How many records it holds.
    pub count: u32,
    /// Smallest key.
    pub least_key: u128,
    /// Largest key.
    pub most_key: u128,
    /// Checksum of its bytes; 0 while raw.
    pub checksum: u32,
}

impl Block {
    /// A block without records yet.
    pub(crate) fn starting(offset: u64, first: u64) -> Self {
        let (least_key, most_key) = (u128::MAX, 0);
        Self { offset, bytes: 0, first, count: 0, least_key, most_key, checksum: 0 }
    }

    pub(crate) fn add(&mut self, key: u128, bytes: usize) {
        self.bytes += bytes as u32;
        self.count += 1;
        self.least_key = self.least_key.min(key);
        self.most_key = self.most_key.max(key);
    }

    pub(crate) fn keys(&self) -> RangeInclusive<u128> {
        self.least_key..=self.most_key
    }
}

/// Adds a record of `bytes` at `offset` to the last block or a new one.
pub(crate) fn add_record(
    blocks: &mut Vec<Block>,
    offset: u64,
    number: u64,
    key: u128,
    bytes: usize,
) {
    match blocks.last_mut() {
        Some(block)
            if block.bytes < BLOCK_BYTES && block.offset + u64::from(block.bytes) == offset =>
        {
            block.add(key, bytes);
        }
        _ => {
            let mut block = Block::starting(offset, number);
            block.add(key, bytes);
            blocks.push(block);
        }
    }
}

/// Index of the block in which `number` lies, if any; else of the first block after it.
pub(crate) fn from_number(blocks: &[Block], number: u64) -> usize {
    blocks.partition_point(|block| block.first <= number).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_closes_at_its_size_or_at_a_gap() {
        let mut blocks = Vec::new();
        add_record(&mut blocks, 0, 5, 30, 1_000);
        add_record(&mut blocks, 1_000, 6, 10, 1_000);
        add_record(&mut blocks, 2_000, 7, 20, 10);
        add_record(&mut blocks, 2_050, 9, 20, 10);
        let shape: Vec<_> = blocks.iter().map(|b| (b.offset, b.first, b.count, b.keys())).collect();
        assert_eq!(shape, [(0, 5, 2, 10..=30), (2_000, 7, 1, 20..=20), (2_050, 9, 1, 20..=20)]);
        assert_eq!([4, 5, 6, 7, 8, 9, 99].map(|n| from_number(&blocks, n)), [0, 0, 0, 1, 1, 2, 2]);
    }
}
