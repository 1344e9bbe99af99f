//! The disk. What is seen (the page cache) and what is kept (the platter) differ until a sync.
//! A failed sync keeps some sectors, forgets the others, and later syncs say nothing of it.

use super::Chance;
use crate::disk::{Disk, DiskFile};
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

const SECTOR: usize = 512;

/// How ill the disk is, in percent of operations, and for how long.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ill {
    pub failing_writes: usize,
    pub failing_syncs: usize,
    pub failing_reads: usize,
    /// Files cannot grow or be made.
    pub full: bool,
    /// After so many more changes nothing works until the crash.
    pub power_fails_after: Option<usize>,
}

#[derive(Clone, Default)]
struct Inode {
    seen: Vec<u8>,
    kept: Vec<u8>,
    dirty: BTreeSet<usize>,
    /// Counts failed syncs; each opening is told once.
    failures: u64,
}

#[derive(Clone)]
enum NameChange {
    Set(String, usize),
    Rename(String, String, usize),
    Remove(String),
}

#[derive(Clone)]
struct State {
    chance: Chance,
    ill: Ill,
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    kept_names: BTreeMap<String, usize>,
    changes: Vec<NameChange>,
}

/// Clones are the same disk.
#[derive(Clone)]
pub(super) struct HostileDisk(Arc<Mutex<State>>);

struct Opening {
    disk: HostileDisk,
    inode: usize,
    told: Mutex<u64>,
}

fn broken() -> io::Error {
    io::Error::from_raw_os_error(5)
}

fn full() -> io::Error {
    io::Error::from_raw_os_error(28)
}

impl HostileDisk {
    pub(super) fn new(chance: Chance) -> Self {
        Self(Arc::new(Mutex::new(State {
            chance,
            ill: Ill::default(),
            inodes: Vec::new(),
            names: BTreeMap::new(),
            kept_names: BTreeMap::new(),
            changes: Vec::new(),
        })))
    }

    pub(super) fn set(&self, ill: Ill) {
        self.0.lock().ill = ill;
    }

    /// The machine stops: unsynced sectors, lengths and names survive or not, as chance has it.
    pub(super) fn crash(&self) {
        let mut state = self.0.lock();
        let State { chance, inodes, names, kept_names, changes, ill } = &mut *state;
        *ill = Ill::default();
        for inode in inodes {
            inode.keep_some(chance);
            inode.seen.clone_from(&inode.kept);
        }
        // In order up to some point, or some here and some there.
        let survive = chance.below(changes.len() + 1);
        let orderly = chance.percent(50);
        for (i, change) in changes.drain(..).enumerate() {
            if if orderly { i < survive } else { chance.percent(50) } {
                apply(kept_names, change);
            }
        }
        names.clone_from(kept_names);
    }

    /// Turns one bit of one file, often near the end of what was written. Says whether there was one.
    pub(super) fn flip_a_bit(&self) -> bool {
        let mut state = self.0.lock();
        let State { chance, inodes, names, .. } = &mut *state;
        let files: Vec<_> =
            names.iter().filter(|(_, inode)| !inodes[**inode].kept.is_empty()).collect();
        let Some((_, inode)) = files.get(chance.below(files.len().max(1))) else { return false };
        let inode = &mut inodes[**inode];
        let written = inode.kept.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
        let (mut at, bit) = (chance.below(inode.kept.len()), chance.below(8));
        if chance.percent(40) {
            at = written - 1 - chance.below(written.min(60));
        }
        inode.kept[at] ^= 1u8 << bit;
        inode.seen[at] ^= 1u8 << bit;
        true
    }

    /// Another disk with the same content.
    pub(super) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.0.lock().clone())))
    }

    /// Names and lengths of all files.
    pub(super) fn lengths(&self) -> Vec<(String, usize)> {
        let state = self.0.lock();
        let length = |inode: &usize| state.inodes[*inode].seen.len();
        state.names.iter().map(|(name, inode)| (name.clone(), length(inode))).collect()
    }

    /// What a file shows.
    pub(super) fn seen(&self, name: &str) -> Vec<u8> {
        let state = self.0.lock();
        state.inodes[state.names[name]].seen.clone()
    }

    /// Turns the bits `pattern` of one byte, in view and on the platter.
    pub(super) fn turn(&self, name: &str, at: usize, pattern: u8) {
        let mut state = self.0.lock();
        let inode = state.names[name];
        let inode = &mut state.inodes[inode];
        inode.seen[at] ^= pattern;
        if let Some(byte) = inode.kept.get_mut(at) {
            *byte ^= pattern;
        }
    }

    /// A change is about to be made: does the power last, and does chance let it pass?
    fn change(&self, percent: impl Fn(&Ill) -> usize) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.0.lock();
        match &mut state.ill.power_fails_after {
            Some(0) => return Err(broken()),
            Some(left) => *left -= 1,
            None => {}
        }
        let percent = percent(&state.ill);
        if state.chance.percent(percent) { Err(broken()) } else { Ok(state) }
    }

    fn opening(&self, inode: usize, failures: u64) -> Arc<dyn DiskFile> {
        Arc::new(Opening { disk: self.clone(), inode, told: Mutex::new(failures) })
    }
}

