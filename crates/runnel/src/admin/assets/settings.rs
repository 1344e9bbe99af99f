//! `GET|PUT /settings`: one document per account.

use super::wire::rfc3339;
use crate::admin::extract::from_json;
use crate::admin::{AdminRouter, Body, Caller, Role};
use crate::app::App;
use crate::error::{Fault, Problem};
use crate::publish::{Edit, update_settings};
use crate::store::catalog;
use axum::Json;
use axum::extract::State;
use rules::assets::Settings;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// The settings as they stand.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SettingsAnswer {
    /// Counts saves; 0 before the first.
    version: i64,
    /// When they were last saved; none before the first save.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    updated_at: Option<String>,
    /// The settings.
    #[serde(flatten)]
    settings: Settings,
    /// After a save: what may not be as meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// New settings; what is left out gets its default.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes the body
struct SettingsRevision {
    /// The version that they were based on; a stale one gets 409.
    version: i64,
    #[serde(flatten)]
    settings: Settings,
}

/// Read the settings
#[utoipa::path(get, path = "/settings", responses((status = 200, body = SettingsAnswer)))]
async fn read(State(app): State<Arc<App>>) -> Result<Json<SettingsAnswer>, Problem> {
    let row = catalog::load_settings(&app.database).await?;
    let settings = match &row {
        Some(row) => serde_json::from_str(&row.body).map_err(Problem::internal)?,
        None => Settings::default(),
    };
    Ok(Json(SettingsAnswer {
        version: row.as_ref().map_or(0, |row| row.version),
        updated_at: row.map(|row| rfc3339(row.updated_ms)),
        settings,
        warnings: Vec::new(),
    }))
}

/// Replace the settings, naming the version they were based on
#[utoipa::path(put, path = "/settings", request_body = SettingsRevision,
    responses((status = 200, body = SettingsAnswer)))]
async fn replace(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(mut body): Body<Map<String, Value>>,
) -> Result<Json<SettingsAnswer>, Problem> {
    let version = body.remove("version").and_then(|version| version.as_i64());
    let needed = || Problem::fault("version", "is needed: the version that this was based on");
    let version = version.ok_or_else(needed)?;
    for told in ["updatedAt", "warnings"] {
        body.remove(told);
    }
    let settings: Settings = from_json(Value::Object(body).to_string().as_bytes())?;
    let edit = Edit::begin(&app, &caller).await;
    let now_ms = app.clock.now_ms() as i64;
    let (version, warnings) = update_settings(edit, version, settings.clone()).await?;
    let updated_at = Some(rfc3339(now_ms));
    Ok(Json(SettingsAnswer { version, updated_at, settings, warnings }))
}

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Viewer, routes!(read)).at(Role::Admin, routes!(replace))
}
