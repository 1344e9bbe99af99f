//! Conversions with their ledger: one with its history, and lists.
//! Promise: what stands is the sum of the entries shown; secrets in raw calls are blanked.

use super::moment;
use super::postbacks::CallView;
use super::{AdminRouter, Body, Role, Segment};
use crate::app::App;
use crate::error::Problem;
use crate::store::ledger::{
    self, CallFilter, ConversionFilter, Order, Page, Part, StoredConversion, StoredEntry,
};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use rules::entry::{Standing, Status};
use rules::ids::EntityId;
use rules::money::Micros;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Most rows in one answer.
pub(super) const MOST_ROWS: u32 = 1_000;
/// Most calls shown with one conversion.
const MOST_CALLS: u32 = 500;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Viewer, routes!(conversion)).at(Role::Analyst, routes!(list))
}

/// A conversion or custom event as it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conversion {
    /// Its ID.
    id: String,
    /// The converting hit.
    hit: String,
    /// Who converted.
    vid: String,
    /// The network's transaction.
    tx: Option<String>,
    /// The custom event's ID; none for a conversion.
    event: Option<String>,
    /// The node that converted.
    node: String,
    /// Its page.
    page: Option<String>,
    /// `lander` or `offer`.
    page_kind: String,
    /// Funnel.
    funnel: String,
    /// Traffic source.
    source: String,
    /// Offer source.
    offer_source: Option<String>,
    #[serde(flatten)]
    standing: StandingView,
    /// When the hit was made, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    hit_at: Timestamp,
    /// When it was first booked, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    first_at: Timestamp,
    /// When it changed last, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
}

/// How a conversion stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StandingView {
    /// Its status; none before it existed.
    status: Option<Status>,
    /// Revenue that counts.
    revenue: Micros,
    /// What a pending one is expected to earn.
    expected: Micros,
    /// Cost that it caused.
    cost: Micros,
}

/// One change of a conversion.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EntryView {
    /// Its number in the ledger.
    number: i64,
    /// When it takes effect, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// When it was booked, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    booked_at: Timestamp,
    /// The way it came.
    via: String,
    /// Who: an address, a user or a key.
    actor: String,
    /// The bulk operation it is part of.
    operation: Option<String>,
    /// Standing before.
    before: StandingView,
    /// Standing after.
    after: StandingView,
    /// The amount named, where it was in another currency.
    original: Option<OriginalView>,
    /// Whether the traffic source is told: `none`, `once` or `all`.
    notify: String,
    /// The call that caused it.
    call: String,
}

/// An amount in another currency.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OriginalView {
    /// As named.
    amount: Micros,
    /// ISO 4217.
    currency: String,
    /// What one unit was worth in the account's currency.
    rate: Micros,
}

/// A conversion with everything that happened to it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConversionHistory {
    #[serde(flatten)]
    conversion: Conversion,
    /// All changes, oldest first.
    entries: Vec<EntryView>,
    /// All calls that meant it, oldest first, also those that changed nothing.
    calls: Vec<CallView>,
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
    let about = CallFilter { conversion: Some(id.to_string()), ..CallFilter::default() };
    let part = Part { limit: MOST_CALLS, offset: 0 };
    let calls = ledger::calls(&app.database, &about, part, Order::OldestFirst).await?;
    let secrets = super::postbacks::Secrets::of(&app.snapshot.load());
    Ok(Json(ConversionHistory {
        conversion: found.into(),
        entries: entries.into_iter().map(EntryView::from).collect(),
        calls: calls.rows.into_iter().map(|call| CallView::of(call, &secrets)).collect(),
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
            limit: 100,
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

/// The part of a list that was asked for.
pub(super) fn part(limit: u32, offset: u64) -> Result<Part, Problem> {
    if !(1..=MOST_ROWS).contains(&limit) {
        return Err(Problem::fault("limit", "must lie between 1 and 1000"));
    }
    if i64::try_from(offset).is_err() {
        return Err(Problem::fault("offset", "is too large"));
    }
    Ok(Part { limit, offset })
}

/// `at_ms` (Unix milliseconds) as the API shows it.
pub(super) fn at(at_ms: u64) -> Timestamp {
    moment::shown(i64::try_from(at_ms).unwrap_or(i64::MAX))
}

pub(super) fn texts(ids: &[EntityId]) -> Vec<String> {
    ids.iter().map(EntityId::to_string).collect()
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

pub(super) fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl From<StoredConversion> for Conversion {
    fn from(stored: StoredConversion) -> Self {
        Self {
            id: stored.id,
            hit: stored.hit,
            vid: stored.vid,
            tx: given(stored.tx),
            event: given(stored.event),
            node: stored.node,
            page: given(stored.page),
            page_kind: stored.page_kind,
            funnel: stored.funnel,
            source: stored.source,
            offer_source: given(stored.offer_source),
            standing: stored.standing.into(),
            hit_at: at(stored.hit_at_ms),
            first_at: at(stored.first_at_ms),
            changed_at: at(stored.changed_at_ms),
        }
    }
}

impl From<Standing> for StandingView {
    fn from(standing: Standing) -> Self {
        let Standing { status, revenue, expected, cost } = standing;
        Self { status, revenue, expected, cost }
    }
}

impl From<StoredEntry> for EntryView {
    fn from(stored: StoredEntry) -> Self {
        let original = OriginalView {
            amount: stored.original_amount,
            currency: stored.original_currency,
            rate: stored.rate,
        };
        Self {
            number: stored.seq,
            at: at(stored.at_ms),
            booked_at: at(stored.booked_at_ms),
            via: stored.via,
            actor: stored.actor,
            operation: given(stored.operation),
            before: stored.before.into(),
            after: stored.after.into(),
            original: Some(original).filter(|original| !original.currency.is_empty()),
            notify: stored.notify,
            call: stored.call,
        }
    }
}