impl Inode {
    /// Some dirty sectors reach the platter, one of them perhaps torn.
    fn keep_some(&mut self, chance: &mut Chance) {
        let growth = self.seen.len().saturating_sub(self.kept.len());
        let length = self.kept.len() + chance.below(growth + 1);
        self.kept.resize(length, 0);
        for sector in std::mem::take(&mut self.dirty) {
            let start = sector * SECTOR;
            let mut end = self.kept.len().min(start + SECTOR);
            if chance.percent(50) || start >= end {
                continue;
            }
            if chance.percent(5) {
                end = start + chance.below(end - start);
            }
            self.kept[start..end].copy_from_slice(&self.seen[start..end]);
        }
    }

    fn keep_all(&mut self) {
        self.kept.resize(self.seen.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            let (start, end) = (sector * SECTOR, self.seen.len().min((sector + 1) * SECTOR));
            self.kept[start..end].copy_from_slice(&self.seen[start..end]);
        }
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: NameChange) {
    match change {
        NameChange::Set(name, inode) => {
            names.insert(name, inode);
        }
        NameChange::Rename(from, to, inode) => {
            names.remove(&from);
            names.insert(to, inode);
        }
        NameChange::Remove(name) => {
            names.remove(&name);
        }
    }
}

impl State {
    fn rename(&mut self, change: NameChange) {
        apply(&mut self.names, change.clone());
        self.changes.push(change);
    }
}

impl Disk for HostileDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.change(|ill| ill.failing_writes)?;
        if state.ill.full {
            return Err(full());
        }
        assert!(!state.names.contains_key(name), "{name} exists");
        let inode = state.inodes.len();
        state.inodes.push(Inode::default());
        state.rename(NameChange::Set(name.into(), inode));
        Ok(self.opening(inode, 0))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.0.lock();
        let inode = *state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.opening(inode, state.inodes[inode].failures))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.change(|ill| ill.failing_writes)?;
        let inode = *state.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        state.rename(NameChange::Rename(from.into(), to.into(), inode));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.change(|ill| ill.failing_writes)?;
        state.rename(NameChange::Remove(name.into()));
        Ok(())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut state = self.change(|ill| ill.failing_syncs)?;
        state.changes.clear();
        state.kept_names = state.names.clone();
        Ok(())
    }
}

impl DiskFile for Opening {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let mut state = self.disk.0.lock();
        let percent = state.ill.failing_reads;
        if state.chance.percent(percent) {
            return Err(broken());
        }
        let rest = state.inodes[self.inode].seen.get(offset as usize..).unwrap_or_default();
        let got = rest.len().min(bytes.len());
        bytes[..got].copy_from_slice(&rest[..got]);
        Ok(got)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let failed = self.disk.change(|ill| ill.failing_writes).map(drop);
        let mut state = self.disk.0.lock();
        let State { chance, ill, inodes, .. } = &mut *state;
        let inode = &mut inodes[self.inode];
        let (start, mut end) = (offset as usize, offset as usize + bytes.len());
        if ill.full && end > inode.seen.len() {
            return Err(full());
        }
        if failed.is_err() && ill.power_fails_after != Some(0) {
            end = start + chance.below(bytes.len() + 1);
        } else if failed.is_err() {
            return failed;
        }
        if end > start {
            let length = inode.seen.len().max(end);
            inode.seen.resize(length, 0);
            inode.seen[start..end].copy_from_slice(&bytes[..end - start]);
            inode.dirty.extend(start / SECTOR..=(end - 1) / SECTOR);
        }
        failed
    }

    fn sync(&self) -> io::Result<()> {
        let failed = self.disk.change(|ill| ill.failing_syncs).map(drop);
        let mut state = self.disk.0.lock();
        let State { chance, ill, inodes, .. } = &mut *state;
        let inode = &mut inodes[self.inode];
        if failed.is_err() && ill.power_fails_after == Some(0) {
            return failed;
        }
        if failed.is_err() {
            inode.failures += 1;
            inode.keep_some(chance);
        } else {
            inode.keep_all();
        }
        let mut told = self.told.lock();
        if *told < inode.failures {
            *told = inode.failures;
            return Err(broken());
        }
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.0.lock().inodes[self.inode].seen.len() as u64)
    }
}
