//! What became of each tracked request: exactly one outcome with a reason, counted.
//! Promise: nothing is dropped silently; a request that ends without an outcome is counted as lost.

use metrics::{Counter, counter};
use std::sync::LazyLock;

/// How a tracked request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Recorded; the visitor was sent on.
    Recorded,
    /// Recorded without a new hit.
    Touched,
    /// Answered like GET, nothing recorded: HEAD.
    Head,
    /// Refused as prefetch.
    Prefetch,
    /// Not recorded; sent to the default homepage or answered 404.
    Nowhere(Nowhere),
    /// Refused over a size limit.
    TooLarge,
    /// The visitor was sent on, but the journal could not take the record.
    Unrecorded,
}

/// Why a visitor could not be routed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are the reasons' names
pub enum Nowhere {
    BadLink,
    UnknownFunnel,
    ArchivedFunnel,
    UnknownSource,
    ArchivedSource,
    UnknownNode,
    UnknownPosition,
    UnknownAction,
    DeadEnd,
    BadDestination,
    UnknownPath,
}

impl Nowhere {
    /// The reason's name in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadLink => "bad_link",
            Self::UnknownFunnel => "unknown_funnel",
            Self::ArchivedFunnel => "archived_funnel",
            Self::UnknownSource => "unknown_source",
            Self::ArchivedSource => "archived_source",
            Self::UnknownNode => "unknown_node",
            Self::UnknownPosition => "unknown_position",
            Self::UnknownAction => "unknown_action",
            Self::DeadEnd => "dead_end",
            Self::BadDestination => "bad_destination",
            Self::UnknownPath => "unknown_path",
        }
    }
}

impl Outcome {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Recorded => ("recorded", ""),
            Self::Touched => ("touched", ""),
            Self::Head => ("head", ""),
            Self::Prefetch => ("refused", "prefetch"),
            Self::TooLarge => ("refused", "too_large"),
            Self::Nowhere(reason) => ("nowhere", reason.as_str()),
            Self::Unrecorded => ("unrecorded", "journal_full"),
        }
    }
}

/// What a tracked request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// An entrance link.
    Entrance,
    /// An action link.
    Action,
    /// The tag.
    View,
    /// Any other path of a tracking domain.
    Other,
}

impl Flow {
    const ALL: [Self; 4] = [Self::Entrance, Self::Action, Self::View, Self::Other];

    fn as_str(self) -> &'static str {
        match self {
            Self::Entrance => "entrance",
            Self::Action => "action",
            Self::View => "view",
            Self::Other => "other",
        }
    }
}

/// By flow: looking a counter up costs more than counting, and nearly every request ends so.
static RECORDED: LazyLock<[Counter; Flow::ALL.len()]> =
    LazyLock::new(|| Flow::ALL.map(|flow| named(flow, Outcome::Recorded.names())));

fn named(flow: Flow, (outcome, reason): (&'static str, &'static str)) -> Counter {
    counter!("runnel_requests_total", "flow" => flow.as_str(), "outcome" => outcome, "reason" => reason)
}

/// A request under way; end it with its outcome.
pub struct Underway {
    flow: Flow,
    ended: bool,
}

impl Underway {
    /// A request of `flow` begins.
    pub fn begin(flow: Flow) -> Self {
        Self { flow, ended: false }
    }

    /// Counts how it ended.
    pub fn end(mut self, outcome: Outcome) {
        self.ended = true;
        match outcome {
            Outcome::Recorded => RECORDED[self.flow as usize].increment(1),
            _ => named(self.flow, outcome.names()).increment(1),
        }
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if !self.ended {
            // The caller went away, or a step forgot its outcome.
            named(self.flow, ("lost", "")).increment(1);
        }
    }
}
