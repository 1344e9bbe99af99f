//! A whole segment of zeros, made ahead of its use: a sync of records written into it changes no
//! metadata, so it never waits for the file system's own journal.
//! Promise: at most one; it is offered only when all of it, and its name, is safe on disk. Without one
//! everything goes on, with a file that grows.

use crate::disk::{self, Disk, DiskFile, ZEROS};
use crate::frame::Frames;
use crate::name::{self, Name, UNFINISHED};
use crate::raw::{RawSegment, Table};
use crate::{JournalError, Options};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;

/// A segment wants a successor when it is filled to this part of it.
const WANTED_AT_ONE_IN: u64 = 4;

/// The finished file.
pub(crate) struct Spare {
    pub marker: u64,
    pub file: Arc<dyn DiskFile>,
    /// How long it is.
    pub bytes: u64,
}

impl Spare {
    /// Makes it the segment that starts with `first`. Its new name need not be safe at once: what it
    /// holds tells recovery the same.
    pub(crate) fn begin(self, disk: &dyn Disk, first: u64) -> io::Result<RawSegment> {
        let spare = name::spare(self.marker);
        let name = Name::Raw { first, marker: self.marker }.to_string();
        disk.rename(&spare, &name).inspect_err(|_| {
            // If it stays, the next opening finds it unused.
            let _ = disk.remove(&spare);
        })?;
        let table = Table { end: first, ..Table::default() };
        Ok(RawSegment::new(first, self.marker, self.file, table, self.bytes))
    }
}

/// Where the next spare lies, or why there is none.
#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    Making,
    Ready(Spare),
    /// The disk did not take it. Tried again with the next segment.
    GivenUp,
}

/// Hands the spare from the tender to the writer.
#[derive(Default)]
pub(crate) struct Spares(Mutex<Slot>);

impl Spares {
    pub(crate) fn new(spare: Option<Spare>) -> Self {
        Self(Mutex::new(spare.map_or(Slot::Empty, Slot::Ready)))
    }

    /// The spare, if there is one, for a segment that begins now.
    pub(crate) fn take(&self) -> Option<Spare> {
        let mut slot = self.0.lock();
        match std::mem::take(&mut *slot) {
            Slot::Ready(spare) => Some(spare),
            Slot::Making => {
                *slot = Slot::Making;
                None
            }
            Slot::Empty | Slot::GivenUp => None,
        }
    }

    /// Whether one is to be made while `live` is being written.
    pub(crate) fn is_wanted(&self, live: &RawSegment, options: &Options) -> bool {
        live.bytes() >= options.segment_bytes / WANTED_AT_ONE_IN
            && matches!(*self.0.lock(), Slot::Empty)
    }

    fn set(&self, slot: Slot) {
        *self.0.lock() = slot;
    }
}

/// A spare under way.
pub(crate) struct Making {
    spare: Spare,
    /// Its file as it is filled.
    filled: Arc<dyn DiskFile>,
    unfinished: String,
    /// How long it is to be.
    most_bytes: u64,
}

impl Making {
    /// Begins one.
    pub(crate) fn start(disk: &dyn Disk, spares: &Spares, options: &Options) -> io::Result<Self> {
        let marker = name::new_marker();
        let unfinished = format!("{}{UNFINISHED}", name::spare(marker));
        spares.set(Slot::Making);
        let made = disk.create(&unfinished).and_then(|f| Ok((f, disk.open_to_fill(&unfinished)?)));
        let (file, filled) = made.inspect_err(|_| spares.set(Slot::GivenUp))?;
        let most_bytes = options.most_segment_bytes();
        Ok(Self { spare: Spare { marker, file, bytes: 0 }, filled, unfinished, most_bytes })
    }

    /// Adds a portion; the last one makes it the spare. `None` when it is done.
    pub(crate) fn go_on(mut self, disk: &dyn Disk, spares: &Spares) -> io::Result<Option<Self>> {
        match self.add_portion(disk) {
            Ok(false) => Ok(Some(self)),
            Ok(true) => {
                spares.set(Slot::Ready(self.spare));
                Ok(None)
            }
            Err(error) => {
                spares.set(Slot::GivenUp);
                // Under one name or the other; what stays, the next opening finds.
                let _ = disk.remove(&self.unfinished);
                let _ = disk.remove(&name::spare(self.spare.marker));
                Err(error)
            }
        }
    }

    /// Says whether it is whole.
    fn add_portion(&mut self, disk: &dyn Disk) -> io::Result<bool> {
        let portion = (self.most_bytes - self.spare.bytes).min(ZEROS.len() as u64);
        self.filled.write_at(self.spare.bytes, &ZEROS[..portion as usize])?;
        self.spare.bytes += portion;
        if self.spare.bytes < self.most_bytes {
            return Ok(false);
        }
        self.filled.sync()?;
        disk.rename(&self.unfinished, &name::spare(self.spare.marker))?;
        disk.sync_names()?;
        Ok(true)
    }
}

/// What a crash left of the spares.
#[derive(Default)]
pub(crate) struct Left {
    /// One that was never written to.
    pub unused: Option<Spare>,
    /// Begun by this number, and now named so.
    pub begun: Vec<Name>,
    /// Begun, but by which number cannot be told: their markers.
    pub torn: Vec<u64>,
}

impl Left {
    /// Looks at all spares among `names`. A begun one may still have its old name.
    pub(crate) fn read(disk: &dyn Disk, names: &[String]) -> Result<Self, JournalError> {
        let mut left = Self::default();
        for name in names {
            if let Some(marker) = name::parse_spare(name) {
                left.add(disk, name, marker)
                    .map_err(JournalError::disk(format!("put {name} in order")))?;
            }
        }
        Ok(left)
    }

    fn add(&mut self, disk: &dyn Disk, name: &str, marker: u64) -> io::Result<()> {
        let file = disk.open(name)?;
        let length = file.length()?;
        let (bytes, _) = disk::read_around_bad_sectors(&*file, 0, length as usize);
        if let Some((_, frame)) = Frames::new(&bytes, marker).next() {
            let begun = Name::Raw { first: frame.number, marker };
            disk.rename(name, &begun.to_string())?;
            self.begun.push(begun);
        } else if bytes.iter().any(|byte| *byte != 0) {
            self.torn.push(marker);
        } else if self.unused.is_none() {
            self.unused = Some(Spare { marker, file, bytes: length });
        } else {
            disk.remove(name)?;
        }
        Ok(())
    }
}
