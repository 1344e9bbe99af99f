//! One life after another of a journal on a hostile disk, beside a list of what it must hold.

use super::{Chance, HostileDisk, Ill};
use crate::journal::{Shared, assemble};
use crate::syncer;
use crate::tender::Tender;
use crate::writer::Turn;
use crate::{Entry, Options, Recovery};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The journal taken apart, so that chance says which thread moves.
pub(super) struct Running {
    pub shared: Arc<Shared>,
    pub tender: Tender,
}

pub(super) struct Model {
    pub chance: Chance,
    pub disk: HostileDisk,
    options: Options,
    pub running: Running,
    /// By number: everything appended in this life and everything read at its start.
    appended: BTreeMap<u64, Entry>,
    /// What this or an earlier life has confirmed and damage has not taken yet.
    confirmed: BTreeMap<u64, Entry>,
    /// Turned bits that may still cost a record each.
    flips: usize,
    /// All bits ever turned.
    turned: usize,
    /// One more than the highest number ever confirmed.
    highest: u64,
    clock: u64,
    /// How often it was started.
    attempts: u32,
}

impl Model {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let disk = HostileDisk::new(Chance::new(chance.bits()));
        let options = Options {
            segment_bytes: [700, 3_000, 20_000, 100_000][chance.below(4)],
            recent_bytes: [0, 2_000, 1 << 20][chance.below(3)],
            most_unsynced_bytes: 30_000,
            batch_bytes: [200, 2_000, 20_000][chance.below(3)],
            zeros_ahead_bytes: [0, 1_000, 8_000][chance.below(3)],
            indexes_in_memory: 2,
            compression_level: 1,
            seal_pause: Duration::ZERO,
            ..Options::default()
        };
        let (running, _) = start(&disk, &options).unwrap();
        let (appended, confirmed) = (BTreeMap::new(), BTreeMap::new());
        Self {
            chance,
            disk,
            options,
            running,
            appended,
            confirmed,
            flips: 0,
            turned: 0,
            highest: 0,
            clock: 1 << 40,
            attempts: 0,
        }
    }

    pub(super) fn append(&mut self) {
        self.clock += self.chance.below(3) as u64;
        let late = self.chance.below(20) as u64;
        let key = u128::from(self.clock - late) << 49 | u128::from(self.chance.bits() >> 15);
        let length = [0, 20, 60, 200, 900, 5_000][self.chance.below(6)];
        let mut payload = b"the same words in every record ".repeat(length / 31);
        payload.extend((0..8).map(|_| self.chance.bits() as u8));
        let payload = Bytes::from(payload);
        if let Ok(number) = self.running.shared.queue.append(key, payload.clone()) {
            let entry = Entry { number, key, payload };
            assert_eq!(self.running.shared.find(key).unwrap().as_ref(), Some(&entry));
            self.appended.insert(number, entry);
        }
    }

    pub(super) fn write(&mut self) {
        let shared = &self.running.shared;
        if self.chance.percent(80) {
            shared.writer.lock().turn(shared);
        } else {
            shared.writer.lock().hasten(shared);
        }
    }

    pub(super) fn sync(&mut self) {
        syncer::turn(&self.running.shared, &self.options);
        self.confirm();
    }

    pub(super) fn tend(&mut self) {
        // Whether it succeeds is the disk's affair; what it leaves is what is checked.
        let _ = self.running.tender.turn(&self.running.shared);
    }

    /// Copies what the journal calls safe.
    fn confirm(&mut self) {
        let watermark = self.running.shared.waiting.watermark();
        let from = self.confirmed.last_key_value().map_or(0, |(number, _)| number + 1);
        for (number, entry) in self.appended.range(from..watermark.max(from)) {
            self.confirmed.insert(*number, entry.clone());
        }
        self.highest = self.highest.max(watermark);
    }

    /// A record that was confirmed is found and read, unless a turned bit may have hit it.
    pub(super) fn look(&mut self) {
        if self.confirmed.is_empty() {
            return;
        }
        let at = self.chance.below(self.confirmed.len());
        let Some(entry) = self.confirmed.values().nth(at).cloned() else { return };
        let found = self.running.shared.find(entry.key).unwrap();
        let read = self.running.shared.read(entry.number, 1 + self.chance.below(3)).unwrap();
        if self.flips == 0 {
            assert_eq!(found.as_ref(), Some(&entry));
            assert_eq!(read.first(), Some(&entry));
        }
        for read in found.iter().chain(&read) {
            assert_eq!(Some(read), self.appended.get(&read.number));
        }
    }

    /// Looks everything up on a disk that does not always read: what comes is right.
    pub(super) fn look_unsure(&mut self) {
        let shared = &self.running.shared;
        for entry in self.confirmed.values() {
            if let Ok(found) = shared.find(entry.key) {
                assert!(found.is_none_or(|found| found == *entry));
            }
            for read in shared.read(entry.number, 2).unwrap_or_default() {
                assert_eq!(Some(&read), self.appended.get(&read.number));
            }
        }
    }

    /// Turns one bit somewhere in the files.
    pub(super) fn flip(&mut self) {
        if self.disk.flip_a_bit() {
            self.flips += 1;
            self.turned += 1;
        }
    }

    /// Like [`Self::die`], but it must start at the first attempt.
    pub(super) fn die_at_once(&mut self, power: bool, ill: Ill) {
        self.attempts = 0;
        self.die(power, ill);
        assert_eq!(self.attempts, 1);
    }

    /// The process dies; with `power`, the machine does. Then it starts again, perhaps at the second
    /// or third attempt, and everything is compared.
    pub(super) fn die(&mut self, power: bool, ill: Ill) -> Recovery {
        self.confirm();
        self.disk.set(Ill::default());
        if power {
            self.disk.crash();
        }
        self.disk.set(ill);
        loop {
            self.attempts += 1;
            let started = start(&self.disk, &self.options);
            if let Ok((running, recovery)) = started {
                self.running = running;
                self.disk.set(Ill::default());
                self.compare(&recovery);
                return recovery;
            }
            self.disk.set(Ill::default());
            if self.chance.percent(50) {
                self.disk.crash();
            }
        }
    }

    fn compare(&mut self, recovery: &Recovery) {
        let mut read = Vec::new();
        let mut from = 0;
        loop {
            let more = self.running.shared.read(from, 1 + self.chance.below(50)).unwrap();
            let Some(last) = more.last() else { break };
            from = last.number + 1;
            read.extend(more);
        }
        let names = self.disk.lengths();
        assert!(names.iter().filter(|(name, _)| name.ends_with(".spare")).count() <= 1);
        // A turned bit in a sealed segment shows when it is read.
        let claimed = recovery.records as usize;
        assert!((read.len()..=read.len() + self.turned).contains(&claimed));
        assert!(read.is_sorted_by(|a, b| a.number < b.number));
        for entry in &read {
            assert_eq!(Some(entry), self.appended.get(&entry.number), "altered or made up");
        }
        let read: BTreeMap<u64, Entry> = read.into_iter().map(|e| (e.number, e)).collect();
        let lost: Vec<_> = self.confirmed.keys().filter(|n| !read.contains_key(n)).collect();
        assert!(lost.len() <= self.flips, "confirmed records {lost:?} are gone");
        assert!(recovery.next >= self.highest, "a confirmed number would be given again");
        self.highest = recovery.next;
        self.flips -= lost.len();
        for entry in read.values() {
            let found = self.running.shared.find(entry.key).unwrap();
            assert_eq!(found.as_ref(), Some(entry));
        }
        // What recovery shows is on disk now and stays.
        self.appended = read.clone();
        self.confirmed = read;
    }

    /// The disk is well: everything that was taken gets there, and is sealed.
    pub(super) fn heal(&mut self) {
        self.disk.set(Ill::default());
        // Files that are open may still have to tell of earlier failures, each once.
        let mut failures = 0;
        let shared = self.running.shared.clone();
        while shared.queue.unsynced() > 0 {
            failures += usize::from(shared.writer.lock().turn(&shared) == Turn::Failed);
            self.sync();
            assert!(failures <= 2);
        }
        self.confirm();
        assert_eq!(self.appended, self.confirmed);
        while self.running.shared.segments.next_to_seal().is_some() {
            self.running.tender.turn(&self.running.shared).unwrap();
        }
    }
}

fn start(
    disk: &HostileDisk,
    options: &Options,
) -> Result<(Running, Recovery), crate::JournalError> {
    let (shared, tender, recovery) = assemble(Arc::new(disk.clone()), options.clone())?;
    Ok((Running { shared, tender }, recovery))
}
