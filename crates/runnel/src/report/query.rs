//! What a caller asks for → a [`Plan`] of closed parts; every fault named at its field.
//! Promise: no text of the caller goes further than into a bound value.

use super::check::{Faults, Listed, MOST_FILTERS, Range, listed, never_excluded, twice, utc};
use super::columns::{self, Column};
use super::grouping;
use crate::error::Problem;
use crate::snapshot::Snapshot;
use crate::store::facts::select::{Bots, Figure, ReportClock, Select};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

/// Most groupings in one report.
pub const MOST_LEVELS: usize = 10;
/// Most top-level rows in one answer.
pub const MOST_LIMIT: u32 = 10_000;

/// A drill-down report.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drilldown {
    /// First moment, RFC 3339.
    #[schema(value_type = String, format = DateTime, example = "2026-11-01T00:00:00Z")]
    pub from: Timestamp,
    /// The moment after the last, RFC 3339.
    #[schema(value_type = String, format = DateTime, example = "2026-11-30T00:00:00Z")]
    pub to: Timestamp,
    /// IANA zone of dates and hours.
    #[serde(default = "utc")]
    pub timezone: String,
    /// Which time counts.
    #[serde(default)]
    pub clock: Clock,
    /// Groupings, outermost first; none gives totals only.
    #[serde(default)]
    pub groupings: Vec<Listed>,
    /// What everything must fit.
    #[serde(default)]
    pub filters: Vec<Listed>,
    /// Columns wanted; empty gives all.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Order of the rows of every level.
    #[serde(default)]
    pub sort: Option<Sort>,
    /// Most rows of the top level (of all, when flat).
    #[serde(default = "hundred")]
    pub limit: u32,
    /// Rows left out at the beginning.
    #[serde(default)]
    pub offset: u32,
    /// Tree or flat.
    #[serde(default)]
    pub shape: Shape,
    /// Whether visits of bots count.
    #[serde(default)]
    pub bots: BotChoice,
}

/// Order of rows.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sort {
    /// A column, `key` or `label`.
    pub by: String,
    /// Largest first.
    #[serde(default)]
    pub desc: bool,
}

/// Which time counts.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Everything at the entrance of its visit.
    #[default]
    Visit,
    /// Conversions at their first time, views and clicks at their own, visits at their entrance.
    Conversion,
}

/// Shape of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Rows with children.
    #[default]
    Tree,
    /// One row per combination.
    Flat,
}

/// Whether visits of bots count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BotChoice {
    /// Left out; totals say how much.
    #[default]
    Exclude,
    /// Counted with the others.
    Include,
    /// Nothing else counts.
    Only,
}

/// What rows are sorted by.
#[derive(Clone, Debug)]
pub enum SortBy {
    /// A column.
    Column(Column),
    /// The key.
    Key,
    /// What people read.
    Label,
}

/// A checked query.
#[derive(Clone, Debug)]
pub struct Plan {
    /// For the store.
    pub select: Select,
    /// Columns shown.
    pub columns: Vec<Column>,
    /// Order of rows.
    pub sort: SortBy,
    /// Largest first.
    pub descending: bool,
    /// Most rows.
    pub limit: u32,
    /// Rows left out at the beginning.
    pub offset: u32,
    /// Shape of the rows.
    pub shape: Shape,
}

impl Drilldown {
    /// Checks everything.
    /// # Errors
    /// 400 that names each fault.
    pub fn plan(&self, snapshot: &Snapshot) -> Result<Plan, Problem> {
        let mut faults = Faults::default();
        let all = columns::all(snapshot.events.iter().map(|(id, held)| (*id, &*held.asset)));
        let shown = self.shown(&all, &mut faults);
        let (sort, descending) = self.sorted(&all, &mut faults);
        let levels = listed("groupings", &self.groupings, MOST_LEVELS, &mut faults);
        twice(&levels, &mut faults);
        let filters = listed("filters", &self.filters, MOST_FILTERS, &mut faults);
        never_excluded(&filters, &mut faults);
        if self.limit > MOST_LIMIT {
            faults.add("limit", format!("is above {MOST_LIMIT}"));
        }
        let range = Range::check(self.from, self.to, &self.timezone, &mut faults);
        faults.none()?;
        let figures = figures(&shown, &sort);
        let select = Select {
            from_ms: range.from_ms,
            to_ms: range.to_ms,
            clock: self.clock.into(),
            offsets: range.offsets(),
            bots: self.bots.into(),
            filters,
            levels,
            figures,
            approximate: false,
        };
        let (limit, offset, shape) = (self.limit, self.offset, self.shape);
        Ok(Plan { select, columns: shown, sort, descending, limit, offset, shape })
    }

    fn shown(&self, all: &[Column], faults: &mut Faults) -> Vec<Column> {
        if self.columns.is_empty() {
            return all.to_vec();
        }
        let mut shown = Vec::new();
        for (i, name) in self.columns.iter().enumerate() {
            match all.iter().find(|column| column.name == *name) {
                Some(column) if !shown.contains(column) => shown.push(column.clone()),
                Some(_) => {}
                None => faults.add(format!("columns[{i}]"), "is not a column"),
            }
        }
        shown
    }

    fn sorted(&self, all: &[Column], faults: &mut Faults) -> (SortBy, bool) {
        let Some(Sort { by, desc }) = &self.sort else { return self.sorted_unasked(all) };
        let column = |name: &str| all.iter().find(|c| c.name == name).cloned();
        let by = match by.as_str() {
            "key" => SortBy::Key,
            "label" => SortBy::Label,
            name => column(name).map_or_else(
                || {
                    faults.add("sort.by", "is not a column, key or label");
                    SortBy::Key
                },
                SortBy::Column,
            ),
        };
        (by, *desc)
    }

    /// Times in their order, everything else by visits.
    fn sorted_unasked(&self, all: &[Column]) -> (SortBy, bool) {
        let first = self.groupings.first().and_then(|level| grouping::named(&level.by));
        match (first, all.first()) {
            (Some(dimension), _) if dimension.is_numeric() => (SortBy::Key, false),
            (_, Some(visits)) => (SortBy::Column(visits.clone()), true),
            _ => (SortBy::Key, false),
        }
    }
}

/// Each figure once.
fn figures(shown: &[Column], sort: &SortBy) -> Vec<Figure> {
    let sorted = match sort {
        SortBy::Column(column) => Some(column),
        SortBy::Key | SortBy::Label => None,
    };
    let mut figures = Vec::new();
    for figure in shown.iter().chain(sorted).flat_map(Column::figures) {
        if !figures.contains(figure) {
            figures.push(figure.clone());
        }
    }
    figures
}

impl From<Clock> for ReportClock {
    fn from(clock: Clock) -> Self {
        match clock {
            Clock::Visit => Self::Visit,
            Clock::Conversion => Self::Conversion,
        }
    }
}

impl From<BotChoice> for Bots {
    fn from(choice: BotChoice) -> Self {
        match choice {
            BotChoice::Exclude => Self::Exclude,
            BotChoice::Include => Self::Include,
            BotChoice::Only => Self::Only,
        }
    }
}

pub(super) fn hundred() -> u32 {
    100
}
