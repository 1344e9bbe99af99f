//! Every URL on one page: tracking domains first, then the API's address.
//! Promise: what is not here does not exist.

use crate::app::App;
use crate::{admin, convert, cors, track};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use std::sync::Arc;

/// What every tracking domain answers (product.md §3).
pub fn tracking(app: Arc<App>) -> Router {
    let scripts = Router::new()
        .route("/js/funnel", post(track::js::report))
        .route("/js/event", post(convert::js_event))
        .layer(axum::middleware::from_fn_with_state(app.clone(), cors::guard));
    Router::new()
        .route("/fts/{link}", get(track::enter))
        .route("/action/{number}", get(track::act).post(track::act))
        .route("/pb", get(convert::postback).post(convert::postback))
        .route("/pb/", get(convert::postback).post(convert::postback))
        .route("/debug/domain-check", get(domain_check))
        .merge(scripts)
        .fallback(track::elsewhere)
        .with_state(app)
}

/// What the address of API and console answers.
pub fn administration(app: Arc<App>) -> Router {
    admin::router(app)
}

/// Says that the domain reaches this server, and which version.
async fn domain_check(State(_): State<Arc<App>>) -> String {
    format!("OK runnel {}\n", env!("CARGO_PKG_VERSION"))
}
