//! `POST /installation-check`: says whether the universal tag on a page works, and if not, why.

use super::{AdminRouter, Body, Role};
use crate::app::App;
use crate::error::Problem;
use crate::installation::{self, Checked};
use crate::links::Base;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Editor, routes!(installation_check))
}

/// Which page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PageToCheck {
    /// Its address, `http` or `https`.
    url: String,
}

/// Checks the universal tag on a page
#[utoipa::path(post, path = "/installation-check", request_body = PageToCheck,
    responses((status = 200, body = Checked)))]
async fn installation_check(
    State(app): State<Arc<App>>,
    Body(wanted): Body<PageToCheck>,
) -> Result<Json<Checked>, Problem> {
    let url: Url = wanted.url.trim().parse().map_err(|_| Problem::fault("url", "is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Problem::fault("url", "must begin with http:// or https://"));
    }
    let snapshot = app.snapshot.load_full();
    let bases = Base::all(&snapshot, app.config.track);
    Ok(Json(installation::check(&app.outbound, &snapshot, &bases, url).await))
}
