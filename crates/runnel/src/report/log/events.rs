//! A page of changes of custom events: the ledger's entries that fit.

use super::{LogQuery, find, moment};
use crate::app::App;
use crate::error::Problem;
use crate::report::answer::as_of;
use crate::snapshot::Snapshot;
use crate::store::facts::Log;
use crate::store::ledger;
use jiff::Timestamp;
use rules::entry::{Entry, Status};
use rules::ids::{EntityId, HitId, Vid};
use rules::money::Micros;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A page of changes of custom events.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Events {
    /// Changes, newest first.
    pub rows: Vec<EventLine>,
    /// How many fit in all.
    pub rows_total: i64,
    /// Until when everything is in the log; null while the store catches up.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
}

/// A change of a custom event.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventLine {
    /// Its place in the ledger.
    pub sequence: i64,
    /// The event's ID, which all its changes share.
    pub id: EntityId,
    /// Which event.
    pub event: Option<EntityId>,
    /// Its name today.
    pub event_name: String,
    /// When the change took effect.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// When the event was first booked.
    #[schema(value_type = String, format = DateTime)]
    pub first_at: Timestamp,
    /// The hit it happened on.
    #[schema(value_type = String)]
    pub hit: HitId,
    /// Who.
    #[schema(value_type = String)]
    pub vid: Vid,
    /// Transaction.
    pub tx: Option<String>,
    /// Its status before.
    pub status_before: Option<Status>,
    /// Its status after.
    pub status: Option<Status>,
    /// Revenue before.
    pub revenue_before: Micros,
    /// Revenue after.
    pub revenue: Micros,
    /// Revenue that the traffic source has been told with it, its modifier included.
    pub revenue_told: Micros,
    /// Funnel of the visit.
    pub funnel: EntityId,
    /// Source of the visit.
    pub source: EntityId,
}

/// Lists changes of custom events.
/// # Errors
/// 400 naming each fault, or 503 while reports are off.
pub async fn events(app: &Arc<App>, query: &LogQuery) -> Result<Events, Problem> {
    let (snapshot, select) = (app.snapshot.load_full(), query.select()?);
    let as_of = as_of(app.facts.as_of_ms());
    let found = find(app, &snapshot, query, select, Log::Events).await?;
    let mut rows = Vec::with_capacity(found.numbers.len());
    for number in found.numbers {
        let entry = ledger::entries_after(&app.database, number - 1, 1).await?.pop();
        let entry = entry.filter(|(sequence, _)| *sequence == number);
        // What cannot be read has no fact, so it is not found here.
        let entry = entry.and_then(|(sequence, entry)| Some((sequence, entry.ok()?)));
        rows.extend(entry.map(|(sequence, entry)| event_line(&snapshot, sequence, entry)));
    }
    Ok(Events { rows, rows_total: found.total, as_of })
}

fn event_line(snapshot: &Snapshot, sequence: i64, entry: Entry) -> EventLine {
    let named = entry.event.and_then(|id| snapshot.events.get(&id));
    EventLine {
        sequence,
        id: entry.conversion,
        event: entry.event,
        event_name: named.map(|event| event.asset.name.clone()).unwrap_or_default(),
        at: moment(entry.at_ms),
        first_at: moment(entry.first_at_ms),
        hit: entry.hit,
        vid: entry.vid,
        tx: entry.tx,
        status_before: entry.before.status,
        status: entry.after.status,
        revenue_before: entry.before.revenue,
        revenue: entry.after.revenue,
        revenue_told: entry.told,
        funnel: entry.visit.funnel,
        source: entry.visit.source,
    }
}
