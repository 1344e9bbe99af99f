//! Key → record, at any age.
//! Promise: a record is found from its append on; recent ones without the disk, older ones by the
//! tables of key ranges, newest segment first.

use crate::journal::Shared;
use crate::segments::Segment;
use crate::{Entry, JournalError};

impl Shared {
    pub(crate) fn find(&self, key: u128) -> Result<Option<Entry>, JournalError> {
        if let Some(entry) = self.queue.find(key) {
            return Ok(Some(entry));
        }
        for segment in self.segments.all().iter().rev() {
            if let Some(entry) = self.find_in(segment, key)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    fn find_in(&self, segment: &Segment, key: u128) -> Result<Option<Entry>, JournalError> {
        let found = match segment {
            Segment::Raw(raw) => raw.find(key),
            Segment::Sealed(sealed) if sealed.may_hold(key) => {
                self.open.get(sealed).and_then(|open| open.find(key))
            }
            Segment::Sealed(_) => Ok(None),
        };
        found.map_err(JournalError::disk("read the journal"))
    }
}
