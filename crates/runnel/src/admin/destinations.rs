//! Whom deliveries go to: how each is doing, stopped, called again, tried.
//! Promise: figures say over what they were taken; trying a destination books and logs nothing.

use super::conversions::{at, given};
use super::deliveries::CalledView;
use super::{AdminRouter, Caller, Role, Segment};
use crate::app::App;
use crate::deliver::{Figures, Verdict, destination};
use crate::error::Problem;
use crate::store::audit;
use crate::store::deliveries::{self, Backlog, Stop};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Analyst, routes!(list))
        .at(Role::Editor, routes!(enable))
        .at(Role::Editor, routes!(disable))
        .at(Role::Editor, routes!(test))
}

/// A destination and how it is doing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DestinationView {
    /// Its key, such as `source:{id}:conversion`.
    key: String,
    /// Name people see; none once nobody configures it any more.
    name: Option<String>,
    /// Deliveries in a second, over the last minute.
    per_second: f64,
    /// 99 of 100 of the latest calls (up to 1,024) took no longer, in milliseconds; none without calls.
    p99_ms: Option<u64>,
    /// Deliveries that arrived since the program started.
    delivered: u64,
    /// Calls under way.
    under_way: u64,
    /// Why the last failure.
    last_error: Option<String>,
    /// When that was, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_error_at: Option<Timestamp>,
    /// `closed`, `open` (it is being spared) or `half-open` (one call decides).
    breaker: String,
    /// How many deliveries are owed.
    backlog: u64,
    /// For how long the oldest of them has been owed, in seconds.
    backlog_age_seconds: u64,
    /// Why it is not called; none while it is.
    disabled: Option<DisabledView>,
}

/// Why a destination is not called.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DisabledView {
    /// For people.
    reason: String,
    /// Since when, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who asked for it; none for the destination itself.
    by: Option<String>,
}

/// All destinations.
#[derive(Serialize, ToSchema)]
struct DestinationList {
    /// In the order of their keys.
    rows: Vec<DestinationView>,
}

/// Lists all destinations that are configured or still owed something, and how each is doing.
#[utoipa::path(
    get, path = "/destinations", tag = "deliveries",
    responses((status = 200, body = DestinationList))
)]
async fn list(State(app): State<Arc<App>>) -> Result<Json<DestinationList>, Problem> {
    let backlog = deliveries::backlog(&app.database).await?;
    Ok(Json(DestinationList { rows: views(&app, backlog) }))
}

fn views(app: &App, backlog: Vec<Backlog>) -> Vec<DestinationView> {
    let snapshot = app.snapshot.load_full();
    let mut figures = app.deliveries.figures();
    let mut backlog: BTreeMap<_, _> =
        backlog.into_iter().map(|one| (one.destination.clone(), one)).collect();
    let configured = destination::configured(&snapshot);
    let owing = backlog.keys().chain(figures.keys()).cloned();
    let keys: BTreeSet<String> = configured.into_iter().chain(owing).collect();
    let now_ms = app.clock.now_ms();
    let view = |key: String| {
        let (figures, stop) = figures.remove(&key).unwrap_or_default();
        let name = destination::target(&key, &snapshot).map(|target| target.name);
        let owed = backlog.remove(&key);
        view(key, name, figures, stop, owed, now_ms)
    };
    keys.into_iter().map(view).collect()
}

fn view(
    key: String,
    name: Option<String>,
    figures: Figures,
    stop: Option<Stop>,
    owed: Option<Backlog>,
    now_ms: u64,
) -> DestinationView {
    let breaker = if figures.breaker.is_empty() { "closed" } else { figures.breaker };
    let oldest_ms = owed.as_ref().map_or(now_ms, |owed| owed.oldest_ms);
    DestinationView {
        key,
        name,
        per_second: figures.per_second,
        p99_ms: figures.p99_ms,
        delivered: figures.delivered,
        under_way: figures.under_way as u64,
        last_error: figures.last_error.as_ref().map(|(_, reason)| reason.clone()),
        last_error_at: figures.last_error.map(|(at_ms, _)| at(at_ms)),
        breaker: breaker.to_owned(),
        backlog: owed.map_or(0, |owed| owed.count),
        backlog_age_seconds: now_ms.saturating_sub(oldest_ms) / 1000,
        disabled: stop.map(|stop| DisabledView {
            reason: stop.reason,
            at: at(stop.at_ms),
            by: given(stop.actor),
        }),
    }
}

/// Calls a destination again that was disabled, by itself or by a person.
#[utoipa::path(
    post, path = "/destinations/{key}/enable", tag = "deliveries", params(("key" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
async fn enable(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(key): Segment<String>,
) -> Result<axum::http::StatusCode, Problem> {
    known(&app, &key)?;
    app.deliveries.enable(&key).await?;
    audited(&app, &caller, "enable", "destinations", &key, &Value::Null).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// Calls a destination no more until it is enabled; what is owed to it stays owed.
#[utoipa::path(
    post, path = "/destinations/{key}/disable", tag = "deliveries", params(("key" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
async fn disable(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(key): Segment<String>,
) -> Result<axum::http::StatusCode, Problem> {
    known(&app, &key)?;
    app.deliveries.disable(&key, &caller.name).await;
    audited(&app, &caller, "disable", "destinations", &key, &Value::Null).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// What a try came to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DestinationTried {
    /// Whether the destination took it.
    taken: bool,
    /// Why not.
    reason: Option<String>,
    /// The call; none where none could be made.
    call: Option<CalledView>,
}

/// Tries a destination's settings with a made-up conversion whose fields all say `test`.
#[utoipa::path(
    post, path = "/destinations/{key}/test", tag = "deliveries", params(("key" = String, Path)),
    responses((status = 200, body = DestinationTried), (status = 404, body = Problem))
)]
async fn test(
    State(app): State<Arc<App>>,
    Segment(key): Segment<String>,
) -> Result<Json<DestinationTried>, Problem> {
    let tried = app.deliveries.test(&key).await;
    let (called, verdict) = tried.ok_or_else(|| Problem::not_found("destination"))?;
    let call = called.map(|called| CalledView {
        method: called.method,
        url: called.url,
        headers: called.headers,
        body: called.body,
        status: Some(called.status).filter(|status| *status != 0),
        took_ms: called.took_ms,
        answer: called.answer,
        error: given(called.error),
    });
    Ok(Json(DestinationTried { taken: verdict == Verdict::Delivered, reason: why(verdict), call }))
}

fn why(verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Delivered => None,
        Verdict::TooLate { reason }
        | Verdict::Refused { reason }
        | Verdict::Disable { reason }
        | Verdict::Again { reason, .. } => Some(reason),
        Verdict::TokenExpired => Some("the access token is refused".into()),
        Verdict::Split => Some("refused for a reason not given".into()),
    }
}

/// A destination that is configured, or was once called.
fn known(app: &App, key: &str) -> Result<(), Problem> {
    let snapshot = app.snapshot.load();
    let known =
        destination::target(key, &snapshot).is_some() || app.deliveries.figures().contains_key(key);
    if known { Ok(()) } else { Err(Problem::not_found("destination")) }
}

/// Notes in the audit log who did what.
pub(super) async fn audited(
    app: &App,
    caller: &Caller,
    action: &str,
    kind: &str,
    id: &str,
    what: &Value,
) -> Result<(), Problem> {
    let mut transaction = app.database.begin_write().await?;
    let what = if what.is_null() { json!({}) } else { what.clone() };
    audit::record(&mut transaction, caller, action, kind, id, None, Some(&what)).await?;
    Ok(transaction.commit().await?)
}
