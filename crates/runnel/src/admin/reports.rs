//! `/reports/…`: drill-down, raw hits, custom events, and their export.

use super::{AdminRouter, Body, Parameters, Role};
use crate::app::App;
use crate::error::Problem;
use crate::report::query::Drilldown;
use crate::report::{self, Answer, Events, ExportParameters, Hits, LogQuery, make};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::routes;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Viewer, routes!(drilldown))
        .at(Role::Analyst, routes!(export))
        .at(Role::Analyst, routes!(hits))
        .at(Role::Analyst, routes!(events))
}

/// The longest that a report may take.
pub(super) fn longest(app: &App) -> Duration {
    Duration::from_secs(app.config.report_seconds)
}

/// Groups visits, conversions and money by up to ten dimensions.
#[utoipa::path(
    post, path = "/reports/drilldown", tag = "reports", request_body = Drilldown,
    responses(
        (status = 200, body = Answer),
        (status = 400, body = Problem, description = "A field cannot be taken; it is named"),
        (status = 503, body = Problem, description = "Reports are off, or this one took too long"),
    )
)]
async fn drilldown(
    State(app): State<Arc<App>>,
    Body(query): Body<Drilldown>,
) -> Result<Json<Answer>, Problem> {
    make(&app.facts, app.snapshot.load_full(), &query, longest(&app)).await.map(Json)
}

/// A drill-down as a CSV, JSON or Parquet file: one line per combination, without paging.
#[utoipa::path(
    post, path = "/reports/drilldown/export", tag = "reports", params(ExportParameters),
    request_body = Drilldown,
    responses(
        (status = 200, description = "The file", content_type = "text/csv", body = String),
        (status = 400, body = Problem, description = "A field cannot be taken; it is named"),
        (status = 503, body = Problem, description = "Reports are off, or this one took too long"),
    )
)]
async fn export(
    State(app): State<Arc<App>>,
    Parameters(parameters): Parameters<ExportParameters>,
    Body(query): Body<Drilldown>,
) -> Result<Response, Problem> {
    let snapshot = app.snapshot.load_full();
    report::export(&app.facts, snapshot, query, parameters.format, longest(&app)).await
}

/// Lists raw hits, newest first.
#[utoipa::path(
    post, path = "/reports/hits", tag = "reports", request_body = LogQuery,
    responses(
        (status = 200, body = Hits),
        (status = 400, body = Problem, description = "A field cannot be taken; it is named"),
        (status = 503, body = Problem, description = "Reports are off, or this one took too long"),
    )
)]
async fn hits(
    State(app): State<Arc<App>>,
    Body(query): Body<LogQuery>,
) -> Result<Json<Hits>, Problem> {
    report::hits(&app, &query).await.map(Json)
}

/// Lists changes of custom events, newest first.
#[utoipa::path(
    post, path = "/reports/events", tag = "reports", request_body = LogQuery,
    responses(
        (status = 200, body = Events),
        (status = 400, body = Problem, description = "A field cannot be taken; it is named"),
        (status = 503, body = Problem, description = "Reports are off, or this one took too long"),
    )
)]
async fn events(
    State(app): State<Arc<App>>,
    Body(query): Body<LogQuery>,
) -> Result<Json<Events>, Problem> {
    report::events(&app, &query).await.map(Json)
}
