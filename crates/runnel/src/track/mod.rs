//! Visitors: entrance, action, view. A file per step.
//! Promise: everybody gets somewhere; each request ends with exactly one outcome.
//!
//! asked → cookies → position → visitor → walk (route, record) → address → respond → give

mod action;
mod address;
mod ask;
mod asked;
mod compose;
mod cookies;
mod entrance;
mod fields;
mod give;
pub mod js;
mod laps;
mod middleware;
mod plans;
mod position;
mod report;
mod respond;
pub mod script;
mod touch;
mod view;
mod visitor;
mod walk;

use crate::app::App;
use crate::outcome::{Flow, Nowhere, Outcome, Underway};
use crate::server::Arrival;
use asked::Asked;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRef, Path, State};
use axum::response::Response;
use cookies::Cookies;
use cookies::Kept;
pub use entrance::{Link, link};
use give::Answer;
use http::StatusCode;
use journal::Room;
pub use middleware::Services;
use rules::funnel::{Ready, Start};
use std::num::NonZeroU8;
use std::sync::Arc;
use walk::Walked;

/// What serves visitors on one thread.
#[derive(Clone)]
pub struct Site {
    /// The program.
    pub app: Arc<App>,
    /// Where this thread's clicks wait for the disk.
    pub room: Arc<Room>,
}

impl FromRef<Site> for Arc<App> {
    fn from_ref(site: &Site) -> Self {
        site.app.clone()
    }
}

/// `GET /fts/{link}`: an entrance.
pub fn enter(
    site: &Site,
    link: Result<Link, Nowhere>,
    arrival: Arrival,
) -> impl Future<Output = Response> {
    decided(site, Flow::Entrance, entered(&site.app, link, arrival))
}

/// What `decide` comes to. That has a box of its own, since it takes kilobytes: they are free again before
/// the disk is awaited, and no layer moves them about.
fn decided(
    site: &Site,
    flow: Flow,
    decide: impl Future<Output = Result<Answer, Answer>>,
) -> impl Future<Output = Response> {
    let underway = Underway::begin(flow);
    let decide = Box::pin(decide);
    async move { decide.await.unwrap_or_else(|ended| ended).give(site, underway).await }
}

async fn entered(
    app: &App,
    link: Result<Link, Nowhere>,
    arrival: Arrival,
) -> Result<Answer, Answer> {
    let asked = receive(app, arrival).await?;
    let cookies = cookies::read(&asked, &app.keys);
    let sent = entered_at(app, &asked, &cookies, link).await;
    sent.map_err(|reason| nowhere(app, reason))
}

async fn entered_at(
    app: &App,
    asked: &Asked,
    cookies: &Cookies,
    link: Result<Link, Nowhere>,
) -> Result<Answer, Nowhere> {
    // Not counted in, as a clone would be: counts that all threads change cost a click more than it does.
    let snapshot = app.snapshot.load();
    let entry = entrance::entry(&snapshot, link?)?;
    let start = Start::Entrance { node: entrance::named_node(asked)? };
    let walked = entrance::enter(app, asked, cookies, &entry, start).await?;
    sent_on(app, asked, entry.plan, walked)
}

/// `GET|POST /action/{n}`: an action; without a number no page has it.
pub fn act(
    site: &Site,
    number: Option<NonZeroU8>,
    arrival: Arrival,
) -> impl Future<Output = Response> {
    decided(site, Flow::Action, acted(&site.app, number, arrival))
}

async fn acted(app: &App, number: Option<NonZeroU8>, arrival: Arrival) -> Result<Answer, Answer> {
    let asked = receive(app, arrival).await?;
    let cookies = cookies::read(&asked, &app.keys);
    let taken = match number {
        Some(number) => action::take(app, &asked, &cookies, number.get()).await,
        None => Err(Nowhere::UnknownAction),
    };
    let sent = taken.and_then(|(walked, plan)| sent_on(app, &asked, &plan, walked));
    sent.map_err(|reason| nowhere(app, reason))
}

/// [`enter`] by a path that the router took apart.
pub async fn enter_routed(
    State(site): State<Site>,
    link: Result<Path<String>, PathRejection>,
    arrival: Arrival,
) -> Response {
    enter(&site, entrance::link(&text(link)), arrival).await
}

/// [`act`] by a path that the router took apart.
pub async fn act_routed(
    State(site): State<Site>,
    number: Result<Path<String>, PathRejection>,
    arrival: Arrival,
) -> Response {
    act(&site, text(number).parse().ok(), arrival).await
}

/// Any other path of a tracking domain: the default homepage, else 404.
pub async fn elsewhere(State(site): State<Site>) -> Response {
    let underway = Underway::begin(Flow::Other);
    nowhere(&site.app, Nowhere::UnknownPath).give(&site, underway).await
}

fn nowhere(app: &App, reason: Nowhere) -> Answer {
    Answer::now(Outcome::Nowhere(reason), respond::nowhere(&app.homepage()))
}

/// A part of the path; empty, which names nothing, where it is no text.
fn text(part: Result<Path<String>, PathRejection>) -> String {
    part.map(|Path(text)| text).unwrap_or_default()
}

/// Reads the request; prefetches and broken limits end here.
async fn receive(app: &App, arrival: Arrival) -> Result<Asked, Answer> {
    let asked = asked::read(app, arrival).await.map_err(|status| {
        Answer::now(Outcome::TooLarge, respond::refused(status, "The request is too large."))
    })?;
    if crate::enrich::is_prefetch(&asked.headers) {
        let refused = respond::refused(StatusCode::SERVICE_UNAVAILABLE, "Not for prefetching.");
        return Err(Answer::now(Outcome::Prefetch, refused));
    }
    Ok(asked)
}

/// The answer with the address at the end of the walk.
fn sent_on(app: &App, asked: &Asked, plan: &Ready, walked: Walked) -> Result<Answer, Nowhere> {
    let response = redirect(app, asked, plan, &walked)?;
    asked.laps.lap("answer");
    Ok(Answer::of_walk(response, &walked, asked))
}

fn redirect(app: &App, asked: &Asked, plan: &Ready, walked: &Walked) -> Result<Response, Nowhere> {
    let to = address::of(app, asked, plan, walked)?;
    let answer = respond::redirect(&to.url, to.redirect).ok_or(Nowhere::BadDestination)?;
    let answer = if asked.secure { respond::asking_for_hints(answer) } else { answer };
    let last = walked.record.hit(walked.record.steps.len().saturating_sub(1));
    let wanted = app.snapshot.load().settings.cookies && !asked.is_head();
    Ok(match last.filter(|_| wanted) {
        Some(hit) => {
            respond::with_cookies(answer, cookies::write(walked.record.vid, hit, Kept::of(asked)))
        }
        None => answer,
    })
}
