//! The caller's own log-ins: list and end them.

use super::me;
use crate::admin::moment::shown;
use crate::admin::{AdminRouter, Caller, Role, Segment};
use crate::app::App;
use crate::error::Problem;
use crate::store::audit;
use crate::store::people::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rules::ids::EntityId;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Viewer, routes!(list, end_others)).at(Role::Viewer, routes!(end))
}

/// Log-ins, last used first.
#[derive(Serialize, ToSchema)]
struct LogIns {
    items: Vec<Shown>,
}

/// One log-in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LoginSession)]
struct Shown {
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    used_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Address of the log-in.
    address: String,
    /// Browser of the log-in.
    agent: String,
}

/// Lists the caller's log-ins.
#[utoipa::path(get, path = "/me/sessions",
    responses((status = 200, description = "Last used first.", body = LogIns)))]
async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<LogIns>, Problem> {
    let user = me::own(&app, &caller).await?;
    let found = sessions::list(&app.database, &user.id, app.clock.now_ms()).await?;
    let items = found.into_iter().map(|session| Shown {
        current: caller.session.as_deref() == Some(&session.id),
        created_at: shown(session.created_ms),
        used_at: shown(session.used_ms),
        expires_at: shown(session.expires_ms),
        id: session.id,
        address: session.address,
        agent: session.agent,
    });
    Ok(Json(LogIns { items: items.collect() }))
}

/// Ends one of the caller's log-ins.
#[utoipa::path(delete, path = "/me/sessions/{id}", params(("id" = EntityId, Path)),
    responses((status = 204, description = "Ended.")))]
async fn end(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
) -> Result<StatusCode, Problem> {
    let user = me::own(&app, &caller).await?;
    let mut transaction = app.database.begin_write().await?;
    if !sessions::end(&mut transaction, &user.id, id.as_str()).await? {
        return Err(Problem::not_found("session"));
    }
    audit::record(&mut transaction, &caller, "end", "sessions", id.as_str(), None, None).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of the caller's log-ins except the one that asks.
#[utoipa::path(delete, path = "/me/sessions", responses((status = 204, description = "Ended.")))]
async fn end_others(State(app): State<Arc<App>>, caller: Caller) -> Result<StatusCode, Problem> {
    let user = me::own(&app, &caller).await?;
    let mut transaction = app.database.begin_write().await?;
    sessions::end_all(&mut transaction, &user.id, caller.session.as_deref()).await?;
    audit::record(&mut transaction, &caller, "end-others", "sessions", &user.id, None, None)
        .await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
