//! Number → records in order.
//! Promise: synced records only, each once, in order; damaged numbers are passed over.

use crate::journal::Shared;
use crate::segments::{Harvest, MOST_READ_BYTES, Segment};
use crate::{Entry, JournalError};

impl Shared {
    pub(crate) fn read(&self, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
        if let Some(entries) = self.queue.read(from, most, MOST_READ_BYTES) {
            return Ok(entries);
        }
        let mut harvest = Harvest::new(from, self.waiting.watermark(), most);
        let segments = self.segments.all();
        let start = segments.partition_point(|segment| segment.end() <= from);
        for segment in &segments[start..] {
            if harvest.is_full() {
                break;
            }
            self.read_from(segment, &mut harvest)?;
        }
        Ok(harvest.entries)
    }

    fn read_from(&self, segment: &Segment, harvest: &mut Harvest) -> Result<(), JournalError> {
        match segment {
            Segment::Raw(raw) => {
                for block in raw.blocks_from(harvest.from) {
                    if harvest.is_full() {
                        break;
                    }
                    raw.read_block(&block).into_iter().for_each(|entry| harvest.take(entry));
                }
                Ok(())
            }
            Segment::Sealed(sealed) => self
                .open
                .get(sealed)
                .and_then(|open| open.read(harvest))
                .map_err(JournalError::disk("read the journal")),
        }
    }
}
