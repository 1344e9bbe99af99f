//! Funnels: is the graph valid, compile it to a plan, decide a route, explain it later.
//! Promise: pure. The same plan, start, facts, replies, seed and time give the same route on every
//! machine, for ever (product.md §4).
//!
//! drawn [`Funnel`](crate::assets::Funnel) → [`problems`] → [`Plan::compile`] → [`Ready`] →
//! [`route`] → [`explain`]

pub mod decide;
mod destinations;
mod explain;
mod library;
mod logic;
mod plan;
mod ready;
mod rule;
mod validate;

pub use decide::{
    DeadEnd, End, Inputs, Reason, Recording, Replay, Request, Route, RouteStep, Start, TakenWay,
    route,
};
pub use explain::{ExplainedStep, Explanation, explain};
pub use library::{Library, Shelved};
pub use logic::{Broken, LogicFailure, Sample, Tried, try_logic};
pub use plan::{Plan, PlanNode, PlanOfferSource, PlanPage, PlannedCap, UnreadablePlan};
use ready::DEFAULT;
pub use ready::Ready;
pub use rule::{Takes, Test, tests};
pub use validate::{Problem, condition_problems, problems};
