//! What only webhooks have: secrets that change, and a test call.

use super::wire::rfc3339;
use crate::admin::{AdminRouter, Body, Caller, Role, Segment};
use crate::app::App;
use crate::deliver::webhook::WebhookAdapter;
use crate::error::Problem;
use crate::outbound::Call;
use crate::publish::{self, Edit};
use axum::Json;
use axum::extract::State;
use rules::ids::EntityId;
use rules::notice;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::routes;

const HOUR_MS: i64 = 3_600_000;
/// Longest that earlier secrets go on signing: a week.
const MOST_HOURS: u32 = 168;
/// How long a test call waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are shown.
const SHOWN_BYTES: usize = 2 * 1024;

/// How long earlier secrets go on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Rotation {
    /// Hours for which earlier secrets still sign, 0 to 168.
    keep_hours: u32,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { keep_hours: 24 }
    }
}

/// A new secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewSecret {
    /// Its ID.
    id: EntityId,
    /// The secret, in this answer only.
    secret: String,
    /// Until when earlier secrets still sign.
    #[schema(format = DateTime)]
    earlier_until: String,
}

/// Make a new secret; earlier ones go on signing for a time
#[utoipa::path(post, path = "/webhooks/{id}/rotate-secret", params(("id" = EntityId, Path)),
    request_body = Option<Rotation>, responses((status = 201, body = NewSecret)))]
async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
    body: Option<Body<Rotation>>,
) -> Result<(axum::http::StatusCode, Json<NewSecret>), Problem> {
    let Rotation { keep_hours } = body.map(|Body(rotation)| rotation).unwrap_or_default();
    if keep_hours > MOST_HOURS {
        return Err(Problem::fault("keepHours", "must lie between 0 and 168"));
    }
    let keep_ms = i64::from(keep_hours) * HOUR_MS;
    let new = publish::rotate(Edit::begin(&app, &caller).await, id, keep_ms).await?;
    let earlier_until = rfc3339(new.created_ms + keep_ms);
    let shown = NewSecret { id: new.id, secret: new.plain, earlier_until };
    Ok((axum::http::StatusCode::CREATED, Json(shown)))
}

/// A secret without itself.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SecretView {
    /// Its ID.
    id: EntityId,
    /// Its last four characters.
    hint: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when it signs; for ever if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Secrets {
    /// Those in force, newest first: every call carries a signature of each.
    items: Vec<SecretView>,
}

/// List the secrets in force, without their text
#[utoipa::path(get, path = "/webhooks/{id}/secrets", params(("id" = EntityId, Path)),
    responses((status = 200, body = Secrets)))]
async fn secrets(
    State(app): State<Arc<App>>,
    Segment(id): Segment<EntityId>,
) -> Result<Json<Secrets>, Problem> {
    let picture = app.snapshot.load_full();
    if !picture.holds(&picture.webhooks, id) {
        return Err(Problem::not_found("webhook"));
    }
    let items = picture.secrets_of(id, app.clock.now_ms() as i64).map(|secret| SecretView {
        id: secret.id,
        hint: secret.plain[secret.plain.len().saturating_sub(4)..].to_owned(),
        created_at: rfc3339(secret.created_ms),
        until: (secret.until_ms > 0).then(|| rfc3339(secret.until_ms)),
    });
    Ok(Json(Secrets { items: items.collect() }))
}

/// What came of a test call.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Pinged {
    /// Whether the webhook answered with a status of success.
    delivered: bool,
    /// Its status.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// How long the answer took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
    /// The first 2 kB of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// Why there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Call the webhook now with a signed `test.ping`
#[utoipa::path(post, path = "/webhooks/{id}/ping", params(("id" = EntityId, Path)),
    responses((status = 200, body = Pinged)))]
async fn ping(
    State(app): State<Arc<App>>,
    Segment(id): Segment<EntityId>,
) -> Result<Json<Pinged>, Problem> {
    let (picture, now_ms) = (app.snapshot.load_full(), app.clock.now_ms());
    let adapter = WebhookAdapter::of(&picture, id);
    let adapter = adapter.ok_or_else(|| Problem::not_found("webhook"))?;
    let prepared =
        adapter.call(&app.clock.entity_id().to_string(), notice::test_body(now_ms), now_ms);
    let answered = app.outbound.call(Call {
        method: prepared.method,
        url: prepared.url,
        headers: prepared.headers,
        body: prepared.body,
        timeout: PATIENCE,
        answer_bytes_max: SHOWN_BYTES,
    });
    Ok(Json(match answered.await {
        Ok(answer) => Pinged {
            delivered: answer.status.is_success(),
            status: Some(answer.status.as_u16()),
            took_ms: Some(answer.took.as_millis() as u64),
            answer: Some(String::from_utf8_lossy(&answer.body).into_owned()),
            error: None,
        },
        Err(failed) => Pinged {
            delivered: false,
            status: None,
            took_ms: None,
            answer: None,
            error: Some(failed.to_string()),
        },
    }))
}

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Editor, routes!(rotate))
        .at(Role::Editor, routes!(secrets))
        .at(Role::Editor, routes!(ping))
}
