//! Parts of queries that all reports share, checked with every fault named at its field.

use super::grouping;
use super::zone::offsets;
use crate::error::{Fault, Problem};
use crate::store::facts::select::{Choice, Dimension, Key, Offset};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::ToSchema;

/// Most filters in one report.
pub(super) const MOST_FILTERS: usize = 50;
/// Most members in one list.
const MOST_LISTED: usize = 10_000;
/// Longest range, so that a zone's changes stay few: 100 years.
const LONGEST_MS: i64 = 100 * 366 * 86_400_000;

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

/// A checked range of time.
pub(super) struct Range {
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
    zone: TimeZone,
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

    /// The zone's offsets over the range.
    pub(super) fn offsets(&self) -> Vec<Offset> {
        offsets(&self.zone, self.from_ms, self.to_ms)
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

pub(super) fn twice(levels: &[Choice], faults: &mut Faults) {
    for (i, level) in levels.iter().enumerate() {
        if levels[..i].iter().any(|earlier| earlier.dimension == level.dimension) {
            faults.add(format!("groupings[{i}].by"), "is given twice");
        }
    }
}

/// What a visit will pass later is not known when a row is written, so *never passed* has no
/// additive answer.
pub(super) fn never_excluded(filters: &[Choice], faults: &mut Faults) {
    for (i, filter) in filters.iter().enumerate() {
        if filter.dimension.list().is_some() && !filter.exclude.is_empty() {
            let field = format!("filters[{i}].exclude");
            faults.add(field, "what a path holds can be included, not excluded");
        }
    }
}

pub(super) fn utc() -> String {
    "UTC".into()
}
