//! The delivery log: what destinations were told, with every attempt; sent again, or cancelled.
//! Promise: secrets were blanked before anything was stored; a dry run changes nothing.

mod view;

pub(super) use view::{CalledView, DeliveryView};

use super::moment;
use super::wanted::{Chosen, chosen, part, texts, usual_rows};
use super::{AdminRouter, Body, Caller, Role, Segment};
use crate::app::App;
use crate::error::Problem;
use crate::store::deliveries::{self, DeliveryFilter, DeliveryState, StoredDelivery};
use crate::store::filter::Part;
use axum::Json;
use axum::extract::State;
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;
use view::{AttemptView, DeliveryDetail};

/// Most deliveries that one request changes.
const MOST_CHANGED: u32 = 10_000;
/// Most IDs in one request.
const MOST_IDS: usize = 500;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Analyst, routes!(list))
        .at(Role::Analyst, routes!(delivery))
        .at(Role::Editor, routes!(replay))
        .at(Role::Editor, routes!(cancel))
}

/// Which deliveries are wanted. What is left out asks nothing.
#[derive(Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct DeliveryQuery {
    /// Owed from this moment on, RFC 3339.
    from: Option<String>,
    /// Owed before this moment, RFC 3339.
    to: Option<String>,
    /// How they stand.
    states: Vec<DeliveryState>,
    /// Destinations by key.
    destinations: Vec<String>,
    /// A conversion.
    conversion: Option<EntityId>,
    /// A hit.
    hit: Option<String>,
    /// Custom events by name; `""` stands for conversions.
    events: Vec<String>,
    /// Funnels.
    funnels: Vec<EntityId>,
    /// Traffic sources.
    sources: Vec<EntityId>,
    /// Part of the reason of the last failure.
    reason: Option<String>,
}

impl DeliveryQuery {
    fn filter(&self) -> Result<DeliveryFilter, Problem> {
        Ok(DeliveryFilter {
            ids: vec![],
            from_ms: moment::read("from", self.from.as_deref())?,
            to_ms: moment::read("to", self.to.as_deref())?,
            states: self.states.clone(),
            destinations: self.destinations.clone(),
            conversion: self.conversion.map(|id| id.to_string()),
            hit: self.hit.as_deref().map(str::to_lowercase),
            events: self.events.clone(),
            funnels: texts(&self.funnels),
            sources: texts(&self.sources),
            reason: self.reason.clone(),
        })
    }
}

/// A part of the log.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeliveryLogQuery {
    /// Which deliveries.
    #[serde(default)]
    filter: DeliveryQuery,
    /// Most rows, up to 1000.
    #[serde(default = "usual_rows")]
    limit: u32,
    /// Rows before these.
    #[serde(default)]
    offset: u64,
}

/// Deliveries, newest first.
#[derive(Serialize, ToSchema)]
struct DeliveryList {
    /// The deliveries.
    rows: Vec<DeliveryView>,
    /// How many there are in all.
    total: u64,
}

/// Lists deliveries, newest first.
#[utoipa::path(
    post, path = "/reports/deliveries", tag = "reports", request_body = DeliveryLogQuery,
    responses((status = 200, body = DeliveryList), (status = 400, body = Problem))
)]
async fn list(
    State(app): State<Arc<App>>,
    Body(wanted): Body<DeliveryLogQuery>,
) -> Result<Json<DeliveryList>, Problem> {
    let part = part(wanted.limit, wanted.offset)?;
    let found = deliveries::deliveries(&app.database, &wanted.filter.filter()?, part).await?;
    let rows = found.rows.into_iter().map(DeliveryView::from).collect();
    Ok(Json(DeliveryList { rows, total: found.total }))
}

