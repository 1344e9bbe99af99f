//! Records in memory, oldest first, in chunks that readers share.
//! Promise: reading costs whoever appends next to nothing, however much is read: a full chunk is handed
//! out whole. Numbers rise by one from each record to the next.

use crate::Entry;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// What a record costs in memory beside its payload.
const RECORD_OVERHEAD_BYTES: usize = 128;
/// Most records of a chunk; fewer if they are long.
const MOST_PER_CHUNK: usize = if cfg!(test) { 2 } else { 256 };
const CHUNK_BYTES: usize = 256 * 1024;
/// An open chunk with fewer records is copied rather than closed by who reads it.
const FEW: usize = if cfg!(test) { 1 } else { 16 };

/// Records one after the other.
pub(crate) struct Chunk {
    /// Number of the first.
    first: u64,
    entries: Vec<Entry>,
    bytes: usize,
    least_key: u128,
    greatest_key: u128,
}

impl Chunk {
    fn new(first: u64) -> Self {
        let (least_key, greatest_key) = (u128::MAX, 0);
        Self { first, entries: Vec::new(), bytes: 0, least_key, greatest_key }
    }

    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= MOST_PER_CHUNK || self.bytes >= CHUNK_BYTES
    }

    fn push(&mut self, entry: Entry) {
        self.bytes += cost(&entry);
        self.least_key = self.least_key.min(entry.key);
        self.greatest_key = self.greatest_key.max(entry.key);
        self.entries.push(entry);
    }

    /// Its records within `numbers`.
    pub(crate) fn within(&self, numbers: &Range<u64>) -> &[Entry] {
        let index = |number: u64| (number.clamp(self.first, self.end()) - self.first) as usize;
        self.entries.get(index(numbers.start)..index(numbers.end)).unwrap_or_default()
    }

    /// Its newest record with this key.
    pub(crate) fn find(&self, key: u128) -> Option<&Entry> {
        let may_hold = (self.least_key..=self.greatest_key).contains(&key);
        self.entries.iter().rev().filter(|_| may_hold).find(|entry| entry.key == key)
    }
}

/// All records in memory.
pub(crate) struct Recent {
    closed: VecDeque<Arc<Chunk>>,
    /// The newest records.
    open: Chunk,
    bytes: usize,
}

impl Recent {
    /// Empty; the first record gets the number `next`.
    pub(crate) fn new(next: u64) -> Self {
        Self { closed: VecDeque::new(), open: Chunk::new(next), bytes: 0 }
    }

    /// Number of the oldest record.
    pub(crate) fn start(&self) -> u64 {
        self.closed.front().map_or(self.open.first, |chunk| chunk.first)
    }

    /// The number that the next record gets.
    pub(crate) fn end(&self) -> u64 {
        self.open.end()
    }

    /// What they cost in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a record under [`Self::end`]'s number.
    pub(crate) fn push(&mut self, entry: Entry) {
        self.bytes += cost(&entry);
        self.open.push(entry);
        if self.open.is_full() {
            self.close();
        }
    }

    fn close(&mut self) {
        let next = Chunk::new(self.open.end());
        self.closed.push_back(Arc::new(std::mem::replace(&mut self.open, next)));
    }

    /// Takes out the oldest chunk if all of it is below `number`.
    pub(crate) fn forget_below(&mut self, number: u64) -> Option<Arc<Chunk>> {
        let oldest = self.closed.pop_front_if(|chunk| chunk.end() <= number)?;
        self.bytes -= oldest.bytes;
        Some(oldest)
    }

    /// The chunks that hold `numbers`, to be looked through without keeping others from appending.
    pub(crate) fn share(&mut self, numbers: &Range<u64>) -> Vec<Arc<Chunk>> {
        if numbers.is_empty() {
            return Vec::new();
        }
        let copied = if numbers.end <= self.open.first || self.open.entries.is_empty() {
            None
        } else if self.open.entries.len() >= FEW {
            self.close();
            None
        } else {
            let Chunk { first, bytes, least_key, greatest_key, .. } = self.open;
            let entries = self.open.entries.clone();
            Some(Arc::new(Chunk { first, entries, bytes, least_key, greatest_key }))
        };
        let from = self.closed.partition_point(|chunk| chunk.end() <= numbers.start);
        let until = self.closed.partition_point(|chunk| chunk.first < numbers.end);
        let closed = self.closed.range(from.min(until)..until).cloned();
        closed.chain(copied).collect()
    }

    /// The newest record with this key.
    pub(crate) fn find(&self, key: u128) -> Option<&Entry> {
        let older = || self.closed.iter().rev().find_map(|chunk| chunk.find(key));
        self.open.find(key).or_else(older)
    }

    /// The records from `number` on.
    pub(crate) fn from(&self, number: u64) -> impl Iterator<Item = &Entry> {
        let skip = self.closed.partition_point(|chunk| chunk.end() <= number);
        let chunks = self.closed.range(skip..).map(|chunk| &**chunk).chain([&self.open]);
        chunks.flat_map(move |chunk| chunk.within(&(number..u64::MAX)))
    }
}

/// What a record costs in memory.
pub(crate) fn cost(entry: &Entry) -> usize {
    entry.payload.len() + RECORD_OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn filled(until: u64) -> Recent {
        let mut recent = Recent::new(10);
        for number in 10..until {
            // Keys in another order than numbers.
            let key = u128::from(number ^ 1);
            recent.push(Entry { number, key, payload: Bytes::from(number.to_string()) });
        }
        recent
    }

    fn numbers(recent: &mut Recent, range: Range<u64>) -> Vec<u64> {
        let chunks = recent.share(&range);
        chunks.iter().flat_map(|chunk| chunk.within(&range)).map(|entry| entry.number).collect()
    }

    #[test]
    fn any_range_is_shared_whole_and_in_order() {
        for end in 10..18 {
            for from in 8..18 {
                for until in from..19 {
                    let expected: Vec<u64> = (from.max(10)..until.min(end)).collect();
                    assert_eq!(numbers(&mut filled(end), from..until), expected);
                }
                let rest: Vec<u64> = filled(end).from(from).map(|entry| entry.number).collect();
                assert_eq!(rest, (from.max(10)..end).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn every_key_is_found_until_its_chunk_is_forgotten() {
        let mut recent = filled(17);
        let found = |recent: &Recent| -> Vec<u64> {
            (0..30).filter_map(|key| recent.find(key)).map(|entry| entry.number).collect()
        };
        assert_eq!(found(&recent).len(), 7);
        assert!(recent.forget_below(11).is_none(), "half of it is still wanted");
        assert!(recent.forget_below(12).is_some() && recent.forget_below(14).is_some());
        assert!(recent.forget_below(14).is_none());
        assert_eq!(recent.start(), 14);
        let mut left = found(&recent);
        left.sort_unstable();
        assert_eq!(left, [14, 15, 16]);
        assert_eq!(recent.bytes(), 3 * (RECORD_OVERHEAD_BYTES + 2));
    }
}
