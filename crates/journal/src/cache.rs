//! Keeps the sealed segments that were read last open, with their indexes.
//! Promise: at most [`crate::Options::indexes_in_memory`] of them, however many segments there are.

use crate::disk::Disk;
use crate::sealed::{OpenSegment, SealedSegment};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

pub(crate) struct OpenSegments {
    disk: Arc<dyn Disk>,
    most: usize,
    /// Newest use first.
    open: Mutex<VecDeque<(u64, Arc<OpenSegment>)>>,
}

impl OpenSegments {
    pub(crate) fn new(disk: Arc<dyn Disk>, most: usize) -> Self {
        Self { disk, most: most.max(1), open: Mutex::default() }
    }

    pub(crate) fn get(&self, segment: &SealedSegment) -> io::Result<Arc<OpenSegment>> {
        let id = segment.marker;
        let mut open = self.open.lock();
        if let Some(at) = open.iter().position(|(known, _)| *known == id)
            && let Some(used) = open.remove(at)
        {
            let found = used.1.clone();
            open.push_front(used);
            return Ok(found);
        }
        drop(open);
        // Two readers may load the same index at once; both copies are right.
        let loaded = Arc::new(segment.open(&*self.disk)?);
        let mut open = self.open.lock();
        open.push_front((id, loaded.clone()));
        open.truncate(self.most);
        Ok(loaded)
    }
}
