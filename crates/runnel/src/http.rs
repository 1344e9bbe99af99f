//! Every URL on one page: tracking domains first, then the API's address.
//! Promise: what is not here does not exist.

use crate::app::App;
use crate::convert::Desk;
use crate::{admin, convert, cors, demo, track, welcome};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use std::sync::Arc;

/// What every tracking domain answers (product.md §3).
pub fn tracking(app: Arc<App>) -> Router {
    let scripts = Router::new()
        .route("/js/funnel", post(track::js::report))
        .with_state(app.clone())
        .merge(pages(app.desk.clone()))
        .layer(axum::middleware::from_fn_with_state(app.clone(), cors::guard));
    let demo = match app.config.demo {
        true => Router::new().route("/demo/{page}", get(demo::page)),
        false => Router::new(),
    };
    Router::new()
        .route("/fts/{link}", get(track::enter))
        .route("/js/flux.js", get(track::script::script))
        .route("/action/{number}", get(track::act).post(track::act))
        .route("/debug/domain-check", get(domain_check))
        .fallback(track::elsewhere)
        .with_state(app.clone())
        .merge(scripts)
        .merge(demo)
        .merge(networks(app.desk.clone()))
}

/// What pages call about conversions and events.
pub fn pages(desk: Arc<Desk>) -> Router {
    Router::new().route("/js/event", post(convert::event)).with_state(desk)
}

/// What networks call.
pub fn networks(desk: Arc<Desk>) -> Router {
    let both = get(convert::postback).post(convert::postback);
    Router::new().route("/pb/", both.clone()).route("/pb", both).with_state(desk)
}

/// What the address of API and console answers.
pub fn administration(app: Arc<App>) -> Router {
    let set_up =
        Router::new().route("/setup", get(welcome::page)).route("/setup.js", get(welcome::script));
    admin::router(app).merge(set_up)
}

/// Says that the domain reaches this server, and which version.
async fn domain_check(State(_): State<Arc<App>>) -> String {
    format!("OK runnel {}\n", env!("CARGO_PKG_VERSION"))
}
