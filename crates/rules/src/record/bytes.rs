//! Records as the journal's bytes, and back; the layouts of earlier versions too.

use super::{PlanId, Record, RequestKind, Taken};
use crate::ids::{EntityId, HitId, RequestKey, Vid};
use serde::Deserialize;

impl Record {
    /// The journal's bytes. The first is the layout's version.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        bytes.push(LAYOUT);
        postcard::to_extend(self, bytes).unwrap_or_default()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    /// # Errors
    /// The bytes are of a layout this program does not know, or are no record.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableRecord> {
        match bytes.split_first() {
            Some((&LAYOUT, rest)) => postcard::from_bytes(rest).map_err(|_| UnreadableRecord),
            Some((&WITHOUT_GPC, rest)) => {
                let completed = [rest, &[u8::from(false)]].concat();
                postcard::from_bytes(&completed).map_err(|_| UnreadableRecord)
            }
            _ => Err(UnreadableRecord),
        }
    }
}

/// The first fields of a [`Record`].
#[derive(Deserialize)]
struct Head {
    _request: RequestKey,
    _kind: RequestKind,
    _vid: Vid,
    _new_visitor: bool,
    _visit: HitId,
    _previous: Option<HitId>,
    _previous_visit: Option<HitId>,
    _funnel: EntityId,
    _source: EntityId,
    _plan: PlanId,
    _seed: u64,
    action: Option<Taken>,
}

impl Record {
    /// Whether the record in `bytes` took an action: only such fire. Reads the first fields alone;
    /// what is no record took none.
    pub fn took_action(bytes: &[u8]) -> bool {
        let Some((&(LAYOUT | WITHOUT_GPC), rest)) = bytes.split_first() else { return false };
        postcard::take_from_bytes::<Head>(rest).is_ok_and(|(head, _)| head.action.is_some())
    }
}

/// Room for the bytes of most records.
const USUAL_BYTES: usize = 512;
const LAYOUT: u8 = 2;
/// The layout before [`Record::gpc`], which is its last field.
const WITHOUT_GPC: u8 = 1;

/// The bytes are not a record this program can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a record of a known layout")]
pub struct UnreadableRecord;
