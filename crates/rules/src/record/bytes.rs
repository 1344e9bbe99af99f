//! Records as the journal's bytes, and back; the layouts of earlier versions too.

use super::Record;

impl Record {
    /// The journal's bytes. The first is the layout's version.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.write(Vec::with_capacity(USUAL_BYTES))
    }

    /// Appends them to `room`, and gives it back.
    pub fn write(&self, mut room: Vec<u8>) -> Vec<u8> {
        room.push(if self.fires.is_empty() { FIRES_NOTHING } else { FIRES });
        postcard::to_extend(self, room).unwrap_or_default()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    /// # Errors
    /// The bytes are of a layout this program does not know, or are no record.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableRecord> {
        match bytes.split_first() {
            Some((&FIRES, rest)) => postcard::from_bytes(rest).map_err(|_| UnreadableRecord),
            Some((&FIRES_NOTHING, rest)) => {
                let read: Option<Self> = postcard::from_bytes(rest).ok();
                read.filter(|record| record.fires.is_empty()).ok_or(UnreadableRecord)
            }
            Some((&WITHOUT_GPC, rest)) => {
                let completed = [rest, &[u8::from(false)]].concat();
                postcard::from_bytes(&completed).map_err(|_| UnreadableRecord)
            }
            _ => Err(UnreadableRecord),
        }
    }

    /// Whether the record in `bytes` may fire conversions or events. The first byte tells: whoever books
    /// them reads only such records. Those of earlier layouts do not tell, so they may.
    pub fn may_fire(bytes: &[u8]) -> bool {
        bytes.first().is_some_and(|layout| *layout != FIRES_NOTHING)
    }
}

/// Room for the bytes of most records.
const USUAL_BYTES: usize = 512;
/// The layout. Its first version said nothing about fires, so records that fire have its number.
const FIRES: u8 = 2;
/// The same layout, of a record that fires nothing.
const FIRES_NOTHING: u8 = 3;
/// The layout before [`Record::gpc`], which is its last field.
const WITHOUT_GPC: u8 = 1;

/// The bytes are not a record this program can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a record of a known layout")]
pub struct UnreadableRecord;
