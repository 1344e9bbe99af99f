//! Reads what the last run or a crash left, and makes it whole.
//! Promise: everything readable is kept; what was half-written at the end is cut; numbers that may
//! have been given are not given again. Afterwards every record is in a file that this run trusts.
//!
//! The newest records are copied to a fresh file: after a failed sync the operating system may show
//! content that never reached the disk, and a second sync would not write it. Where there is no room
//! for a copy, the same bytes are written again in their place.

mod rewrite;
mod scan;

use crate::JournalError;
use crate::block;
use crate::disk::Disk;
use crate::name::{self, Name, UNFINISHED};
use crate::raw::{RawSegment, Table};
use crate::sealed::SealedSegment;
use crate::segments::Segment;
use crate::spare::{Left, Spare};
use crate::writer::Live;
use scan::Scan;
use std::io::ErrorKind;
use std::sync::Arc;

/// What opening found. `Display` is one line for the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Records that can be read.
    pub records: u64,
    /// Records between others that are damaged, as far as can be told; they are skipped.
    pub damaged: u64,
    /// Records between others whose place was never written: a crash lost them before their sync.
    pub unwritten: u64,
    /// Bytes of half-written records cut off the end.
    pub bytes_cut: u64,
    /// Sealed segments that cannot be used because both indexes are damaged; their files stay.
    pub unusable_segments: u64,
    /// Segments found.
    pub segments: u64,
    /// Number that the next record gets.
    pub next: u64,
}

impl std::fmt::Display for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "journal of {} records in {} segments; {} damaged, {} never written, {} segments \
             unusable, {} bytes cut off the end; next record is {}",
            self.records,
            self.segments,
            self.damaged,
            self.unwritten,
            self.unusable_segments,
            self.bytes_cut,
            self.next
        )
    }
}

/// A journal as the last run left it.
pub(crate) struct Recovered {
    pub segments: Vec<Segment>,
    pub live: Option<Live>,
    pub spare: Option<Spare>,
    pub report: Recovery,
}

/// Reads the folder and puts it in order.
pub(crate) fn recover(disk: &dyn Disk) -> Result<Recovered, JournalError> {
    // A file that the last run removed must not come back with numbers that are given anew.
    disk.sync_names().map_err(JournalError::disk("sync the journal's folder"))?;
    let names = disk.names().map_err(JournalError::disk("list the journal's files"))?;
    for name in names.iter().filter(|name| name.ends_with(UNFINISHED)) {
        disk.remove(name).map_err(JournalError::disk(format!("remove {name}")))?;
    }
    let left = Left::read(disk, &names)?;
    let names = names.iter().filter_map(|name| Name::parse(name)).chain(left.begun);
    let (sealed, raw): (Vec<_>, Vec<_>) =
        names.partition(|name| matches!(name, Name::Sealed { .. }));
    let report = Recovery::default();
    let mut recovered = Recovered { segments: Vec::new(), live: None, spare: left.unused, report };
    recovered.add_sealed(disk, &sealed)?;
    recovered.add_raw(disk, raw)?;
    recovered.add_torn(disk, &left.torn)?;
    recovered.segments.sort_by_key(Segment::first);
    recovered.report.segments = recovered.segments.len() as u64;
    Ok(recovered)
}

impl Recovered {
    fn add_sealed(&mut self, disk: &dyn Disk, names: &[Name]) -> Result<(), JournalError> {
        for name in names {
            let Name::Sealed { end, .. } = *name else { continue };
            self.report.next = self.report.next.max(end);
            let same = |known: &Segment| (known.first(), known.end()) == (first_of(name), end);
            if self.segments.iter().any(same) {
                // Sealed twice: the first time the name was not known to be safe.
                let name = name.to_string();
                disk.remove(&name).map_err(JournalError::disk(format!("remove {name}")))?;
                continue;
            }
            match SealedSegment::recognise(disk, name) {
                Ok(Some(sealed)) => {
                    self.report.records += sealed.summary.count;
                    self.segments.push(Segment::Sealed(Arc::new(sealed)));
                }
                problem => {
                    tracing::error!(%name, error = ?problem.err(), "a sealed segment is unusable");
                    self.report.unusable_segments += 1;
                }
            }
        }
        Ok(())
    }

