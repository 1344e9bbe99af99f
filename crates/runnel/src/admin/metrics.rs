//! What the program counts, for Prometheus, and whether it is alive, for whoever watches it.
//! Promise: gauges are read at the moment of the scrape; no label holds a visitor's data.

use super::{AdminRouter, Role};
use crate::app::App;
use crate::store::deliveries;
use crate::telemetry;
use axum::Json;
use axum::extract::State;
use metrics::gauge;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// The endpoints.
pub fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Viewer, routes!(scrape)).public(routes!(health))
}

/// Whether the parts work.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HealthView {
    /// The program's version.
    version: &'static str,
    /// Whether the journal's disk takes records.
    journal: bool,
    /// Until when reports are complete, Unix milliseconds; 0 while they have yet to catch up.
    reports_as_of_ms: u64,
}

/// Counters and gauges in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, description = "Prometheus text", body = String)))]
async fn scrape(State(app): State<Arc<App>>) -> String {
    measure(&app);
    measure_deliveries(&app).await;
    telemetry::metrics().render()
}

/// Whether the server's parts work.
#[utoipa::path(get, path = "/health", tag = "operation",
    responses((status = 200, body = HealthView)))]
async fn health(State(app): State<Arc<App>>) -> Json<HealthView> {
    Json(HealthView {
        version: env!("CARGO_PKG_VERSION"),
        journal: !app.journal.health().broken,
        reports_as_of_ms: app.facts.as_of_ms(),
    })
}

fn measure(app: &App) {
    let journal = app.journal.health();
    gauge!("runnel_journal_records_appended").set(journal.appended as f64);
    gauge!("runnel_journal_records_unsynced").set(journal.unsynced as f64);
    gauge!("runnel_journal_records_dropped").set(journal.dropped as f64);
    gauge!("runnel_journal_failed_syncs").set(journal.failed_syncs as f64);
    gauge!("runnel_journal_segments").set(journal.segments as f64);
    gauge!("runnel_journal_bytes").set(journal.bytes as f64);
    gauge!("runnel_journal_broken").set(f64::from(u8::from(journal.broken)));
    gauge!("runnel_sessions_in_memory").set(app.sessions.len() as f64);
    gauge!("runnel_reports_set_aside").set(app.facts.set_aside() as f64);
    let lag_ms = app.clock.now_ms().saturating_sub(app.facts.as_of_ms());
    gauge!("runnel_reports_lag_seconds").set(lag_ms as f64 / 1000.0);
}

/// Every destination by its key: what is owed, for how long, and how it is doing.
async fn measure_deliveries(app: &App) {
    let now_ms = app.clock.now_ms();
    for (key, (figures, stop)) in app.deliveries.figures() {
        let label = |name: &'static str| gauge!(name, "destination" => key.clone());
        label("runnel_delivery_per_second").set(figures.per_second);
        label("runnel_delivery_p99_seconds").set(figures.p99_ms.unwrap_or(0) as f64 / 1000.0);
        label("runnel_delivery_breaker_open").set(f64::from(u8::from(figures.breaker == "open")));
        label("runnel_delivery_disabled").set(f64::from(u8::from(stop.is_some())));
        label("runnel_delivery_backlog").set(0.0);
        label("runnel_delivery_backlog_age_seconds").set(0.0);
    }
    let backlog = deliveries::backlog(&app.database).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the backlog of deliveries cannot be read");
        vec![]
    });
    for owed in backlog {
        let label = |name: &'static str| gauge!(name, "destination" => owed.destination.clone());
        let age_ms = now_ms.saturating_sub(owed.oldest_ms);
        label("runnel_delivery_backlog").set(owed.count as f64);
        label("runnel_delivery_backlog_age_seconds").set(age_ms as f64 / 1000.0);
    }
}
