//! Every URL on one page: tracking domains first, then the API's address.
//! Promise: what is not here does not exist.

use crate::app::App;
use crate::convert::Desk;
use crate::outcome::Nowhere;
use crate::server::Arrival;
use crate::track::{Link, Site, link};
use crate::{admin, convert, cors, demo, track, welcome};
use ::http::Method;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use std::num::NonZeroU8;
use std::sync::Arc;
use tower::ServiceExt;

/// What every tracking domain answers (product.md §3); each thread that serves has its own.
pub struct Tracking {
    site: Site,
    router: Router,
}

/// What nearly all requests ask.
#[derive(Debug, PartialEq, Eq)]
enum Frequent {
    Entrance(Result<Link, Nowhere>),
    Action(Option<NonZeroU8>),
    View,
}

impl Frequent {
    /// Only what is written plainly: the router knows how to read anything else.
    fn of(method: &Method, path: &str) -> Option<Self> {
        let plain = |part: &&str| !part.is_empty() && !part.contains(['/', '%']);
        let below = |folder| path.strip_prefix(folder).filter(plain);
        let entrance = || below("/fts/").map(|text| Self::Entrance(link(text)));
        let action = || below("/action/").map(|number| Self::Action(number.parse().ok()));
        match *method {
            Method::GET => entrance().or_else(action),
            Method::POST if path == "/js/funnel" => Some(Self::View),
            _ => None,
        }
    }
}

impl Tracking {
    /// The tracking domains of `app`.
    pub fn new(app: Arc<App>) -> Self {
        let site = Site { app, room: Arc::default() };
        Self { router: tracking(site.clone()), site }
    }

    /// Answers a request. What is frequent goes straight to its handler: the router's boxed services and
    /// path parameters are work that no click needs.
    pub async fn answer(self: Arc<Self>, arrival: Arrival) -> Response {
        let site = &self.site;
        match Frequent::of(arrival.request.method(), arrival.request.uri().path()) {
            Some(Frequent::Entrance(link)) => track::enter(site, link, arrival).await,
            Some(Frequent::Action(number)) => track::act(site, number, arrival).await,
            Some(Frequent::View) => {
                let Arrival { peer, request } = arrival;
                let report = |request| track::js::report(site, Arrival { peer, request });
                cors::guarded(&site.app, request, report).await
            }
            None => {
                let answered = self.router.clone().oneshot(arrival.routed()).await;
                answered.unwrap_or_else(|never| match never {})
            }
        }
    }
}

fn tracking(site: Site) -> Router {
    let app = site.app.clone();
    let scripts = Router::new()
        .route("/js/funnel", post(track::js::report_routed))
        .with_state(site.clone())
        .merge(pages(app.desk.clone()))
        .layer(axum::middleware::from_fn_with_state(app.clone(), cors::guard));
    let demo = match app.config.demo {
        true => Router::new().route("/demo/{page}", get(demo::page)),
        false => Router::new(),
    };
    Router::new()
        .route("/fts/{link}", get(track::enter_routed))
        .route("/js/flux.js", get(track::script::script))
        .route("/action/{number}", get(track::act_routed).post(track::act_routed))
        .route("/debug/domain-check", get(domain_check))
        .fallback(track::elsewhere)
        .with_state(site)
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
        let entrance = |text| Some(Frequent::Entrance(link(text)));
        let named = "Funnel000001-Source000001";
        assert!(link(named).is_ok());
        assert_eq!(Frequent::of(&Method::GET, &format!("/fts/{named}")), entrance(named));
        assert_eq!(Frequent::of(&Method::GET, "/fts/a-b"), entrance("a-b"));
        let action = |number| Some(Frequent::Action(NonZeroU8::new(number)));
        assert_eq!(Frequent::of(&Method::GET, "/action/1"), action(1));
        assert_eq!(Frequent::of(&Method::GET, "/action/0"), action(0));
        assert_eq!(Frequent::of(&Method::POST, "/js/funnel"), Some(Frequent::View));
        for path in ["/fts/", "/fts/a/b", "/fts/a%2d", "/fts", "/js/funnel", "/pb/", "/FTS/a"] {
            assert!(!of(&Method::GET, path), "{path}");
        }
        assert!(!of(&Method::HEAD, "/fts/a-b") && !of(&Method::POST, "/action/1"));
    }

    /// A layer that moves what waits copies all of it, and hundreds of clicks wait at once.
    #[test]
    fn what_waits_is_small() {
        fn size<F>(_: impl Fn(Arc<Tracking>, Arrival) -> F) -> usize {
            size_of::<F>()
        }
        assert!(size(Tracking::answer) <= 2048);
    }
}
