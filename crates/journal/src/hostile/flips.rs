//! Every byte of small segments is turned, one at a time: live and sealed, header, index, dictionary,
//! record. Promise under test: a turned byte costs at most one record, alters none, and gives no
//! number twice.

use super::{Chance, HostileDisk};
use crate::journal::{Shared, assemble};
use crate::name::Name;
use crate::recovery::Recovery;
use crate::sealed::Index;
use crate::{Entry, Options, syncer};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

fn options(segment_bytes: u64) -> Options {
    Options {
        segment_bytes,
        recent_bytes: 0,
        zeros_ahead_bytes: 1_000,
        seal_pause: Duration::ZERO,
        ..Options::default()
    }
}

/// So many records on a fresh disk, synced, all full segments sealed. Each says its words so many times.
fn written(records: u64, words: usize, options: &Options) -> (HostileDisk, Vec<Entry>) {
    let disk = HostileDisk::new(Chance::new(records));
    let (shared, mut tender, _) = assemble(Arc::new(disk.clone()), options.clone()).unwrap();
    let mut entries = Vec::new();
    for number in 0..records {
        let key = u128::from(number) << 49 | 7;
        let payload = format!("click {number} of {}", "a visitor from Push, ".repeat(words));
        let payload = Bytes::from(payload);
        assert_eq!(shared.queue.append(key, payload.clone()), Ok(number));
        entries.push(Entry { number, key, payload });
    }
    while shared.queue.unsynced() > 0 {
        shared.writer.lock().turn(&shared);
        syncer::turn(&shared, options);
    }
    while shared.segments.next_to_seal().is_some() {
        tender.turn(&shared).unwrap();
    }
    (disk, entries)
}

fn read_all(shared: &Shared) -> Vec<Entry> {
    shared.read(0, usize::MAX).unwrap()
}

/// What is read is what was written but for one record at most. One in eight is looked up by its key
/// too, others with each turn.
fn assert_one_lost_at_most(shared: &Shared, entries: &[Entry], turn: usize, what: &str) {
    let read = read_all(shared);
    assert!(read.len() + 1 >= entries.len(), "{what}: {} of {}", read.len(), entries.len());
    assert!(read.is_sorted_by(|a, b| a.number < b.number), "{what}");
    for entry in &read {
        assert_eq!(Some(entry), entries.get(entry.number as usize), "{what}");
    }
    for entry in read.iter().filter(|entry| (entry.number as usize + turn).is_multiple_of(8)) {
        assert_eq!(shared.find(entry.key).unwrap().as_ref(), Some(entry), "{what}");
    }
}

fn open(disk: &HostileDisk, options: &Options) -> (Arc<Shared>, Recovery) {
    let (shared, _, recovery) = assemble(Arc::new(disk.clone()), options.clone()).unwrap();
    (shared, recovery)
}

/// Turns every byte of every file whose name `concerned` picks. Says how many those were.
fn turn_every_byte(
    disk: &HostileDisk,
    entries: &[Entry],
    options: &Options,
    concerned: impl Fn(&Name) -> bool,
) -> usize {
    let mut turned = 0;
    for (name, length) in disk.lengths() {
        if !Name::parse(&name).is_some_and(|name| concerned(&name)) {
            continue;
        }
        for at in 0..length {
            let hurt = disk.copy();
            hurt.turn(&name, at, 1 << (at % 8));
            let what = format!("byte {at} of {name}");
            for life in 0..2 {
                // What the first recovery learnt of the damage, the second must still know.
                let (shared, recovery) = open(&hurt, options);
                assert_one_lost_at_most(&shared, entries, at, &format!("{what}, life {life}"));
                assert!(recovery.next >= entries.len() as u64, "{what}: a number again");
                assert_eq!(recovery.unusable_segments, 0, "{what}");
            }
            turned += 1;
        }
    }
    turned
}

#[test]
fn any_byte_of_a_live_segment_costs_its_record_at_most() {
    let options = options(100_000);
    let (disk, entries) = written(30, 2, &options);
    let turned = turn_every_byte(&disk, &entries, &options, |_| true);
    // Header and payload of each, and zeros behind.
    assert!(turned > 30 * 80, "{turned}");
}

#[test]
fn any_byte_of_a_sealed_segment_costs_its_record_at_most() {
    let options = options(3_000);
    let (disk, entries) = written(70, 2, &options);
    let sealed = |name: &Name| matches!(name, Name::Sealed { .. });
    let turned = turn_every_byte(&disk, &entries, &options, sealed);
    assert!(turned > 2_000, "{turned}");
}

#[test]
fn any_byte_of_a_dictionary_costs_its_record_at_most() {
    let options = options(30_000);
    let (disk, entries) = written(90, 18, &options);
    let sealed = |name: &Name| matches!(name, Name::Sealed { .. });
    let (name, _) = disk
        .lengths()
        .into_iter()
        .find(|(name, _)| Name::parse(name).is_some_and(|name| sealed(&name)))
        .unwrap();
    let file = crate::disk::Disk::open(&disk, &name).unwrap();
    let index = Index::load(&*file, file.length().unwrap()).unwrap().unwrap();
    assert!(!index.dictionary.is_empty(), "the segment is to have a dictionary");
    assert!(turn_every_byte(&disk, &entries, &options, sealed) > 2_500);
}

#[test]
fn a_byte_turned_under_an_open_journal_costs_its_record_at_most() {
    let options = options(3_000);
    let (disk, entries) = written(70, 2, &options);
    for (name, length) in disk.lengths() {
        for at in 0..length {
            let hurt = disk.copy();
            let (shared, _) = open(&hurt, &options);
            // Opening moves the live segment to a new file; the sealed ones stay.
            if hurt.lengths().iter().any(|(there, _)| *there == name) {
                let _ = (at % 2 == 0).then(|| read_all(&shared));
                hurt.turn(&name, at, 1 << (at % 8));
                let what = format!("byte {at} of {name} in use");
                assert_one_lost_at_most(&shared, &entries, at, &what);
            }
        }
    }
}
