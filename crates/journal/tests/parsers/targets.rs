//! Opens a journal over a segment of arbitrary bytes, on a disk in memory. Called by the fuzzer
//! (`fuzz/`) and by the tests beside this file.

use journal::{Disk, DiskFile, Journal, Options};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// A target's name and function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 2] = [("journal_frames", frames), ("journal_sealed", sealed)];

/// What [`a_real_segment`] holds: number, key, payload.
pub const RECORDS: [(u64, u128, &[u8]); 3] =
    [(0, 7, b"first"), (1, 8, b""), (2, 9, b"a longer record with \xff bytes")];

/// Frames of a raw segment.
pub fn frames(bytes: &[u8]) {
    read_back("raw", bytes);
}

/// A sealed segment.
pub fn sealed(bytes: &[u8]) {
    read_back("sealed", bytes);
}

/// The records of a journal whose only segment holds `bytes`. Whatever they are: numbers rise, each
/// record is found by its key, and the journal takes and keeps new ones.
pub fn read_back(ending: &str, bytes: &[u8]) -> Vec<(u64, u128, Vec<u8>)> {
    let disk = Memory::default();
    let name = match ending {
        "raw" => format!("{:020}-{MARKER:016x}.raw", 0),
        _ => format!("{:020}-{:020}-{MARKER:016x}.sealed", 0, 3),
    };
    disk.put(name, bytes.to_vec());
    let (journal, recovery) = open(&disk);
    let entries = journal.read(0, 10_000).expect("memory can be read");
    assert!(entries.is_sorted_by(|a, b| a.number < b.number));
    assert!(entries.last().is_none_or(|last| last.number < recovery.next));
    for entry in &entries {
        assert!(journal.find(entry.key).expect("memory can be read").is_some());
    }
    // A number may be as high as numbers get; then there is none left to give.
    if let Ok(number) = journal.append(1, b"new".to_vec()) {
        assert!(number >= recovery.next);
        journal.close().expect("memory can be written");
        let (again, _) = open(&disk);
        let kept = again.read(number, 1).expect("memory can be read");
        assert_eq!(kept.first().map(|entry| entry.payload.as_ref()), Some(&b"new"[..]));
    }
    entries.into_iter().map(|e| (e.number, e.key, e.payload.to_vec())).collect()
}

/// The bytes of a raw segment as a journal leaves it.
pub fn a_real_segment() -> Vec<u8> {
    let disk = Memory::default();
    let (journal, _) = open(&disk);
    for (_, key, payload) in RECORDS {
        journal.append(key, payload.to_vec()).expect("memory takes records");
    }
    journal.close().expect("memory can be written");
    let names = disk.names().expect("memory has names");
    let name = names.iter().find(|name| name.ends_with(".raw")).expect("one segment");
    let mut bytes = disk.content(name);
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.truncate(used + 64);
    with_marker(bytes, name)
}

const MARKER: u64 = 0x1122_3344_5566_7788;

/// Each segment has a random marker; this one gets ours, so that its name can be given.
fn with_marker(mut bytes: Vec<u8>, name: &str) -> Vec<u8> {
    let hex = name.trim_end_matches(".raw").rsplit('-').next().expect("names have a marker");
    let old = u64::from_str_radix(hex, 16).expect("in hexadecimal").to_le_bytes();
    for at in 0..bytes.len().saturating_sub(8) {
        if bytes[at..at + 8] == old {
            bytes[at..at + 8].copy_from_slice(&MARKER.to_le_bytes());
        }
    }
    bytes
}

fn open(disk: &Memory) -> (Journal, journal::Recovery) {
    let options = Options { zeros_ahead_bytes: 4096, ..Options::default() };
    Journal::open_on(Arc::new(disk.clone()), options).expect("damage is no error")
}

/// A disk in memory that never fails.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<BTreeMap<String, Arc<Content>>>>);

#[derive(Default)]
struct Content(Mutex<Vec<u8>>);

fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    fn put(&self, name: String, bytes: Vec<u8>) {
        held(&self.0).insert(name, Arc::new(Content(Mutex::new(bytes))));
    }

    fn content(&self, name: &str) -> Vec<u8> {
        held(&held(&self.0)[name].0).clone()
    }
}

impl Disk for Memory {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(held(&self.0).keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.put(name.to_owned(), Vec::new());
        self.open(name)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let found = held(&self.0).get(name).cloned();
        found.map(|file| file as Arc<dyn DiskFile>).ok_or(io::ErrorKind::NotFound.into())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = held(&self.0);
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        held(&self.0).remove(name).map(drop).ok_or(io::ErrorKind::NotFound.into())
    }

    fn sync_names(&self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for Content {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let content = held(&self.0);
        let from = content.len().min(offset as usize);
        let count = bytes.len().min(content.len() - from);
        bytes[..count].copy_from_slice(&content[from..from + count]);
        Ok(count)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut content = held(&self.0);
        let end = offset as usize + bytes.len();
        if content.len() < end {
            content.resize(end, 0);
        }
        content[offset as usize..end].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(held(&self.0).len() as u64)
    }
}
