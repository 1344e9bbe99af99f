//! A ledger entry with all that reports need of it: what changed, whom it credits, and when.
//! Promise: self-contained, committed in one piece; an update is the earlier standing taken back
//! and the new one added, so sums over entries leave no remainder (product.md §6.6, §6.8).

use crate::assets::Field;
use crate::facts::Facts;
use crate::ids::{EntityId, HitId, Vid};
use crate::money::Micros;
use crate::record::PassedKind;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// One change of one conversion or custom event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The conversion (or event) changed.
    pub conversion: EntityId,
    /// The custom event; none for a conversion.
    pub event: Option<EntityId>,
    /// The converting hit.
    pub hit: HitId,
    /// Who converted.
    pub vid: Vid,
    /// The network's transaction.
    pub tx: Option<String>,
    /// When this entry took effect, Unix milliseconds.
    pub at_ms: u64,
    /// When the conversion was first booked, Unix milliseconds: the conversion clock of every entry.
    pub first_at_ms: u64,
    /// Its standing before this entry.
    pub before: Standing,
    /// Its standing after this entry.
    pub after: Standing,
    /// The visit of the converting hit.
    pub visit: VisitDims,
    /// The hits credited, oldest first, each node once; the direct one is last.
    pub path: Vec<Credit>,
    /// The latest earlier visit in each other funnel.
    pub indirect: Vec<VisitDims>,
    /// Revenue that the traffic source had been told before this entry, its modifier included.
    pub told_before: Micros,
    /// Revenue that the traffic source has been told with this entry, its modifier included.
    pub told: Micros,
}

/// How a conversion stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its status; none before it exists.
    pub status: Option<Status>,
    /// Revenue that counts.
    pub revenue: Micros,
    /// Amount that a pending conversion is expected to earn.
    pub expected: Micros,
    /// Cost that the conversion caused (CPA, revenue share).
    pub cost: Micros,
}

/// Status of a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Counted with the pending revenue.
    Pending,
    /// A normal conversion.
    Approved,
    /// Deleted from the figures.
    Rejected,
    /// Normal, but money was given back.
    Refunded,
}

impl Status {
    /// Whether the conversion counts in *conversions* (pending + normal).
    pub fn counts(self) -> bool {
        self != Self::Rejected
    }

    /// Reads the word.
    pub fn of(word: &str) -> Option<Self> {
        let all = [Self::Pending, Self::Approved, Self::Rejected, Self::Refunded];
        all.into_iter().find(|status| status.as_str() == word)
    }

    /// The word in the API, in tokens and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Refunded => "refunded",
        }
    }
}

/// A hit's part in a conversion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The credited hit.
    pub hit: HitId,
    /// Its node.
    pub node: EntityId,
    /// Its kind.
    pub kind: PassedKind,
    /// Its page.
    pub page: Option<EntityId>,
    /// `direct` for the converting hit, else `assist`.
    pub direct: bool,
}

/// What reports group a visit by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VisitDims {
    /// The visit: its first hit (which carries its time).
    pub visit: HitId,
    /// Funnel.
    pub funnel: EntityId,
    /// Traffic source.
    pub source: EntityId,
    /// Tracking fields.
    pub fields: Vec<(Field, CompactString)>,
    /// Sender of the entrance.
    pub facts: Facts,
    /// Tracking domain.
    pub domain: String,
    /// Referrer.
    pub referrer: String,
    /// The visitor's tags as of the hit.
    pub tags: Vec<EntityId>,
    /// Action numbers that the visit had taken up to the hit (the record's own included).
    pub actions: Vec<u8>,
}

impl Entry {
    /// The ledger's bytes. The first is the layout's version.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![LAYOUT]).unwrap_or_default()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    /// # Errors
    /// The bytes are of a layout this program does not know, or are no entry.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableEntry> {
        match bytes.split_first() {
            Some((&LAYOUT, rest)) => postcard::from_bytes(rest).map_err(|_| UnreadableEntry),
            Some((&WITHOUT_TOLD, rest)) => {
                let told_nothing = [rest, &[0, 0]].concat();
                postcard::from_bytes(&told_nothing).map_err(|_| UnreadableEntry)
            }
            _ => Err(UnreadableEntry),
        }
    }
}

const LAYOUT: u8 = 2;
/// Ends before what the traffic source was told; nobody knows that of such an entry.
const WITHOUT_TOLD: u8 = 1;

/// The bytes are not an entry this program can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an entry of a known layout")]
pub struct UnreadableEntry;