/// Shows a delivery with what it tells and all its attempts.
#[utoipa::path(
    get, path = "/deliveries/{id}", tag = "deliveries", params(("id" = EntityId, Path)),
    responses((status = 200, body = DeliveryDetail), (status = 404, body = Problem))
)]
async fn delivery(
    State(app): State<Arc<App>>,
    Segment(id): Segment<EntityId>,
) -> Result<Json<DeliveryDetail>, Problem> {
    let one = DeliveryFilter { ids: vec![id.to_string()], ..DeliveryFilter::default() };
    let part = Part { limit: 1, offset: 0 };
    let found = deliveries::deliveries(&app.database, &one, part).await?.rows.pop();
    let found: StoredDelivery = found.ok_or_else(|| Problem::not_found("delivery"))?;
    let payload = deliveries::payload(&app.database, found.number).await?;
    let attempts = deliveries::attempts(&app.database, found.number).await?;
    Ok(Json(DeliveryDetail {
        delivery: found.into(),
        told: payload.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null),
        attempts_made: attempts.into_iter().map(AttemptView::from).collect(),
    }))
}

/// Which deliveries to change.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeliveryOrder {
    /// Deliveries by ID.
    #[serde(default)]
    ids: Vec<EntityId>,
    /// All that fit, up to 10,000 at once.
    #[serde(default)]
    filter: Option<DeliveryQuery>,
    /// Says how many there are and changes nothing.
    #[serde(default)]
    dry_run: bool,
}

impl DeliveryOrder {
    fn filter(&self) -> Result<DeliveryFilter, Problem> {
        match chosen(&self.ids, self.filter.as_ref(), MOST_IDS)? {
            Chosen::Ids(ids) => Ok(DeliveryFilter { ids, ..DeliveryFilter::default() }),
            Chosen::Fitting(filter) => filter.filter(),
        }
    }
}

/// How many deliveries were changed, or would be.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeliveriesChanged {
    /// How many.
    changed: u64,
    /// Whether nothing was changed.
    dry_run: bool,
}

/// Sends settled deliveries again, under the same IDs. A filter that names no states means those
/// that did not arrive. Left out is what something newer about the same conversion has overtaken.
#[utoipa::path(
    post, path = "/deliveries/replay", tag = "deliveries", request_body = DeliveryOrder,
    responses((status = 200, body = DeliveriesChanged), (status = 400, body = Problem))
)]
async fn replay(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(order): Body<DeliveryOrder>,
) -> Result<Json<DeliveriesChanged>, Problem> {
    let mut filter = order.filter()?;
    if order.filter.is_some() && filter.states.is_empty() {
        use DeliveryState::{Cancelled, Failed, Refused, TooLate};
        filter.states = vec![Failed, Refused, TooLate, Cancelled];
    }
    let (now_ms, dry) = (app.clock.now_ms(), order.dry_run);
    let (changed, _) =
        deliveries::replay(&app.database, &filter, MOST_CHANGED, now_ms, dry).await?;
    note(&app, &caller, "replay", &order, changed).await?;
    Ok(Json(DeliveriesChanged { changed, dry_run: dry }))
}

/// Cancels deliveries that are owed. What is on its way at this moment may still arrive.
#[utoipa::path(
    post, path = "/deliveries/cancel", tag = "deliveries", request_body = DeliveryOrder,
    responses((status = 200, body = DeliveriesChanged), (status = 400, body = Problem))
)]
async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(order): Body<DeliveryOrder>,
) -> Result<Json<DeliveriesChanged>, Problem> {
    let (filter, dry) = (order.filter()?, order.dry_run);
    let now_ms = app.clock.now_ms();
    let changed = deliveries::cancel(&app.database, &filter, MOST_CHANGED, now_ms, dry).await?;
    app.deliveries.reload();
    note(&app, &caller, "cancel", &order, changed).await?;
    Ok(Json(DeliveriesChanged { changed, dry_run: dry }))
}

/// Notes in the audit log who changed what.
async fn note(
    app: &App,
    caller: &Caller,
    action: &str,
    order: &DeliveryOrder,
    changed: u64,
) -> Result<(), Problem> {
    if order.dry_run || changed == 0 {
        return Ok(());
    }
    let what = json!({"ids": order.ids, "filter": order.filter, "changed": changed});
    super::destinations::audited(app, caller, action, "deliveries", "deliveries", &what).await
}
