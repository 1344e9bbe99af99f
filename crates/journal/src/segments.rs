//! The list of all segments, by number. Readers take a picture of it and are never in the way.
//! Promise: a record that was listed stays reachable while its segment changes its form.

use crate::Entry;
use crate::raw::RawSegment;
use crate::sealed::SealedSegment;
use parking_lot::RwLock;
use std::sync::Arc;

/// A segment in one of its forms.
#[derive(Clone)]
pub(crate) enum Segment {
    Raw(Arc<RawSegment>),
    Sealed(Arc<SealedSegment>),
}

impl Segment {
    pub(crate) fn first(&self) -> u64 {
        match self {
            Self::Raw(raw) => raw.first,
            Self::Sealed(sealed) => sealed.summary.first,
        }
    }

    /// One more than its last number.
    pub(crate) fn end(&self) -> u64 {
        match self {
            Self::Raw(raw) => raw.end(),
            Self::Sealed(sealed) => sealed.summary.end,
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Raw(raw) => raw.bytes(),
            Self::Sealed(sealed) => sealed.bytes,
        }
    }
}

/// Payload bytes after which a read ends early.
pub(crate) const MOST_READ_BYTES: usize = 16 << 20;

/// Takes records until a limit is reached.
pub(crate) struct Harvest {
    pub entries: Vec<Entry>,
    pub from: u64,
    pub until: u64,
    pub most: usize,
    pub room_bytes: usize,
}

impl Harvest {
    pub(crate) fn new(from: u64, until: u64, most: usize) -> Self {
        Self { entries: Vec::new(), from, until, most, room_bytes: MOST_READ_BYTES }
    }

    /// Whether nothing more is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= self.most || self.room_bytes == 0
    }

    /// Whether a record of this number is wanted: numbers only rise.
    pub(crate) fn wants(&self, number: u64) -> bool {
        let least = self.entries.last().map_or(self.from, |entry| entry.number + 1);
        !self.is_full() && (least..self.until).contains(&number)
    }

    pub(crate) fn take(&mut self, entry: Entry) {
        if self.wants(entry.number) {
            self.room_bytes = self.room_bytes.saturating_sub(entry.payload.len());
            self.entries.push(entry);
        }
    }
}

/// The list.
#[derive(Default)]
pub(crate) struct Segments {
    list: RwLock<Arc<Vec<Segment>>>,
}

impl Segments {
    pub(crate) fn new(list: Vec<Segment>) -> Self {
        Self { list: RwLock::new(Arc::new(list)) }
    }

    /// The list at present, by number.
    pub(crate) fn all(&self) -> Arc<Vec<Segment>> {
        self.list.read().clone()
    }

    /// Adds the newest segment, unless it is there. Says whether it was new.
    pub(crate) fn add(&self, segment: &Arc<RawSegment>) -> bool {
        let new = !self.lists(segment);
        if new {
            Arc::make_mut(&mut self.list.write()).push(Segment::Raw(segment.clone()));
        }
        new
    }

    /// Whether readers know this segment: from its first synced record on.
    pub(crate) fn lists(&self, raw: &RawSegment) -> bool {
        self.live().is_some_and(|live| live.marker == raw.marker)
    }

    /// Puts the sealed form in the place of the raw one, or nothing if that was empty.
    pub(crate) fn replace(&self, raw: &RawSegment, sealed: Option<Arc<SealedSegment>>) {
        let mut list = self.list.write();
        let list = Arc::make_mut(&mut list);
        let is_raw =
            |segment: &Segment| matches!(segment, Segment::Raw(r) if r.marker == raw.marker);
        let Some(at) = list.iter().position(is_raw) else { return };
        match sealed {
            Some(sealed) => list[at] = Segment::Sealed(sealed),
            None => drop(list.remove(at)),
        }
    }

    /// The oldest raw segment that is not the newest segment: next to be sealed.
    pub(crate) fn next_to_seal(&self) -> Option<Arc<RawSegment>> {
        let list = self.all();
        let closed = &list[..list.len().saturating_sub(1)];
        closed.iter().find_map(|segment| match segment {
            Segment::Raw(raw) => Some(raw.clone()),
            Segment::Sealed(_) => None,
        })
    }

    /// The newest segment, if it is raw.
    pub(crate) fn live(&self) -> Option<Arc<RawSegment>> {
        match self.all().last()? {
            Segment::Raw(raw) => Some(raw.clone()),
            Segment::Sealed(_) => None,
        }
    }
}
