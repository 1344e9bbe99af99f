//! What routing asked of the world outside the plan, and the replies: kept, so that a route can be
//! recomputed and explained at any time.

use super::Parameter;
use crate::ids::EntityId;
use serde::{Deserialize, Serialize};

/// A question that routing asked and the answer it got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consulted {
    /// What was asked.
    pub question: Question,
    /// What was answered.
    pub reply: Reply,
}

/// What routing may ask beside the facts: the visitor's session, the address, counters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Question {
    /// Has the session seen this node?
    SeenNode(EntityId),
    /// Has the session seen this page?
    SeenPage(EntityId),
    /// Has the visitor converted on this offer?
    Converted(EntityId),
    /// Does the visitor carry this tag?
    HasTag(EntityId),
    /// Which connection did this sticky node choose before?
    Sticky(EntityId),
    /// How far is this cap filled? The text names it: `{node}/{route}/{group}/{rule}`.
    Cap(String),
    /// Is the visitor new?
    NewVisitor,
    /// The session buffer's parameter of this name (`{data-NAME}`).
    Data(String),
    /// The request's URL.
    Url,
    /// The request's referrer.
    Referrer,
    /// Which page of this node does the visitor's browser report as shown?
    Shown(EntityId),
    /// What does the service behind this middleware node answer?
    Answer(EntityId),
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Yes or no.
    Is(bool),
    /// A text; none if there is no such thing.
    Text(Option<String>),
    /// A count.
    Count(u64),
    /// A connection; none if nothing was chosen before.
    Connection(Option<EntityId>),
    /// A page; none if the browser named none.
    Page(Option<EntityId>),
    /// What a middleware service answered.
    Answer(ServiceAnswer),
    /// Why there is no answer that counts.
    NoAnswer(NoAnswer),
}

/// What a middleware service answered, as far as it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAnswer {
    /// The key of the route it wants; none leaves it to `default`.
    pub route: Option<String>,
    /// Parameters for the session's buffer.
    pub data: Vec<Parameter>,
    /// Tags for the visitor.
    pub tags: Vec<EntityId>,
}

/// Why a middleware node took its default way without the service's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoAnswer {
    /// None came in time.
    Timeout,
    /// No connection, or it broke off.
    Unreachable,
    /// It answered with a status that is no success.
    Status,
    /// Its answer is longer than is read.
    TooLarge,
    /// Its answer is not of the form that is asked for.
    Unreadable,
    /// It named a route that the node has not.
    UnknownRoute,
    /// So many visitors wait already that this one was not made to.
    Busy,
    /// It failed too often: it is not asked for a while.
    Resting,
    /// The visitor has waited long enough for other services.
    Patience,
}

impl NoAnswer {
    /// A stable word for counters: `timeout`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Status => "status",
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::UnknownRoute => "unknown_route",
            Self::Busy => "busy",
            Self::Resting => "resting",
            Self::Patience => "patience",
        }
    }
}
