//! Any hit and any visitor, looked up: what happened, why this route, what it earned.
//! Promise: answers from the journal at any age; the route is decided again and compared.

use super::{AdminRouter, Role, Segment};
use crate::app::App;
use crate::error::Problem;
use crate::store::ledger;
use axum::Json;
use axum::extract::State;
use rules::entry::Status;
use rules::facts::Facts;
use rules::funnel::{Explanation, explain};
use rules::ids::{EntityId, HitId, Vid};
use rules::money::Micros;
use rules::record::{PassedKind, Record, RequestKind, Taken, by_name};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Most requests of a visitor in one answer.
const MOST_REQUESTS: usize = 200;

/// The endpoints.
pub fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Analyst, routes!(hit)).at(Role::Analyst, routes!(visitor))
}

/// A hit with the request that made it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HitView {
    /// The hit.
    hit: String,
    /// Its place within the request.
    index: usize,
    /// The request that made it, with all its hits.
    request: RequestView,
    /// Why the route went so; none if its plan cannot be found.
    route: Option<Explanation>,
    /// Conversions and events of this hit.
    conversions: Vec<ConversionView>,
}

/// One tracked request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RequestView {
    /// `entrance`, `action`, `view` or `touch`.
    kind: &'static str,
    /// When, RFC 3339.
    at: String,
    /// Who.
    vid: String,
    /// Whether the visitor was new.
    new_visitor: bool,
    /// First hit of the visit.
    visit: String,
    /// Funnel.
    funnel: EntityId,
    /// Traffic source.
    source: EntityId,
    /// Content hash of the plan that decided.
    plan: String,
    /// The chance handed to routing.
    seed: String,
    /// The action taken.
    action: Option<ActionView>,
    /// The nodes passed.
    steps: Vec<StepView>,
    /// Tracking fields.
    fields: BTreeMap<String, String>,
    /// Parameters that went to the session's buffer.
    buffer: BTreeMap<String, String>,
    /// Cost of the visit's entrance.
    cost: Micros,
    /// Sender of the entrance.
    #[schema(value_type = Object)]
    facts: Facts,
    /// Tracking domain.
    domain: String,
    /// Referrer of the entrance.
    referrer: String,
    /// User agent, on an entrance.
    user_agent: String,
    /// Visitor tags after the request.
    tags: Vec<EntityId>,
}

/// A node passed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StepView {
    /// The hit.
    hit: String,
    /// Its node.
    node: EntityId,
    /// The node's kind.
    kind: PassedKind,
    /// The page shown.
    page: Option<EntityId>,
    /// First hit of this node in the session.
    unique: bool,
}

/// An action taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ActionView {
    /// Its number.
    number: u8,
    /// The hit of the page that was left.
    from: String,
    /// The connection followed.
    connection: EntityId,
}

/// A conversion or event, in short.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConversionView {
    /// Its ID.
    id: EntityId,
    /// The hit converted.
    hit: String,
    /// The custom event; none for a conversion.
    event: Option<EntityId>,
    /// Transaction.
    tx: String,
    /// Status.
    status: Status,
    /// Revenue that counts.
    revenue: Micros,
}

/// A visitor's journey.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VisitorView {
    /// Who.
    vid: String,
    /// The latest activity, RFC 3339; none if nothing is known.
    last_activity: Option<String>,
    /// Whether the session still lasts.
    session_lasts: bool,
    /// What the session's buffer holds.
    buffer: BTreeMap<String, String>,
    /// Visitor tags.
    tags: Vec<EntityId>,
    /// Requests, newest first.
    requests: Vec<RequestView>,
    /// Conversions and events, newest first.
    conversions: Vec<ConversionView>,
}

/// A hit at any age, with its request, its conversions, and why the route went so.
#[utoipa::path(get, path = "/explorer/hit/{hit}", tag = "explorer",
    params(("hit" = String, Path, description = "Hit ID")),
    responses((status = 200, body = HitView), (status = 404, body = Problem)))]