    fn add_raw(&mut self, disk: &dyn Disk, mut names: Vec<Name>) -> Result<(), JournalError> {
        names.sort_by_key(first_of);
        let mut sealed: Vec<_> = self.segments.iter().map(|s| s.first()..s.end()).collect();
        sealed.sort_by_key(|numbers| numbers.start);
        let (done, open): (Vec<_>, Vec<_>) = names
            .into_iter()
            .partition(|name| sealed.iter().any(|numbers| numbers.contains(&first_of(name))));
        for name in done {
            let name = name.to_string();
            disk.remove(&name).map_err(JournalError::disk(format!("remove {name}")))?;
        }
        let groups: Vec<_> = open.chunk_by(|a, b| first_of(a) == first_of(b)).collect();
        for (i, group) in groups.iter().enumerate() {
            let first = first_of(&group[0]);
            let next_raw = groups.get(i + 1).map(|next| first_of(&next[0]));
            let next_sealed =
                sealed.iter().map(|numbers| numbers.start).find(|start| *start > first);
            let until = next_raw.into_iter().chain(next_sealed).min();
            self.add_group(disk, group, until)?;
        }
        Ok(())
    }

    /// Adds spare segments that were begun and of whose records none can be read: the numbers these may
    /// have had are not given again.
    fn add_torn(&mut self, disk: &dyn Disk, markers: &[u64]) -> Result<(), JournalError> {
        for marker in markers {
            let name = Name::Raw { first: self.report.next, marker: *marker };
            disk.rename(&name::spare(*marker), &name.to_string())
                .map_err(JournalError::disk(format!("rename {name}")))?;
            // What was newest before is complete as it stands, whether or not there is room to copy this.
            self.live = None;
            self.add_group(disk, &[name], None)?;
        }
        Ok(())
    }

    /// Adds the raw segments that start with the same number. What they hold from `until` on is left
    /// to the next group: it was never confirmed here.
    fn add_group(
        &mut self,
        disk: &dyn Disk,
        names: &[Name],
        until: Option<u64>,
    ) -> Result<(), JournalError> {
        let scans = names
            .iter()
            .map(|name| {
                Scan::read(disk, name, until).map_err(JournalError::disk(format!("read {name}")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        for scan in &scans {
            self.report.damaged += scan.damaged;
            self.report.unwritten += scan.unwritten;
        }
        match (until, &scans[..]) {
            (Some(until), [scan]) => {
                self.report.records += scan.records().count() as u64;
                self.report.next = self.report.next.max(until);
                self.segments.push(Segment::Raw(Arc::new(closed(scan, until))));
                Ok(())
            }
            _ => self.rewrite(disk, &scans, until),
        }
    }

    fn rewrite(
        &mut self,
        disk: &dyn Disk,
        scans: &[Scan],
        until: Option<u64>,
    ) -> Result<(), JournalError> {
        let cut: u64 =
            if until.is_none() { scans.iter().map(|scan| scan.torn_bytes).sum() } else { 0 };
        let first = first_of(&scans[0].name);
        let next = until.unwrap_or_else(|| {
            scans.iter().map(Scan::next_number).max().unwrap_or(first).max(self.report.next)
        });
        let what = format!("rewrite the journal from record {first} on");
        self.report.next = self.report.next.max(next);
        self.report.bytes_cut += cut;
        let spare = if until.is_none() { self.spare.take() } else { None };
        let (segment, records) = match (rewrite::rewrite(disk, scans, next, spare), scans) {
            (Err(error), [scan]) if error.kind() == ErrorKind::StorageFull => {
                tracing::error!(%error, "no room to rewrite the journal's newest file: it stays");
                scan.write_again().map_err(JournalError::disk(what))?;
                self.report.records += scan.records().count() as u64;
                self.segments.push(Segment::Raw(Arc::new(closed(scan, next))));
                return Ok(());
            }
            (rewritten, _) => rewritten.map_err(JournalError::disk(what))?,
        };
        let segment = Arc::new(segment);
        self.report.records += records;
        self.segments.push(Segment::Raw(segment.clone()));
        if until.is_none() {
            let position = segment.bytes();
            self.live = Some(Live { segment, position });
        }
        Ok(())
    }
}

/// A segment that is complete as it stands.
fn closed(scan: &Scan, until: u64) -> RawSegment {
    let mut table = Table { end: until, bytes: 0, ..Table::default() };
    for (offset, frame) in scan.records() {
        let bytes = frame.length();
        block::add_record(&mut table.blocks, offset as u64, frame.number, frame.key, bytes);
        table.bytes = (offset + bytes) as u64;
    }
    let (first, marker) = (first_of(&scan.name), scan.marker);
    RawSegment::new(first, marker, scan.file.clone(), table, u64::MAX)
}

fn first_of(name: &Name) -> u64 {
    match name {
        Name::Raw { first, .. } | Name::Sealed { first, .. } => *first,
    }
}
