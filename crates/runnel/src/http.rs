//! Every URL on one page: tracking domains first, then the API's address.
//! Promise: what is not here does not exist.

use crate::app::App;
use crate::convert::Desk;
use crate::{admin, convert, cors, demo, track, welcome};
use ::http::{Method, Request};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use std::sync::Arc;
use tower::ServiceExt;

/// What every tracking domain answers (product.md §3).
#[derive(Clone)]
pub struct Tracking {
    app: Arc<App>,
    router: Router,
}

/// What nearly all requests ask.
#[derive(Debug, PartialEq, Eq)]
enum Frequent<'a> {
    Entrance(&'a str),
    Action(&'a str),
    View,
}

impl<'a> Frequent<'a> {
    /// Only what is written plainly: the router knows how to read anything else.
    fn of(method: &Method, path: &'a str) -> Option<Self> {
        let plain = |part: &&str| !part.is_empty() && !part.contains(['/', '%']);
        let below = |folder| path.strip_prefix(folder).filter(plain);
        match *method {
            Method::GET => {
                below("/fts/").map(Self::Entrance).or_else(|| below("/action/").map(Self::Action))
            }
            Method::POST if path == "/js/funnel" => Some(Self::View),
            _ => None,
        }
    }
}

impl Tracking {
    /// The tracking domains of `app`.
    pub fn new(app: Arc<App>) -> Self {
        Self { router: tracking(app.clone()), app }
    }

    /// Answers a request. What is frequent goes straight to its handler: the router's boxed services and
    /// path parameters are work that no click needs.
    pub async fn answer(self, request: Request<Body>) -> Response {
        let state = State(self.app);
        let part = |text: &str| Ok(Path(text.to_owned()));
        match Frequent::of(request.method(), request.uri().path()) {
            Some(Frequent::Entrance(link)) => track::enter(state, part(link), request).await,
            Some(Frequent::Action(number)) => track::act(state, part(number), request).await,
            Some(Frequent::View) => {
                let app = state.clone();
                cors::guarded(&app, request, |request| track::js::report(state, request)).await
            }
            None => self.router.oneshot(request).await.unwrap_or_else(|never| match never {}),
        }
    }
}

fn tracking(app: Arc<App>) -> Router {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_frequent_and_plain_needs_no_router() {
        let of = |method: &Method, path| Frequent::of(method, path).is_some();
        assert_eq!(Frequent::of(&Method::GET, "/fts/a-b"), Some(Frequent::Entrance("a-b")));
        assert_eq!(Frequent::of(&Method::GET, "/action/1"), Some(Frequent::Action("1")));
        assert_eq!(Frequent::of(&Method::POST, "/js/funnel"), Some(Frequent::View));
        for path in ["/fts/", "/fts/a/b", "/fts/a%2d", "/fts", "/js/funnel", "/pb/", "/FTS/a"] {
            assert!(!of(&Method::GET, path), "{path}");
        }
        assert!(!of(&Method::HEAD, "/fts/a-b") && !of(&Method::POST, "/action/1"));
    }
}
