//! One file: what is seen of it and what a cut would leave.
//! Promise: a sync makes the two equal; a cut keeps what was synced and, of the rest, what chance picks.

use crate::chance::Chance;
use std::collections::BTreeSet;

const SECTOR_BYTES: usize = 4096;

/// Bytes of a file in two versions.
#[derive(Default)]
pub(super) struct Content {
    pub seen: Vec<u8>,
    kept: Vec<u8>,
    /// Sectors written since the last sync.
    dirty: BTreeSet<usize>,
    /// The shortest it has been since then.
    shortest: usize,
}

impl Content {
    pub(super) fn read(&self, offset: usize, most: usize) -> &[u8] {
        let rest = self.seen.get(offset..).unwrap_or_default();
        &rest[..rest.len().min(most)]
    }

    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if end > self.seen.len() {
            self.seen.resize(end, 0);
        }
        self.seen[offset..end].copy_from_slice(bytes);
        if end > offset {
            self.dirty.extend(offset / SECTOR_BYTES..=(end - 1) / SECTOR_BYTES);
        }
    }

    pub(super) fn resize(&mut self, length: usize) {
        self.shortest = self.shortest.min(length);
        self.seen.resize(length, 0);
    }

    /// Everything seen is kept from now on.
    pub(super) fn sync(&mut self) {
        self.kept.truncate(self.shortest);
        self.kept.resize(self.seen.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            self.keep(sector, SECTOR_BYTES);
        }
        self.shortest = self.seen.len();
    }

    /// A sync fails: some sectors got there, the others are never tried again, and what is seen tells
    /// nothing of it.
    pub(super) fn fail_sync(&mut self, chance: &mut Chance) {
        for sector in std::mem::take(&mut self.dirty) {
            if chance.percent(50) {
                self.keep(sector, SECTOR_BYTES);
            }
        }
    }

    /// Forgets what was not synced, but for what had got there by chance: a shorter or longer file,
    /// some sectors, one of them perhaps torn.
    pub(super) fn cut(&mut self, chance: &mut Chance) {
        if chance.percent(50) {
            self.kept.truncate(self.shortest);
            let growth = self.seen.len().saturating_sub(self.kept.len());
            self.kept.resize(self.kept.len() + chance.below(growth + 1), 0);
            for sector in std::mem::take(&mut self.dirty) {
                match chance.below(20) {
                    0..10 => {}
                    10 => self.keep(sector, chance.below(SECTOR_BYTES)),
                    _ => self.keep(sector, SECTOR_BYTES),
                }
            }
        }
        self.dirty.clear();
        self.seen.clone_from(&self.kept);
        self.shortest = self.seen.len();
    }

    /// Copies a sector, or its beginning, as far as both versions reach.
    fn keep(&mut self, sector: usize, bytes: usize) {
        let start = sector * SECTOR_BYTES;
        let end = (start + bytes).min(self.seen.len()).min(self.kept.len());
        if start < end {
            self.kept[start..end].copy_from_slice(&self.seen[start..end]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_keeps_what_was_synced_and_only_what_was_written() {
        for seed in 0..200 {
            let mut chance = Chance::new(seed);
            let mut file = Content::default();
            file.write(0, &[1; 10_000]);
            file.sync();
            file.write(5_000, &[2; 10_000]);
            file.cut(&mut chance);
            assert!((10_000..=15_000).contains(&file.seen.len()));
            assert_eq!(file.seen[..4096], [1; 4096]);
            assert!(file.seen[4096..5_000].iter().all(|byte| *byte == 1));
            assert!(file.seen[5_000..10_000].iter().all(|byte| [1, 2].contains(byte)));
            assert!(file.seen[10_000..].iter().all(|byte| [0, 2].contains(byte)));
        }
    }

    #[test]
    fn what_was_cut_off_and_grew_again_is_zeros() {
        let mut file = Content::default();
        file.write(0, &[1; 9_000]);
        file.sync();
        file.resize(100);
        file.resize(9_000);
        file.sync();
        file.cut(&mut Chance::new(1));
        assert_eq!(file.seen[..100], [1; 100]);
        assert_eq!(file.seen[100..], [0; 8_900]);
    }
}
