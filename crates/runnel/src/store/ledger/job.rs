//! What the writer is asked to book, and what it answers.
//! Promise: a job holds everything that can be decided without the ledger, so that booking it needs
//! only the conversions of its hit.

use rules::apply::{Call as Said, Policy, Via};
use rules::entry::{Credit, Standing, VisitDims};
use rules::ids::{EntityId, HitId, Vid};
pub use rules::owed::Notify;
use rules::owed::Wish;
use rules::record::PassedKind;
use rules::told::Told;
use std::sync::Arc;

/// A call on its way into the ledger.
#[derive(Clone, Debug)]
pub struct Job {
    /// The call as the log keeps it.
    pub call: Call,
    /// What it changes; none keeps it unbooked, for the reason in [`Call::reason`].
    pub change: Option<Change>,
    /// What may be booked only once: a second job of the same name answers as the first did.
    pub task: Option<String>,
    /// A follower's cursor that moves in the same transaction.
    pub cursor: Option<Cursor>,
}

/// How far the follower `name` has come in the journal of `node`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The follower.
    pub name: &'static str,
    /// The journal's machine.
    pub node: u8,
    /// The last record done.
    pub record: u64,
}

/// A change of a conversion.
#[derive(Clone, Debug)]
pub enum Change {
    /// What a call says about it.
    Say(Box<Booking>),
    /// Back to an earlier standing, if nothing has changed it since.
    Restore(Restore),
}

/// A conversion or event as a call reports it.
#[derive(Clone, Debug)]
pub struct Booking {
    /// The converting hit.
    pub hit: HitId,
    /// Its visitor.
    pub vid: Vid,
    /// What the call says.
    pub said: Said,
    /// The rules of the hit's offer, its source and the event.
    pub policy: Policy,
    /// The hit was found through the visitor: a conversion of theirs with this tx is the one meant.
    pub sought: Option<Sought>,
    /// Whether the traffic source is told.
    pub notify: Notify,
    /// Who else is to be told what; none where nobody asks.
    pub telling: Option<Arc<Telling>>,
    /// Where the hit stands.
    pub origin: Arc<Origin>,
}

/// What a call by visitor asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// The page, if it named one.
    pub page: Option<EntityId>,
    /// Hits with the events that have this tx there, but are not what the call means.
    pub passed_over: Vec<(HitId, Option<EntityId>)>,
}

/// A conversion goes back to an earlier standing.
#[derive(Clone, Debug)]
pub struct Restore {
    /// Which.
    pub conversion: EntityId,
    /// Its hit.
    pub hit: HitId,
    /// The entry that must be its last.
    pub last_seq: i64,
    /// The standing it goes back to.
    pub to: Standing,
    /// The tx that it had then; none too if it did not exist.
    pub tx: Option<String>,
}

/// Who may have to be told of a booking, and what.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    /// Destinations with their wishes.
    pub wishes: Vec<Wish>,
    /// What is told of the hit; the entry adds what it knows.
    pub draft: Told,
}

/// Where a converting hit stands: what its entries carry.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The hit's node.
    pub node: EntityId,
    /// The hit's page.
    pub page: Option<EntityId>,
    /// Lander or offer.
    pub kind: PassedKind,
    /// The network or shop behind the offer.
    pub offer_source: Option<EntityId>,
    /// The visit.
    pub visit: VisitDims,
    /// The hits credited.
    pub path: Vec<Credit>,
    /// Visits in other funnels that it counts for.
    pub indirect: Vec<VisitDims>,
}

/// A call as the log keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Its ID.
    pub id: String,
    /// When it arrived, Unix milliseconds.
    pub at_ms: u64,
    /// The way it came.
    pub via: Way,
    /// The HTTP method; empty for what came otherwise.
    pub method: String,
    /// The caller's address, or the user or key.
    pub remote: String,
    /// The query string as received.
    pub query: String,
    /// The body as received.
    pub body: String,
    /// The body's media type.
    pub content_type: String,
    /// The hit as resolved, else as given.
    pub hit: String,
    /// The visitor as resolved, else as given.
    pub vid: String,
    /// The transaction.
    pub tx: String,
    /// The event's ID, or its name if there is no such event; empty for a conversion.
    pub event: String,
    /// The hit's page.
    pub page: String,
    /// The network or shop behind it.
    pub offer_source: String,
    /// The status, where no list knows the word.
    pub status_word: String,
    /// Why it stays unbooked; empty if it does not.
    pub reason: String,
    /// A remark for people.
    pub note: String,
    /// Short remarks for programs.
    pub flags: Vec<&'static str>,
    /// The bulk operation it is part of.
    pub operation: String,
    /// The earlier call that it repeats.
    pub replays: String,
}

/// The way into the ledger: that of a call, or the owner taking something back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A call.
    Call(Via),
    /// A bulk operation is taken back.
    Undo,
}

impl Default for Way {
    fn default() -> Self {
        Self::Call(Via::Postback)
    }
}

impl Way {
    /// The word in the ledger and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call(via) => via.as_str(),
            Self::Undo => "undo",
        }
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Booked {
    /// What happened.
    pub verdict: Verdict,
    /// Why it stayed unbooked; empty if it did not.
    pub reason: String,
    /// The call's ID in the log.
    pub call: String,
    /// The conversion that it changed or meant.
    pub conversion: Option<EntityId>,
    /// The entry that was made.
    pub seq: Option<i64>,
    /// Standing before and after.
    pub before: Standing,
    /// Standing after it.
    pub after: Standing,
    /// Remarks.
    pub flags: Vec<&'static str>,
}

/// What happened (product.md §6.7).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A conversion was made.
    Created,
    /// One was changed.
    Updated,
    /// One was taken out of the figures.
    Deleted,
    /// Nothing had to change.
    Unchanged,
    /// The call could not be booked; it is kept.
    Unbooked,
}

impl Verdict {
    /// The word in the ledger and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
            Self::Unbooked => "unbooked",
        }
    }

    /// Reads the ledger's word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Created, Self::Updated, Self::Deleted, Self::Unchanged, Self::Unbooked]
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
    }
}

/// An entry that was committed, for what must know at once: caps and sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct Committed {
    /// Its number.
    pub seq: i64,
    /// The page's kind.
    pub kind: PassedKind,
    /// The page that converted.
    pub page: Option<EntityId>,
    /// Its node.
    pub node: EntityId,
    /// What changed.
    pub entry: Arc<rules::entry::Entry>,
}

/// Told of every entry after its commit, before its call is answered.
pub trait AfterCommit: Send + Sync {
    /// `entry` is on disk.
    fn committed(&self, entry: &Committed);
}
