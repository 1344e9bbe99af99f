//! A query over HTTP → a report from the store, with its limits.

use super::answer::{Answer, answer};
use super::drilldown::drilldown;
use super::names::{Names, mapped};
use super::query::{Drilldown, Plan, Shape};
use crate::error::Problem;
use crate::snapshot::Snapshot;
use crate::store::facts::{Facts, ReadError, Reader, TooMany, is_of_memory};
use std::sync::Arc;
use std::time::Duration;

/// Makes a drill-down report within the time `within`.
/// # Errors
/// 400 naming each fault, or 503 while reports are off or take too long.
pub async fn make(
    facts: &Facts,
    snapshot: Arc<Snapshot>,
    query: &Drilldown,
    within: Duration,
) -> Result<Answer, Problem> {
    let plan = query.plan(&snapshot)?;
    make_plan(facts, snapshot, plan, within).await
}

/// Makes the report of a checked query.
pub(super) async fn make_plan(
    facts: &Facts,
    snapshot: Arc<Snapshot>,
    plan: Plan,
    within: Duration,
) -> Result<Answer, Problem> {
    let as_of_ms = facts.as_of_ms();
    let mapped = mapped(&snapshot, &plan.select);
    let work = move |reader: &Reader<'_>| {
        let names = Names::new(&snapshot);
        let report = drilldown(reader, &plan, &names, plan.shape == Shape::Tree)?;
        Ok(answer(&plan, &report, &names, as_of_ms))
    };
    facts.read(within, mapped, work).await.map_err(problem)
}

/// What a caller is told when a report fails.
pub fn problem(error: ReadError) -> Problem {
    match error {
        ReadError::Closed(why) => Problem::unavailable(why),
        ReadError::TimedOut => {
            Problem::unavailable("The report took too long; ask for less time or fewer groupings.")
        }
        ReadError::Failed(cause) if cause.is::<TooMany>() => {
            Problem::fault("groupings", format!("give {cause}; add a filter or drop a level"))
        }
        ReadError::Failed(cause) if is_of_memory(&cause) => Problem::fault(
            "groupings",
            "need more memory than reports may take; add a filter, drop a level or a column",
        ),
        ReadError::Failed(cause) => Problem::internal(format!("{cause:#}")),
    }
}
