//! The visitor's visits backwards, at any age → the latest earlier visit in each other funnel.

use super::{MOST_RECORDS, Records};
use crate::entry::VisitDims;
use crate::ids::{EntityId, HitId};
use crate::record::Record;
use std::collections::HashMap;
use std::sync::Arc;

/// Looks at the visits linked from the converting one, and at those that the walk over requests
/// met (two tabs: a visit that began after this one but before the conversion).
pub(super) fn indirect<R: Records>(
    records: &R,
    converting: &Record,
    hit: HitId,
    elsewhere: Vec<Arc<Record>>,
) -> Result<(Vec<VisitDims>, bool), R::Error> {
    let mut latest = Latest { before: hit, funnel: converting.funnel, visits: HashMap::new() };
    elsewhere.into_iter().for_each(|record| latest.consider(record));
    let (mut next, mut read) = (converting.previous_visit, 0);
    while let Some(previous) = next.filter(|_| read < MOST_RECORDS) {
        let Some(record) = records.record_of(previous)? else { break };
        read += 1;
        next = record.previous_visit;
        latest.consider(record);
    }
    let mut visits: Vec<_> = latest.visits.into_values().collect();
    visits.sort_unstable_by_key(|record| std::cmp::Reverse(record.visit));
    let dims = visits.iter().map(|record| {
        let entrance = entrance(records, record)?;
        Ok(dims(record, entrance.as_deref().unwrap_or(record)))
    });
    Ok((dims.collect::<Result<_, _>>()?, next.is_some()))
}

struct Latest {
    before: HitId,
    funnel: EntityId,
    visits: HashMap<EntityId, Arc<Record>>,
}

impl Latest {
    fn consider(&mut self, record: Arc<Record>) {
        if record.funnel == self.funnel || record.visit >= self.before {
            return;
        }
        let held = self.visits.entry(record.funnel).or_insert_with(|| Arc::clone(&record));
        if held.visit < record.visit {
            *held = record;
        }
    }
}

/// The record that began the visit of `record`; none if it is this one, or gone.
pub(super) fn entrance<R: Records>(
    records: &R,
    record: &Record,
) -> Result<Option<Arc<Record>>, R::Error> {
    if record.is_entrance() { Ok(None) } else { records.record_of(record.visit) }
}

/// What reports group the visit by, as of `record`. The referrer stands in the entrance's record.
pub(super) fn dims(record: &Record, entrance: &Record) -> VisitDims {
    VisitDims {
        visit: record.visit,
        funnel: record.funnel,
        source: record.source,
        fields: record.fields.to_vec(),
        actions: record.actions_taken(),
        facts: record.facts.as_ref().clone(),
        domain: record.domain.to_string(),
        referrer: entrance.referrer.to_string(),
        tags: record.tags.clone(),
    }
}
