//! Raw hits and custom events: found by the facts, told by the journal and the ledger.
//! Promise: what is listed is the record itself, not a copy.

mod events;
mod hits;

pub use events::{EventLine, Events, events};
pub use hits::{HitLine, Hits, Sender, hits};

use super::check::{Faults, Listed, MOST_FILTERS, Range, listed, never_excluded};
use super::make::problem;
use super::names::mapped;
use super::query::{BotChoice, hundred};
use crate::app::App;
use crate::error::Problem;
use crate::snapshot::Snapshot;
use crate::store::facts::select::{ReportClock, Select};
use crate::store::facts::{Log, Numbers, Reader};
use jiff::Timestamp;
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Most requests or events in one answer.
const MOST_LISTED: u32 = 1_000;

/// A log of what fits, newest first.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogQuery {
    /// First moment, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// The moment after the last, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// IANA zone of dates and hours in filters.
    #[serde(default = "super::check::utc")]
    pub timezone: String,
    /// What everything must fit. A request fits a filter about its path by what it passed itself.
    #[serde(default)]
    pub filters: Vec<Listed>,
    /// Whether bots are listed.
    #[serde(default = "included")]
    pub bots: BotChoice,
    /// Most requests (each makes one or more hits) or events, up to 1000.
    #[serde(default = "hundred")]
    pub limit: u32,
    /// Requests or events left out at the beginning.
    #[serde(default)]
    pub offset: u32,
}

fn included() -> BotChoice {
    BotChoice::Include
}

impl LogQuery {
    fn select(&self) -> Result<Select, Problem> {
        let mut faults = Faults::default();
        let filters = listed("filters", &self.filters, MOST_FILTERS, &mut faults);
        never_excluded(&filters, &mut faults);
        if self.limit > MOST_LISTED {
            faults.add("limit", format!("is above {MOST_LISTED}"));
        }
        let range = Range::check(self.from, self.to, &self.timezone, &mut faults);
        faults.none()?;
        Ok(Select {
            from_ms: range.from_ms,
            to_ms: range.to_ms,
            clock: ReportClock::Own,
            offsets: range.offsets(),
            bots: self.bots.into(),
            filters,
            levels: Vec::new(),
            figures: Vec::new(),
            approximate: false,
        })
    }
}

/// The numbers of the page.
async fn find(
    app: &App,
    snapshot: &Snapshot,
    query: &LogQuery,
    select: Select,
    log: Log,
) -> Result<Numbers, Problem> {
    let (mapped, limit, offset) = (mapped(snapshot, &select), query.limit, query.offset);
    let within = Duration::from_secs(app.config.report_seconds);
    let work = move |reader: &Reader<'_>| reader.numbers(&select, log, limit, offset);
    app.facts.read(within, mapped, work).await.map_err(problem)
}

fn moment(at_ms: u64) -> Timestamp {
    Timestamp::from_millisecond(at_ms as i64).unwrap_or(Timestamp::UNIX_EPOCH)
}
