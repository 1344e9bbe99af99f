//! The API under `/api/v1`: a file per resource, each with its handlers and wire types together.
//! Promise: an endpoint cannot exist without a role and a description ([`AdminRouter`] offers no
//! other way in), and every error is problem+json.

pub mod assets;
pub mod authenticate;
mod bulk;
pub mod client;
mod conversions;
mod costs;
mod deliveries;
mod destinations;
mod document;
mod explorer;
pub mod extract;
mod installation;
mod integrations;
mod metrics;
pub mod moment;
pub mod people;
mod postbacks;
mod reports;
pub mod router;
mod snippets;
mod status_words;
mod updates;
mod wanted;

pub use crate::store::people::{Caller, Role, Via};
pub use extract::{Body, Parameters, Segment};
pub use router::AdminRouter;

use crate::app::App;
use crate::error::Problem;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::{any, get};
use std::sync::Arc;

/// Where the API begins.
pub const BASE: &str = "/api/v1";

/// Every resource. A new one is merged here and nowhere else.
fn resources() -> AdminRouter {
    AdminRouter::new()
        .merge(assets::routes())
        .merge(explorer::routes())
        .merge(integrations::routes())
        .merge(metrics::routes())
        .merge(reports::routes())
        .merge(conversions::routes())
        .merge(postbacks::routes())
        .merge(status_words::routes())
        .merge(updates::routes())
        .merge(costs::routes())
        .merge(deliveries::routes())
        .merge(destinations::routes())
        .merge(snippets::routes())
        .merge(installation::routes())
        .merge(people::routes())
}

/// The OpenAPI 3.1 document of all resources, as it is served and kept in the repository.
pub fn openapi_json() -> String {
    document::as_json(&resources().document())
}

/// Names that two different types in the document share: one would describe the other.
pub fn schema_clashes() -> Vec<String> {
    resources().schema_clashes()
}

/// All of `/api`, with authentication, limits and the document at `/api/openapi.json`.
pub fn router(app: Arc<App>) -> axum::Router {
    let (resources, document) = resources().finish(Arc::clone(&app));
    let document = document::as_json(&document);
    let serve_document = move || std::future::ready(document_response(document.clone()));
    axum::Router::new()
        .nest(BASE, resources)
        .route("/api/openapi.json", get(serve_document))
        .route("/api/{*rest}", any(async || Problem::not_found("endpoint")))
        .layer(DefaultBodyLimit::max(app.config.api_body_bytes))
        .layer(axum::middleware::map_response(never_stored))
}

fn document_response(document: String) -> impl axum::response::IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document)
}

/// Answers hold figures and personal data: no cache may keep them, no browser may guess their type.
async fn never_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
