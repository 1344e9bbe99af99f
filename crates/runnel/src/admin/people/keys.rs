//! API keys: list, make, revoke.
//! Promise: the key itself is in one answer only; nobody makes or revokes a key above their own role.

use super::accounts::{check_name, reach};
use crate::access::Hidden;
use crate::admin::moment::shown;
use crate::admin::{AdminRouter, Body, Caller, Role, Segment};
use crate::app::App;
use crate::clock::Clock;
use crate::error::Problem;
use crate::store::people::keys::{self, ApiKey, NewKey};
use crate::store::{Database, audit};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Admin, routes!(list, add)).at(Role::Admin, routes!(get, revoke))
}

/// An API key, without the key itself.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
struct Shown {
    id: String,
    name: String,
    role: Role,
    /// Its last four characters.
    hint: String,
    /// ID of the user or key that made it, or `command line`.
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    /// To the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Timestamp>,
}

impl From<&ApiKey> for Shown {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id.clone(),
            name: key.name.clone(),
            role: key.role,
            hint: key.hint.clone(),
            created_by: key.created_by.clone(),
            created_at: shown(key.created_ms),
            expires_at: key.expires_ms.map(shown),
            revoked_at: key.revoked_ms.map(shown),
            used_at: key.used_ms.map(shown),
        }
    }
}

/// Keys, newest first, revoked ones too.
#[derive(Serialize, ToSchema)]
struct Keys {
    items: Vec<Shown>,
    total: usize,
}

/// Lists API keys.
#[utoipa::path(get, path = "/api-keys",
    responses((status = 200, description = "Newest first.", body = Keys)))]
async fn list(State(app): State<Arc<App>>) -> Result<Json<Keys>, Problem> {
    let items: Vec<_> = keys::list(&app.database).await?.iter().map(Shown::from).collect();
    Ok(Json(Keys { total: items.len(), items }))
}

/// Shows one API key.
#[utoipa::path(get, path = "/api-keys/{id}", params(("id" = EntityId, Path)),
    responses((status = 200, description = "The key.", body = Shown)))]
async fn get(
    State(app): State<Arc<App>>,
    Segment(id): Segment<EntityId>,
) -> Result<Json<Shown>, Problem> {
    let mut connection = app.database.pool.acquire().await?;
    let key = keys::find(&mut connection, id.as_str()).await?;
    Ok(Json(Shown::from(&key.ok_or_else(|| Problem::not_found("API key"))?)))
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub struct New {
    /// What it is for.
    #[serde(default)]
    pub name: String,
    /// Not above the caller's own.
    pub role: Role,
    /// When it stops working; never if left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// The made key.
#[derive(Serialize, ToSchema)]
#[schema(as = AddedApiKey)]
struct Added {
    #[serde(flatten)]
    about: Shown,
    /// The key itself, shown this once.
    key: Hidden,
}

/// Makes an API key. The answer is the only place that ever shows it.
#[utoipa::path(post, path = "/api-keys", request_body = New,
    responses((status = 201, description = "Made.", body = Added)))]
async fn add(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<Added>), Problem> {
    let (made, key) = create(&app.database, &app.clock, &caller, new).await?;
    Ok((StatusCode::CREATED, Json(Added { about: Shown::from(&made), key })))
}

/// Makes a key for `caller`.
/// # Errors
/// 400 for a bad name or an end in the past; 403 for a role above the caller's.
pub async fn create(
    database: &Database,
    clock: &Clock,
    caller: &Caller,
    new: New,
) -> Result<(ApiKey, Hidden), Problem> {
    check_name(&new.name)?;
    reach(caller, new.role)?;
    let expires_ms = new.expires_at.map(Timestamp::as_millisecond);
    if expires_ms.is_some_and(|end| end <= caller.at_ms as i64) {
        return Err(Problem::fault("expiresAt", "is in the past"));
    }
    let wanted = NewKey { name: &new.name, role: new.role, expires_ms };
    let mut transaction = database.begin_write().await?;
    let (key, plain) = keys::create(&mut transaction, clock, caller, wanted).await?;
    let after = audited(&key);
    audit::record(&mut transaction, caller, "create", "api-keys", &key.id, None, Some(&after))
        .await?;
    transaction.commit().await?;
    Ok((key, Hidden::new(plain)))
}

fn audited(key: &ApiKey) -> serde_json::Value {
    let time = |ms: Option<i64>| ms.map(|ms| shown(ms).to_string());
    serde_json::json!({"name": key.name, "role": key.role, "hint": key.hint,
        "expiresAt": time(key.expires_ms), "revokedAt": time(key.revoked_ms)})
}

/// Revokes an API key at once. It stays listed, so that the audit log can be read.
#[utoipa::path(delete, path = "/api-keys/{id}", params(("id" = EntityId, Path)),
    responses((status = 204, description = "Revoked.")))]
async fn revoke(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
) -> Result<StatusCode, Problem> {
    end(&app.database, &caller, id.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revokes a key for `caller`; one that is revoked already stays as it is.
/// # Errors
/// 404 if there is none; 403 for a role above the caller's.
pub async fn end(database: &Database, caller: &Caller, id: &str) -> Result<(), Problem> {
    let mut transaction = database.begin_write().await?;
    let key = keys::find(&mut transaction, id).await?;
    let key = key.ok_or_else(|| Problem::not_found("API key"))?;
    reach(caller, key.role)?;
    if key.revoked_ms.is_none() {
        keys::revoke(&mut transaction, &key.id, caller.at_ms).await?;
        let before = audited(&key);
        audit::record(&mut transaction, caller, "revoke", "api-keys", &key.id, Some(&before), None)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}
