//! Finds every intact frame of a raw segment and judges what lies between and behind them.
//! Promise: zeros (never written) and damage (written once) are told apart.

use crate::disk::{self, Disk, DiskFile};
use crate::frame::{Frame, Frames, HEADER_BYTES};
use crate::name::Name;
use std::io;
use std::sync::Arc;

/// A raw segment's content and what it is worth.
pub(super) struct Scan {
    pub name: Name,
    pub marker: u64,
    pub file: Arc<dyn DiskFile>,
    bytes: Vec<u8>,
    /// Offsets of intact frames with rising numbers.
    offsets: Vec<usize>,
    /// Numbers missing where bytes were written.
    pub damaged: u64,
    /// Numbers missing where there are only zeros.
    pub unwritten: u64,
    /// From the last intact frame to the last byte that is not zero.
    pub torn_bytes: u64,
    /// Whether the file has something that a crash does not explain.
    pub suspicious: bool,
    first: u64,
}

impl Scan {
    /// Reads the whole file; frames from number `until` on are left out.
    pub(super) fn read(disk: &dyn Disk, name: &Name, until: Option<u64>) -> io::Result<Self> {
        let (first, marker) = match *name {
            Name::Raw { first, marker } | Name::Sealed { first, marker, .. } => (first, marker),
        };
        let file = disk.open(&name.to_string())?;
        let length = file.length()? as usize;
        let (bytes, unreadable) = disk::read_around_bad_sectors(&*file, 0, length);
        let mut scan = Self {
            name: name.clone(),
            marker,
            file,
            bytes,
            offsets: Vec::new(),
            damaged: 0,
            unwritten: 0,
            torn_bytes: 0,
            suspicious: unreadable > 0,
            first,
        };
        scan.judge(until.unwrap_or(u64::MAX));
        Ok(scan)
    }

    fn judge(&mut self, until: u64) {
        let bytes = std::mem::take(&mut self.bytes);
        let (mut end, mut least) = (0, self.first);
        for (offset, frame) in Frames::new(&bytes, self.marker) {
            let missing = frame.number.saturating_sub(least);
            if frame.number >= until {
                break;
            }
            if frame.number < least {
                if frame.payload.is_none() {
                    // The second copy of a void frame.
                    end = offset + frame.length();
                }
                continue;
            }
            if is_zero(&bytes[end..offset]) {
                self.unwritten += missing * u64::from(frame.payload.is_some());
            } else {
                self.damaged += missing;
                self.suspicious = true;
            }
            self.offsets.push(offset);
            end = offset + frame.length();
            least = frame.number + 1;
        }
        let last = bytes[end..].iter().rposition(|byte| *byte != 0);
        self.torn_bytes = last.map_or(0, |last| last as u64 + 1);
        self.bytes = bytes;
    }

    /// Writes the intact frames again where they are, so that a sync writes them whatever an earlier one
    /// did. Takes no room.
    pub(super) fn write_again(&self) -> io::Result<()> {
        for (offset, frame) in self.frames() {
            self.file.write_at(offset as u64, &self.bytes[offset..offset + frame.length()])?;
        }
        self.file.sync()
    }

    /// All intact frames with their offsets.
    pub(super) fn frames(&self) -> impl Iterator<Item = (usize, Frame<'_>)> {
        self.offsets.iter().filter_map(|offset| {
            Some((*offset, crate::frame::parse(&self.bytes[*offset..], self.marker)?))
        })
    }

    /// Those that hold a record.
    pub(super) fn records(&self) -> impl Iterator<Item = (usize, Frame<'_>)> {
        self.frames().filter(|(_, frame)| frame.payload.is_some())
    }

    /// The least number that was certainly never given to a record in this file: behind the last
    /// frame, each piece of damage as long as a header may have been a record.
    pub(super) fn next_number(&self) -> u64 {
        let next = self.frames().last().map_or(self.first, |(_, frame)| frame.number + 1);
        next + self.torn_bytes.div_ceil(HEADER_BYTES as u64)
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
