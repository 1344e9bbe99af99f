//! A ledger entry → facts: the earlier standing taken back, the new one added, and the indirect
//! credits of both.
//! Promise: the entry alone decides; the facts of all entries of a conversion sum to its standing.

use super::texts::{set_fields, set_sender, set_way_in};
use crate::store::facts::{
    Measure, Measures, Path, Row, RowKind, Text, Texts, visit_key, visitor_key,
};
use rules::entry::{Entry, Standing, Status, VisitDims};
use rules::money::Micros;
use rules::record::Passed;

/// The facts of `entry`, which the ledger holds under `sequence`.
pub(super) fn rows(sequence: i64, entry: &Entry) -> Vec<Row<'_>> {
    let taken_back = Part::of(entry, &entry.before, entry.told_before, Measures::negated);
    let added = Part::of(entry, &entry.after, entry.told, |measures| measures);
    let parts = taken_back.into_iter().chain(added);
    parts.flat_map(|part| part.rows(sequence, entry)).collect()
}

/// The visit that `entry` proves to be no bot's: a network paid for it (product.md §13).
pub(super) fn unflagged(entry: &Entry) -> Option<i64> {
    let booked = entry.event.is_none() && entry.after.status.is_some_and(Status::counts);
    (booked && entry.visit.facts.is_bot()).then(|| visit_key(entry.visit.visit))
}

/// One standing with its sign.
struct Part {
    status: Status,
    own: Measures,
    indirect: Measures,
}

impl Part {
    fn of(
        entry: &Entry,
        standing: &Standing,
        told: Micros,
        signed: fn(Measures) -> Measures,
    ) -> Option<Self> {
        let status = standing.status?;
        let mut indirect = Measures::default();
        if entry.event.is_none() && status.counts() {
            indirect.add(Measure::Indirect, 1);
        }
        let own = match entry.event {
            None => conversion(status, standing, told),
            Some(_) => event(status, standing, told),
        };
        Some(Self { status, own: signed(own), indirect: signed(indirect) })
    }

    fn rows(self, sequence: i64, entry: &Entry) -> Vec<Row<'_>> {
        let row = |kind, visit, path: Path, measures| {
            let visit: &VisitDims = visit;
            let mut texts = texts(visit);
            texts.set(Text::Tx, entry.tx.as_deref().unwrap_or_default());
            texts.set(Text::Status, self.status.as_str());
            texts.set(Text::Event, entry.event.as_ref().map_or("", |id| id.as_str()));
            Row {
                kind,
                number: sequence,
                visit_ms: visit.visit.at_ms() as i64,
                clock_ms: entry.first_at_ms as i64,
                convert_ms: Some(entry.first_at_ms.saturating_sub(entry.hit.at_ms()) as i64),
                visitor: visitor_key(entry.vid),
                visit: visit_key(visit.visit),
                bot: visit.facts.is_bot(),
                path: path.into(),
                texts,
                measures,
            }
        };
        let own = row(RowKind::Standing, &entry.visit, credited(entry), self.own);
        let elsewhere = entry.indirect.iter().filter(|_| self.indirect != Measures::default());
        let indirect =
            elsewhere.map(|visit| row(RowKind::Indirect, visit, beside(visit), self.indirect));
        std::iter::once(own).chain(indirect).collect()
    }
}

fn conversion(status: Status, standing: &Standing, told: Micros) -> Measures {
    let mut measures = Measures::default();
    measures.add(Measure::Conversions, i64::from(status.counts()));
    let of_status = match status {
        Status::Pending => Measure::Pending,
        Status::Approved => Measure::Approved,
        Status::Rejected => Measure::Rejected,
        Status::Refunded => Measure::Refunded,
    };
    measures.add(of_status, 1);
    measures.add(Measure::Revenue, standing.revenue.0);
    measures.add(Measure::Told, told.0);
    measures.add(Measure::Expected, standing.expected.0);
    measures.add(Measure::Cost, standing.cost.0);
    measures
}

fn event(status: Status, standing: &Standing, told: Micros) -> Measures {
    let mut measures = Measures::default();
    measures.add(Measure::Events, i64::from(status.counts()));
    measures.add(Measure::EventRevenue, standing.revenue.0);
    measures.add(Measure::EventTold, told.0);
    measures.add(Measure::Cost, standing.cost.0);
    measures
}

/// Whom the entry credits; each (node, page) once.
fn credited(entry: &Entry) -> Path {
    let mut path = beside(&entry.visit);
    for credit in &entry.path {
        let passed = Passed { node: credit.node, kind: credit.kind, page: credit.page };
        if !path.passed.contains(&passed) {
            path.passed.push(passed);
        }
    }
    path
}

/// What a standing has of a path without credits.
fn beside(visit: &VisitDims) -> Path {
    Path { actions: visit.actions.clone(), tags: visit.tags.clone(), ..Path::default() }
}

fn texts(visit: &VisitDims) -> Texts<'_> {
    let mut texts = Texts::default();
    texts.set(Text::Funnel, visit.funnel.as_str());
    texts.set(Text::Source, visit.source.as_str());
    set_sender(&mut texts, &visit.facts);
    set_fields(&mut texts, &visit.fields);
    set_way_in(&mut texts, &visit.referrer, &visit.domain);
    texts
}
