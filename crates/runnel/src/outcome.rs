//! What became of each tracked request: exactly one outcome with a reason, counted.
//! Promise: nothing is dropped silently; a request that ends without an outcome is counted as lost.

use metrics::counter;

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

/// A request under way; end it with its outcome.
pub struct Underway {
    flow: &'static str,
    ended: bool,
}

impl Underway {
    /// A request of `flow` (`entrance`, `action`, `view`) begins.
    pub fn begin(flow: &'static str) -> Self {
        Self { flow, ended: false }
    }

    /// Counts how it ended.
    pub fn end(mut self, outcome: Outcome) {
        self.ended = true;
        let (outcome, reason) = outcome.names();
        counter!("runnel_requests_total", "flow" => self.flow, "outcome" => outcome, "reason" => reason)
            .increment(1);
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if !self.ended {
            // The caller went away, or a step forgot its outcome.
            counter!("runnel_requests_total", "flow" => self.flow, "outcome" => "lost", "reason" => "")
                .increment(1);
        }
    }
}
