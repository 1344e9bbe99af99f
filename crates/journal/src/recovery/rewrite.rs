//! Copies the records of raw segments to one fresh file.
//! Promise: the old files go only when the new one is safe on disk under its name.

use super::scan::Scan;
use crate::block;
use crate::disk::{Disk, DiskFile};
use crate::frame::Frame;
use crate::name::{self, DAMAGED, Name, UNFINISHED};
use crate::raw::{RawSegment, Table};
use crate::spare::Spare;
use std::collections::BTreeMap;
use std::io;

const WRITE_BYTES: usize = 1 << 20;
/// Written behind the records, so that the first new ones find the file long enough.
const ZEROS_BYTES: usize = if cfg!(test) { 500 } else { 256 * 1024 };

/// Puts every record of `scans` into a new segment whose next number is `next`. Answers it and how
/// many records it holds. The spare segment, if there is one, is used for it.
pub(super) fn rewrite(
    disk: &dyn Disk,
    scans: &[Scan],
    next: u64,
    spare: Option<Spare>,
) -> io::Result<(RawSegment, u64)> {
    let Name::Raw { first, .. } = scans[0].name else {
        return Err(io::Error::other("only raw segments are rewritten"));
    };
    let marker = spare.as_ref().map_or_else(name::new_marker, |spare| spare.marker);
    let name = Name::Raw { first, marker }.to_string();
    let unfinished = format!("{name}{UNFINISHED}");
    let (file, zeros) = match spare {
        Some(spare) => {
            disk.rename(&name::spare(marker), &unfinished)?;
            // Interrupted from here on, it must not look like a segment that was begun.
            disk.sync_names()?;
            (spare.file, spare.bytes)
        }
        None => (disk.create(&unfinished)?, 0),
    };
    let frames: BTreeMap<u64, Frame<'_>> = scans
        .iter()
        .flat_map(|scan| scan.records())
        .map(|(_, frame)| (frame.number, frame))
        .collect();
    let written = write(&*file, &frames, first, marker, next);
    let table = written.and_then(|table| file.sync().map(|()| table)).inspect_err(|_| {
        // What room it took is needed; if it stays, the next opening removes it.
        let _ = disk.remove(&unfinished);
    })?;
    disk.rename(&unfinished, &name)?;
    disk.sync_names()?;
    for scan in scans {
        put_away(disk, scan)?;
    }
    disk.sync_names()?;
    let allocated = zeros.max(table.bytes + ZEROS_BYTES as u64);
    Ok((RawSegment::new(first, marker, file, table, allocated), frames.len() as u64))
}

fn write(
    file: &dyn DiskFile,
    frames: &BTreeMap<u64, Frame<'_>>,
    first: u64,
    marker: u64,
    next: u64,
) -> io::Result<Table> {
    let mut table = Table { end: next, ..Table::default() };
    let (mut buffer, mut written, mut least) = (Vec::new(), 0, first);
    for frame in frames.values() {
        skip_numbers(least, frame.number, marker, &mut buffer);
        let offset = written + buffer.len() as u64;
        block::add_record(&mut table.blocks, offset, frame.number, frame.key, frame.length());
        frame.write(marker, &mut buffer);
        least = frame.number + 1;
        if buffer.len() >= WRITE_BYTES {
            file.write_at(written, &buffer)?;
            written += buffer.len() as u64;
            buffer.clear();
        }
    }
    skip_numbers(least, next, marker, &mut buffer);
    table.bytes = written + buffer.len() as u64;
    buffer.resize(buffer.len() + ZEROS_BYTES, 0);
    file.write_at(written, &buffer)?;
    Ok(table)
}

/// Says that the numbers from `from` to `until` hold no record, so that the next one is known even if
/// the record behind is damaged. Twice: damage shall not cost this either.
fn skip_numbers(from: u64, until: u64, marker: u64, buffer: &mut Vec<u8>) {
    if until > from {
        for _ in 0..2 {
            Frame { number: until - 1, key: 0, payload: None }.write(marker, buffer);
        }
    }
}

/// Removes the old file, or sets it aside if it has damage that a crash does not explain.
fn put_away(disk: &dyn Disk, scan: &Scan) -> io::Result<()> {
    let name = scan.name.to_string();
    if scan.suspicious {
        tracing::warn!(name, damaged = scan.damaged, "a damaged file of the journal is set aside");
        disk.rename(&name, &format!("{name}{DAMAGED}"))
    } else {
        disk.remove(&name)
    }
}
