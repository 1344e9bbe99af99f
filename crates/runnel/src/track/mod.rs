//! Visitors: entrance, action, view. A file per step.
//! Promise: everybody gets somewhere; each request ends with exactly one outcome.
//!
//! asked → cookies → position → visitor → walk (route, record) → address → respond

mod action;
mod address;
mod ask;
mod asked;
mod compose;
mod cookies;
mod entrance;
mod fields;
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
use asked::Asked;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use cookies::Cookies;
use cookies::Kept;
use http::{Request, StatusCode};
use metrics::counter;
pub use middleware::Services;
use rules::funnel::{Ready, Start};
use std::sync::{Arc, Once};
use std::time::Duration;
use walk::Walked;

/// Longest that a click waits for its record to be in a file when it is not on disk in time.
const FILE_WAIT: Duration = Duration::from_millis(20);
/// The log says once that the disk did not even take writes; the metrics say how often.
static STALLED: Once = Once::new();

/// `GET /fts/{link}`: an entrance.
pub async fn enter(
    State(app): State<Arc<App>>,
    link: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Response {
    let underway = Underway::begin(Flow::Entrance);
    let asked = match receive(&app, request).await {
        Ok(asked) => asked,
        Err((outcome, answer)) => return ended(underway, outcome, answer),
    };
    let cookies = cookies::read(&asked, &app.keys);
    let entered = enter_at(&app, &asked, &cookies, &text(link)).await;
    send_on(&app, &asked, underway, entered).await
}

async fn enter_at(
    app: &App,
    asked: &Asked,
    cookies: &Cookies,
    link: &str,
) -> Result<(Walked, Arc<Ready>), Nowhere> {
    let entry = entrance::entry(&app.snapshot.load(), link)?;
    let start = Start::Entrance { node: entrance::named_node(asked)? };
    let walked = entrance::enter(app, asked, cookies, &entry, start).await?;
    Ok((walked, entry.plan))
}

/// `GET|POST /action/{n}`: an action.
pub async fn act(
    State(app): State<Arc<App>>,
    number: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Response {
    let underway = Underway::begin(Flow::Action);
    let asked = match receive(&app, request).await {
        Ok(asked) => asked,
        Err((outcome, answer)) => return ended(underway, outcome, answer),
    };
    let cookies = cookies::read(&asked, &app.keys);
    let taken = match text(number).parse::<u8>().ok().filter(|n| *n > 0) {
        Some(number) => action::take(&app, &asked, &cookies, number).await,
        None => Err(Nowhere::UnknownAction),
    };
    send_on(&app, &asked, underway, taken).await
}

/// Any other path of a tracking domain: the default homepage, else 404.
pub async fn elsewhere(State(app): State<Arc<App>>) -> Response {
    let outcome = Outcome::Nowhere(Nowhere::UnknownPath);
    ended(Underway::begin(Flow::Other), outcome, respond::nowhere(&app.homepage()))
}

/// A part of the path; empty, which names nothing, where it is no text.
fn text(part: Result<Path<String>, PathRejection>) -> String {
    part.map(|Path(text)| text).unwrap_or_default()
}

/// Reads the request; prefetches and broken limits end here.
async fn receive(app: &App, request: Request<Body>) -> Result<Asked, (Outcome, Response)> {
    let asked = asked::read(app, request).await.map_err(|status| {
        (Outcome::TooLarge, respond::refused(status, "The request is too large."))
    })?;
    if crate::enrich::is_prefetch(&asked.headers) {
        let answer = respond::refused(StatusCode::SERVICE_UNAVAILABLE, "Not for prefetching.");
        return Err((Outcome::Prefetch, answer));
    }
    Ok(asked)
}

fn ended(underway: Underway, outcome: Outcome, answer: Response) -> Response {
    underway.end(outcome);
    answer
}

/// Answers with the address at the end of the walk, once the record is safe.
async fn send_on(
    app: &App,
    asked: &Asked,
    underway: Underway,
    walked: Result<(Walked, Arc<Ready>), Nowhere>,
) -> Response {
    let sent = walked.and_then(|(walked, plan)| {
        let answer = answer(app, asked, &plan, &walked);
        asked.laps.lap("answer");
        Ok((answer?, walked))
    });
    match sent {
        Ok((answer, walked)) => {
            let outcome =
                if asked.is_head() { Outcome::Head } else { safe(app, walked.number).await };
            asked.laps.lap("sync");
            underway.end(outcome);
            answer
        }
        Err(reason) => ended(underway, Outcome::Nowhere(reason), respond::nowhere(&app.homepage())),
    }
}

fn answer(app: &App, asked: &Asked, plan: &Ready, walked: &Walked) -> Result<Response, Nowhere> {
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

/// Waits for the record to be on disk, but no longer than a click may wait; then for it to be in a file
/// at least, where a crash of the program does not lose it.
async fn safe(app: &App, number: Option<u64>) -> Outcome {
    let Some(number) = number else { return Outcome::Unrecorded };
    let patience = Duration::from_millis(app.config.click_wait_ms);
    if !matches!(tokio::time::timeout(patience, app.journal.synced(number)).await, Ok(Ok(()))) {
        if !app.journal.hasten(number, FILE_WAIT).await {
            STALLED.call_once(|| tracing::warn!("clicks are answered before they are in a file"));
            counter!("runnel_answered_before_written_total").increment(1);
        }
        counter!("runnel_answered_before_sync_total").increment(1);
    }
    Outcome::Recorded
}
