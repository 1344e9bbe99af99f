//! A spare segment is made, begun and lost its new name in a crash: what was confirmed in it is found
//! under the old one. An unused spare outlives a restart.

use super::{Chance, HostileDisk, Ill};
use crate::Options;
use crate::journal::{Shared, assemble};
use crate::recovery::Recovery;
use crate::syncer;
use crate::tender::Tender;
use std::sync::Arc;
use std::time::Duration;

const PAYLOAD_BYTES: usize = 100;

struct Running {
    shared: Arc<Shared>,
    tender: Tender,
    options: Options,
}

impl Running {
    fn start(disk: &HostileDisk) -> (Self, Recovery) {
        let options = Options {
            segment_bytes: 3_000,
            recent_bytes: 0,
            seal_pause: Duration::ZERO,
            ..Options::default()
        };
        let (shared, tender, recovery) = assemble(Arc::new(disk.clone()), options.clone()).unwrap();
        (Self { shared, tender, options }, recovery)
    }

    fn append(&self, number: u64) {
        let appended = self.shared.queue.append(u128::from(number), vec![7; PAYLOAD_BYTES].into());
        assert_eq!(appended, Ok(number));
        while self.shared.queue.unsynced() > 0 {
            self.shared.writer.lock().turn(&self.shared);
            syncer::turn(&self.shared, &self.options);
        }
    }

    /// Appends from `from` on until the disk has a spare; gives the next number.
    fn until_spare(&mut self, disk: &HostileDisk, from: u64) -> u64 {
        for number in from..from + 100 {
            self.append(number);
            self.tender.turn(&self.shared).unwrap();
            if spares(disk).len() == 1 {
                return number + 1;
            }
        }
        panic!("no spare was made");
    }
}

/// The spares by name, and whether they were begun.
fn spares(disk: &HostileDisk) -> Vec<(String, bool)> {
    let names = disk.lengths().into_iter().map(|(name, _)| name);
    let spares = names.filter(|name| name.ends_with(".spare"));
    spares.map(|name| (name.clone(), disk.seen(&name).iter().any(|byte| *byte != 0))).collect()
}

#[test]
fn a_begun_spare_is_known_by_its_content() {
    let mut lost_names = 0;
    for seed in 0..100 {
        let disk = HostileDisk::new(Chance::new(seed));
        let (mut running, _) = Running::start(&disk);
        let mut next = running.until_spare(&disk, 0);
        while !spares(&disk).is_empty() {
            running.append(next);
            next += 1;
        }
        // Confirmed in the begun spare, whose new name nobody has synced.
        disk.crash();
        lost_names += usize::from(spares(&disk).iter().any(|(_, begun)| *begun));
        for _ in 0..2 {
            let (reopened, recovery) = Running::start(&disk);
            assert_eq!((recovery.records, recovery.next), (next, next), "seed {seed}");
            assert_eq!(reopened.shared.read(0, 999).unwrap().len() as u64, next);
            assert!(spares(&disk).is_empty());
            disk.crash();
        }
    }
    assert!(lost_names > 10, "the new name was lost {lost_names} times only");
}

#[test]
fn behind_a_torn_spare_nothing_is_written_before_it() {
    let disk = HostileDisk::new(Chance::new(1));
    let (mut running, _) = Running::start(&disk);
    let next = running.until_spare(&disk, 0);
    // Begun, and nothing of it can be read; and no room to copy anything.
    disk.turn(&spares(&disk)[0].0, 700, 1);
    disk.set(Ill { full: true, ..Ill::default() });
    let (mut running, recovery) = Running::start(&disk);
    disk.set(Ill::default());
    assert!(recovery.records == next && recovery.next > next);
    for number in recovery.next..recovery.next + 5 {
        running.append(number);
    }
    while running.shared.segments.next_to_seal().is_some() {
        running.tender.turn(&running.shared).unwrap();
    }
    disk.crash();
    let (_, again) = Running::start(&disk);
    assert_eq!((again.records, again.next), (next + 5, recovery.next + 5));
}

#[test]
fn an_unused_spare_takes_the_newest_records_at_the_next_opening() {
    let disk = HostileDisk::new(Chance::new(1));
    let (mut running, _) = Running::start(&disk);
    let next = running.until_spare(&disk, 0);
    let marker = spares(&disk)[0].0.trim_end_matches(".spare").to_owned();
    disk.crash();
    let (mut running, recovery) = Running::start(&disk);
    assert_eq!((recovery.records, recovery.next), (next, next));
    assert!(disk.lengths().iter().any(|(name, _)| name.ends_with(&format!("-{marker}.raw"))));
    // And there will be another.
    running.until_spare(&disk, next);
}
