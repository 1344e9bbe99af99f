//! What a caller asks for → a [`Plan`] of closed parts; every fault named at its field.
//! Promise: no text of the caller goes further than into a bound value.

use super::columns::{self, Column};
use super::grouping;
use super::zone::offsets;
use crate::error::{Fault, Problem};
use crate::snapshot::Snapshot;
use crate::store::facts::select::{Bots, Choice, Dimension, Figure, Key, ReportClock, Select};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::ToSchema;

/// Most groupings in one report.
pub const MOST_LEVELS: usize = 10;
/// Most filters in one report.
const MOST_FILTERS: usize = 50;
/// Most members in one list.
const MOST_LISTED: usize = 10_000;
/// Most top-level rows in one answer.
pub const MOST_LIMIT: u32 = 10_000;
/// Longest range, so that a zone's changes stay few: 100 years.
const LONGEST_MS: i64 = 100 * 366 * 86_400_000;

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

/// A dimension with the members wanted: `{"by":"country","include":["US"]}`. `null` is *(none)*.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// The grouping's name.
    pub by: String,
    /// Only these, if any are named.
    #[serde(default)]
    pub include: Vec<Option<String>>,
    /// None of these.
    #[serde(default)]
    pub exclude: Vec<Option<String>>,
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
            offsets: offsets(&range.zone, range.from_ms, range.to_ms),
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

/// A checked range of time.
pub(super) struct Range {
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
    pub(super) zone: TimeZone,
}

impl Range {
    pub(super) fn check(from: Timestamp, to: Timestamp, zone: &str, faults: &mut Faults) -> Self {
        let (from_ms, to_ms) = (from.as_millisecond(), to.as_millisecond());
        if to_ms < from_ms {
            faults.add("to", "is before from");
        }
        if to_ms - from_ms > LONGEST_MS {
            faults.add("to", "is more than 100 years after from");
        }
        let zone = TimeZone::get(zone).unwrap_or_else(|_| {
            faults.add("timezone", "is not an IANA time zone");
            TimeZone::UTC
        });
        Self { from_ms, to_ms, zone }
    }
}

/// Faults found so far.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault::new(field, message));
    }

    pub(super) fn none(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

pub(super) fn listed(
    field: &str,
    listed: &[Listed],
    most: usize,
    faults: &mut Faults,
) -> Vec<Choice> {
    if listed.len() > most {
        faults.add(field, format!("has more than {most}"));
    }
    let each = listed.iter().enumerate().take(most);
    each.filter_map(|(i, one)| choice(&format!("{field}[{i}]"), one, faults)).collect()
}

fn choice(field: &str, listed: &Listed, faults: &mut Faults) -> Option<Choice> {
    let Some(dimension) = grouping::named(&listed.by) else {
        let known: Vec<_> = grouping::names().collect();
        faults.add(format!("{field}.by"), format!("is not one of {}", known.join(", ")));
        return None;
    };
    let include = keys(&format!("{field}.include"), dimension, &listed.include, faults);
    let exclude = keys(&format!("{field}.exclude"), dimension, &listed.exclude, faults);
    Some(Choice { dimension, include, exclude })
}

fn keys(field: &str, dimension: Dimension, given: &[Key], faults: &mut Faults) -> Vec<Key> {
    if given.len() > MOST_LISTED {
        faults.add(field, format!("has more than {MOST_LISTED}"));
        return Vec::new();
    }
    let mut keys = Vec::with_capacity(given.len());
    for (i, key) in given.iter().enumerate() {
        match key.as_deref().map(|shown| grouping::stored(dimension, shown)) {
            None if dimension.list().is_some() => {
                faults.add(format!("{field}[{i}]"), "cannot be null for what a path holds");
            }
            None => keys.push(None),
            Some(Some(stored)) => keys.push(Some(stored)),
            Some(None) => faults.add(format!("{field}[{i}]"), "is no key of this grouping"),
        }
    }
    keys
}

fn twice(levels: &[Choice], faults: &mut Faults) {
    for (i, level) in levels.iter().enumerate() {
        if levels[..i].iter().any(|earlier| earlier.dimension == level.dimension) {
            faults.add(format!("groupings[{i}].by"), "is given twice");
        }
    }
}

/// What a visit will pass later is not known when a row is written, so *never passed* has no
/// additive answer.
fn never_excluded(filters: &[Choice], faults: &mut Faults) {
    for (i, filter) in filters.iter().enumerate() {
        if filter.dimension.list().is_some() && !filter.exclude.is_empty() {
            let field = format!("filters[{i}].exclude");
            faults.add(field, "what a path holds can be included, not excluded");
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

pub(super) fn utc() -> String {
    "UTC".into()
}

pub(super) fn hundred() -> u32 {
    100
}
