//! A journal record → the fact of the request.
//! Promise: the record alone decides; a touch of the tag adds nothing.

use super::texts::{set_fields, set_sender, set_way_in};
use crate::store::facts::{
    Measure, Measures, Path, PathOf, Row, RowKind, Text, Texts, visit_key, visitor_key,
};
use rules::record::{MOST_PATH, Passed, PassedKind, Record, RequestKind};
use std::hash::{Hash, Hasher};

/// The fact of `record`, which the journal holds under `number`.
pub(super) fn row(number: u64, record: &Record) -> Option<Row<'_>> {
    if record.kind == RequestKind::Touch {
        return None;
    }
    let at_ms = record.request.at_ms() as i64;
    Some(Row {
        kind: RowKind::Request,
        number: number as i64,
        visit_ms: record.visit.at_ms() as i64,
        clock_ms: at_ms,
        convert_ms: None,
        visitor: visitor_key(record.vid),
        visit: visit_key(record.visit),
        bot: record.facts.is_bot(),
        path: PathOf::record(record, &Walked(record), path),
        texts: texts(record),
        measures: measures(record),
    })
}

/// All that [`path`] looks at.
struct Walked<'a>(&'a Record);

impl Hash for Walked<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Record { path, steps, actions, action, tags, .. } = self.0;
        (path, actions, tags, steps.len()).hash(state);
        steps.iter().for_each(|step| (step.node, step.kind, step.page).hash(state));
        let left = action.as_ref().map(|taken| (taken.node, taken.kind, taken.page, taken.number));
        left.hash(state);
    }
}

fn path(record: &Record) -> Path {
    let (mut passed, mut again) = (record.path.clone(), Vec::new());
    for step in &record.steps {
        let own = Passed { node: step.node, kind: step.kind, page: step.page };
        if record.path.contains(&own) {
            again.push(own);
        // What lies beyond the limit is never remembered, so it would count anew each time.
        } else if !passed.contains(&own) && passed.len() < MOST_PATH {
            passed.push(own);
        }
    }
    Path {
        passed,
        old: record.path.len(),
        again,
        actions: record.actions_taken(),
        actions_old: record.actions.len(),
        viewed: viewed(record).map(|(passed, _)| passed),
        clicked: clicked(record),
        tags: record.tags.clone(),
    }
}

/// The page that the visitor was sent to, and whether it is its first time.
fn viewed(record: &Record) -> Option<(Passed, bool)> {
    let step = record.steps.iter().rev().find(|step| step.kind.is_page())?;
    Some((Passed { node: step.node, kind: step.kind, page: step.page }, step.first))
}

fn clicked(record: &Record) -> Option<(Passed, u8)> {
    let taken = record.action.as_ref()?;
    Some((Passed { node: taken.node, kind: taken.kind, page: taken.page }, taken.number))
}

fn texts(record: &Record) -> Texts<'_> {
    let mut texts = Texts::default();
    texts.set(Text::Funnel, record.funnel.as_str());
    texts.set(Text::Source, record.source.as_str());
    set_sender(&mut texts, &record.facts);
    set_fields(&mut texts, &record.fields);
    set_way_in(&mut texts, &record.referrer, &record.domain);
    texts
}

fn measures(record: &Record) -> Measures {
    let mut measures = Measures::default();
    measures.add(Measure::Entrance, i64::from(record.is_entrance()));
    // Every row carries the visit's cost: nodes reached later take it on.
    measures.add(Measure::Cost, record.visit_cost.0);
    if let Some((page, first)) = viewed(record) {
        let (views, unique) = match page.kind {
            PassedKind::Lander => (Measure::LanderViews, Measure::LanderViewsUnique),
            _ => (Measure::OfferViews, Measure::OfferViewsUnique),
        };
        measures.add(views, 1);
        measures.add(unique, i64::from(first));
    }
    if let Some(taken) = &record.action {
        let (clicks, unique) = match taken.kind {
            PassedKind::Lander => (Measure::LanderClicks, Measure::LanderClicksUnique),
            _ => (Measure::OfferClicks, Measure::OfferClicksUnique),
        };
        measures.add(clicks, 1);
        measures.add(unique, i64::from(taken.first));
    }
    measures
}
