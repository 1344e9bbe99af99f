//! The journal on a real folder: what callers see.

use journal::{AppendError, Journal, JournalError, MOST_PAYLOAD_BYTES, Options};
use std::path::Path;
use std::sync::Arc;

fn small() -> Options {
    Options { segment_bytes: 64 * 1024, recent_bytes: 0, ..Options::default() }
}

fn open(dir: &Path, options: Options) -> Journal {
    Journal::open(dir, options).unwrap().0
}

fn key(number: u64) -> u128 {
    // Time rises by one every four records; the rest looks random.
    u128::from(number / 4) << 49 | u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 15)
}

fn payload(number: u64) -> Vec<u8> {
    format!("a record with the number {number} and {}", "x".repeat(number as usize % 90)).into()
}

/// Appends records `from..until`, waits for the last, and for every full segment to be sealed.
async fn fill(journal: &Journal, from: u64, until: u64) {
    for number in from..until {
        assert_eq!(journal.append(key(number), payload(number)), Ok(number));
    }
    journal.synced(until - 1).await.unwrap();
}

fn assert_holds(journal: &Journal, until: u64) {
    for number in (0..until).step_by(7) {
        let entry = journal.find(key(number)).unwrap().unwrap();
        assert_eq!((entry.number, &entry.payload[..]), (number, &payload(number)[..]));
    }
    let mut from = 0;
    while from < until {
        let entries = journal.read(from, 1000).unwrap();
        for entry in &entries {
            assert_eq!((entry.number, entry.key), (from, key(from)));
            assert_eq!(&entry.payload[..], &payload(from)[..]);
            from += 1;
        }
        assert!(!entries.is_empty());
    }
    assert_eq!(journal.read(until, 10).unwrap(), []);
    assert_eq!(journal.find(key(until)).unwrap(), None);
}

#[tokio::test]
async fn records_are_found_at_any_age_and_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path(), small());
    for round in 1..=3 {
        fill(&journal, (round - 1) * 2000, round * 2000).await;
        assert_holds(&journal, round * 2000);
        journal.close().unwrap();
        let (reopened, recovery) = {
            drop(journal);
            Journal::open(dir.path(), small()).unwrap()
        };
        assert_eq!((recovery.records, recovery.next), (round * 2000, round * 2000));
        assert_eq!((recovery.damaged, recovery.bytes_cut, recovery.unusable_segments), (0, 0, 0));
        journal = reopened;
        assert_eq!(journal.watermark(), round * 2000);
        assert_holds(&journal, round * 2000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn appenders_at_once_get_dense_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Arc::new(open(dir.path(), small()));
    let tasks: Vec<_> = (0..8u128)
        .map(|task| {
            let journal = journal.clone();
            tokio::spawn(async move {
                for i in 0..200u128 {
                    let key = task << 32 | i;
                    let number = journal.append(key, key.to_le_bytes().to_vec()).unwrap();
                    assert!(journal.find(key).unwrap().is_some());
                    journal.synced(number).await.unwrap();
                    assert!(journal.watermark() > number);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let entries = journal.read(0, 10_000).unwrap();
    assert_eq!(entries.len(), 1600);
    for (number, entry) in entries.iter().enumerate() {
        assert_eq!(entry.number, number as u64);
        assert_eq!(entry.payload[..], entry.key.to_le_bytes());
    }
    let health = journal.health();
    assert_eq!((health.appended, health.synced, health.unsynced), (1600, 1600, 0));
}

#[tokio::test]
async fn a_folder_is_held_by_one_and_a_closed_journal_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path(), Options::default());
    assert!(matches!(Journal::open(dir.path(), small()), Err(JournalError::InUse(_))));
    let number = journal.append(1, vec![7; MOST_PAYLOAD_BYTES]).unwrap();
    assert_eq!(journal.append(2, vec![7; MOST_PAYLOAD_BYTES + 1]), Err(AppendError::TooLong));
    journal.close().unwrap();
    assert_eq!(journal.synced(number).await, Ok(()));
    assert_eq!(journal.append(3, vec![]), Err(AppendError::Closed));
    assert!(journal.synced(number + 1).await.is_err());
    assert_eq!(journal.health().dropped, 2);
}
