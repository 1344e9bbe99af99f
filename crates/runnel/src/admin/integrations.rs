//! Tries the settings of a traffic source's ad platform with a made-up conversion.
//! Promise: nothing is recorded as a conversion, here or there, and no secret is in the answer.

use super::{AdminRouter, Role, Segment};
use crate::app::App;
use crate::deliver::Verdict;
use crate::deliver::integrations::trial;
use crate::error::Problem;
use axum::Json;
use axum::extract::State;
use rules::ids::EntityId;
use rules::owed::Destination;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// The endpoint.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Editor, routes!(try_integration))
}

/// What came of trying an ad platform's settings.
#[derive(Debug, Serialize, ToSchema)]
struct TriedIntegration {
    /// Whether the platform accepts them.
    ok: bool,
    /// What the platform says, in words.
    says: String,
    /// The status of its answer; none if none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The begin of its answer.
    #[serde(skip_serializing_if = "String::is_empty")]
    answer: String,
}

/// Tries the settings of a traffic source's ad platform: a call with a made-up conversion that the
/// platform does not count.
#[utoipa::path(
    post, path = "/traffic-sources/{id}/integration/test", tag = "traffic sources",
    params(("id" = EntityId, Path)),
    responses((status = 200, body = TriedIntegration), (status = 404, body = Problem))
)]
async fn try_integration(
    State(app): State<Arc<App>>,
    Segment(id): Segment<EntityId>,
) -> Result<Json<TriedIntegration>, Problem> {
    let key = Destination::Integration(id).to_string();
    let tried = app.deliveries.test(&key).await;
    let (called, verdict) = tried.ok_or_else(|| Problem::not_found("integration"))?;
    let (ok, says) = match (&called, &verdict) {
        (None, Verdict::Refused { .. }) => (false, trial::NEEDS_TEST_CODE.into()),
        _ => trial::in_words(&verdict),
    };
    let called = called.unwrap_or_default();
    let status = Some(called.status).filter(|status| *status > 0);
    Ok(Json(TriedIntegration { ok, says, status, answer: called.answer }))
}