async fn hit(
    State(app): State<Arc<App>>,
    Segment(hit): Segment<String>,
) -> Result<Json<HitView>, Problem> {
    let hit = HitId::parse(&hit, &app.keys).map_err(|_| Problem::not_found("hit"))?;
    let record = app.record_of(hit).ok_or_else(|| Problem::not_found("hit"))?;
    let plan = app.plan(record.plan).await;
    let conversions = ledger::conversions_of_hit(&app.database, hit).await?;
    Ok(Json(HitView {
        hit: hit.to_string(),
        index: hit.index(),
        route: plan.map(|plan| explain(&plan, &record)),
        request: request_view(&record)?,
        conversions: conversions.into_iter().map(ConversionView::from).collect(),
    }))
}

/// A visitor's session, requests and conversions.
#[utoipa::path(get, path = "/explorer/visitor/{vid}", tag = "explorer",
    params(("vid" = String, Path, description = "Visitor ID")),
    responses((status = 200, body = VisitorView), (status = 404, body = Problem)))]
async fn visitor(
    State(app): State<Arc<App>>,
    Segment(vid): Segment<String>,
) -> Result<Json<VisitorView>, Problem> {
    let vid = Vid::parse(&vid, &app.keys).map_err(|_| Problem::not_found("visitor"))?;
    let session = app.sessions.of(vid);
    let lasts = session.lasts(app.clock.now_ms(), app.session_ttl_ms());
    let conversions = ledger::conversions_of_visitor(&app.database, vid).await?;
    let known = session.last_request.is_some();
    let last_activity = known.then(|| rfc3339(session.last_at_ms)).transpose()?;
    let requests = journey(&app, session.last_request);
    Ok(Json(VisitorView {
        vid: vid.to_string(),
        last_activity,
        session_lasts: lasts,
        requests: requests.iter().map(|record| request_view(record)).collect::<Result<_, _>>()?,
        buffer: by_name(&session.buffer),
        tags: session.tags,
        conversions: conversions.into_iter().map(ConversionView::from).collect(),
    }))
}

/// Follows the links from one request to the one before.
fn journey(app: &App, last: Option<HitId>) -> Vec<Arc<Record>> {
    let first = last.and_then(|hit| app.record_of(hit));
    let earlier = |record: &Arc<Record>| record.previous.and_then(|hit| app.record_of(hit));
    std::iter::successors(first, earlier).take(MOST_REQUESTS).collect()
}

fn request_view(record: &Record) -> Result<RequestView, Problem> {
    let steps = record.hits().map(|(hit, step)| StepView {
        hit: hit.to_string(),
        node: step.node,
        kind: step.kind,
        page: step.page,
        unique: step.first,
    });
    Ok(RequestView {
        kind: kind(record.kind),
        at: rfc3339(record.request.at_ms())?,
        vid: record.vid.to_string(),
        new_visitor: record.new_visitor,
        visit: record.visit.to_string(),
        funnel: record.funnel,
        source: record.source,
        plan: format!("{:016x}", record.plan.0),
        seed: record.seed.to_string(),
        action: record.action.as_ref().map(ActionView::from),
        steps: steps.collect(),
        fields: record.fields.iter().map(|(f, v)| (f.key().to_owned(), v.to_string())).collect(),
        buffer: by_name(&record.buffer),
        cost: record.visit_cost,
        facts: record.facts.as_ref().clone(),
        domain: record.domain.to_string(),
        referrer: record.referrer.to_string(),
        user_agent: record.user_agent.clone(),
        tags: record.tags.clone(),
    })
}

impl From<&Taken> for ActionView {
    fn from(taken: &Taken) -> Self {
        let Taken { number, connection, .. } = *taken;
        Self { number, from: taken.from.to_string(), connection }
    }
}

impl From<ledger::Brief> for ConversionView {
    fn from(brief: ledger::Brief) -> Self {
        let ledger::Brief { id, hit, event, tx, status, revenue } = brief;
        Self { id, hit, event, tx, status, revenue }
    }
}

fn kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Entrance => "entrance",
        RequestKind::Action => "action",
        RequestKind::View => "view",
        RequestKind::Touch => "touch",
    }
}

fn rfc3339(at_ms: u64) -> Result<String, Problem> {
    let at = jiff::Timestamp::from_millisecond(at_ms as i64).map_err(Problem::internal)?;
    Ok(at.to_string())
}
