//! Conversions with their ledger: one with its history, and lists.
//! Promise: what stands is the sum of the entries shown; whom an entry did not tell is shown with the
//! reason; secrets in raw calls are blanked.

mod view;

pub(super) use view::{at, given};

use super::deliveries::DeliveryView;
use super::moment;
use super::postbacks::CallView;
use super::wanted::{USUAL_ROWS, part, texts};
use super::{AdminRouter, Body, Role, Segment};
use crate::app::App;
use crate::error::Problem;
use crate::store::deliveries::{self, DeliveryFilter};
use crate::store::ledger::{self, CallFilter, ConversionFilter, Order, Page, Part};
use axum::Json;
use axum::extract::State;
use rules::entry::Status;
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;
use view::{Conversion, ConversionHistory, EntryView};

/// Most calls shown with one conversion.
const MOST_CALLS: u32 = 500;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Analyst, routes!(conversion)).at(Role::Analyst, routes!(list))
}

/// Shows a conversion with its history.
#[utoipa::path(
    get, path = "/conversions/{id}", tag = "conversions", params(("id" = EntityId, Path)),
    responses((status = 200, body = ConversionHistory), (status = 404, body = Problem))
)]
async fn conversion(
    State(app): State<Arc<App>>,
    Segment(id): Segment<EntityId>,
) -> Result<Json<ConversionHistory>, Problem> {
    let one = ConversionFilter { ids: vec![id.to_string()], ..ConversionFilter::default() };
    let part = Part { limit: 1, offset: 0 };
    let found = ledger::conversions(&app.database, &one, part).await?.rows.pop();
    let found = found.ok_or_else(|| Problem::not_found("conversion"))?;
    let entries = ledger::history(&app.database, id).await?;
    let mut withheld = ledger::withheld(&app.database, id).await?;
    let about = CallFilter { conversion: Some(id.to_string()), ..CallFilter::default() };
    let part = Part { limit: MOST_CALLS, offset: 0 };
    let calls = ledger::calls(&app.database, &about, part, Order::OldestFirst).await?;
    let told = DeliveryFilter { conversion: Some(id.to_string()), ..DeliveryFilter::default() };
    let told = deliveries::deliveries(&app.database, &told, part).await?;
    let secrets = super::postbacks::Secrets::of(&app.snapshot.load());
    Ok(Json(ConversionHistory {
        conversion: found.into(),
        entries: entries
            .into_iter()
            .map(|entry| {
                let withheld = withheld.remove(&entry.seq).unwrap_or_default();
                EntryView::of(entry, withheld)
            })
            .collect(),
        calls: calls.rows.into_iter().map(|call| CallView::of(call, &secrets)).collect(),
        deliveries: told.rows.into_iter().map(DeliveryView::from).collect(),
    }))
}

/// Which conversions are wanted. What is left out asks nothing.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ConversionQuery {
    /// From this moment on, RFC 3339.
    from: Option<String>,
    /// Before this moment, RFC 3339.
    to: Option<String>,
    /// Which time counts: `conversion` (when first booked) or `visit` (when the hit was made).
    clock: ConversionClock,
    /// Statuses.
    statuses: Vec<Status>,
    /// Custom events by ID; `""` stands for conversions.
    events: Vec<String>,
    /// Funnels.
    funnels: Vec<EntityId>,
    /// Traffic sources.
    sources: Vec<EntityId>,
    /// Nodes.
    nodes: Vec<EntityId>,
    /// Landers and offers.
    pages: Vec<EntityId>,
    /// Offer sources.
    offer_sources: Vec<EntityId>,
    /// A hit.
    hit: Option<String>,
    /// A visitor.
    vid: Option<String>,
    /// A transaction.
    tx: Option<String>,
    /// Most rows, up to 1000.
    limit: u32,
    /// Rows before these.
    offset: u64,
}

impl Default for ConversionQuery {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            clock: ConversionClock::default(),
            statuses: vec![],
            events: vec![],
            funnels: vec![],
            sources: vec![],
            nodes: vec![],
            pages: vec![],
            offer_sources: vec![],
            hit: None,
            vid: None,
            tx: None,
            limit: USUAL_ROWS,
            offset: 0,
        }
    }
}

/// Which time counts.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ConversionClock {
    /// When it was first booked.
    #[default]
    Conversion,
    /// When the hit was made.
    Visit,
}

/// A part of the list.
#[derive(Serialize, ToSchema)]
struct ConversionList {
    /// The conversions, newest first.
    rows: Vec<Conversion>,
    /// How many there are in all.
    total: u64,
}

/// Lists conversions and custom events, newest first.
#[utoipa::path(
    post, path = "/reports/conversions", tag = "reports", request_body = ConversionQuery,
    responses((status = 200, body = ConversionList), (status = 400, body = Problem))
)]
async fn list(
    State(app): State<Arc<App>>,
    Body(query): Body<ConversionQuery>,
) -> Result<Json<ConversionList>, Problem> {
    let part = part(query.limit, query.offset)?;
    let found: Page<_> = ledger::conversions(&app.database, &query.filter()?, part).await?;
    let rows = found.rows.into_iter().map(Conversion::from).collect();
    Ok(Json(ConversionList { rows, total: found.total }))
}

impl ConversionQuery {
    fn filter(&self) -> Result<ConversionFilter, Problem> {
        Ok(ConversionFilter {
            ids: vec![],
            from_ms: moment::read("from", self.from.as_deref())?,
            to_ms: moment::read("to", self.to.as_deref())?,
            by_visit: self.clock == ConversionClock::Visit,
            statuses: self.statuses.clone(),
            events: self.events.clone(),
            funnels: texts(&self.funnels),
            sources: texts(&self.sources),
            nodes: texts(&self.nodes),
            pages: texts(&self.pages),
            offer_sources: texts(&self.offer_sources),
            hit: self.hit.as_deref().map(str::to_lowercase),
            vid: self.vid.as_deref().map(str::to_lowercase),
            tx: self.tx.clone(),
        })
    }
}
