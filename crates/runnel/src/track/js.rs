//! The tag's HTTP: reads `POST /js/funnel`, answers JSON in the shape that scripts for FunnelFlux
//! Pro know (product.md §8).
//! Promise: an error is a sentence that names the parameter; nothing of it breaks the page.

use super::cookies::{self, Cookies, Kept};
use super::position::vid_of;
use super::report::Report;
use super::view::{self, Refusal, Seen};
use super::{address, asked, receive, safe};
use crate::app::App;
use crate::outcome::{Flow, Nowhere, Outcome, Underway};
use crate::params::Params;
use asked::Asked;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode, header};
use rules::funnel::Ready;
use rules::ids::{EntityId, HitId};
use rules::record::{PassedKind, Record};
use rules::template::{Place, Template};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Most additional tokens that one call resolves.
const MOST_TOKENS: usize = 50;
/// Most bytes of a token's name.
const MOST_NAME_BYTES: usize = 100;

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Answer {
    error: String,
    resolved_tokens: BTreeMap<String, String>,
    skv: String,
    /// The lander or offer shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<EntityId>,
    /// Whether it is an offer.
    offer: bool,
}

/// `POST /js/funnel`.
pub async fn report(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let underway = Underway::begin(Flow::View);
    let mut asked = match receive(&app, request).await {
        Ok(asked) => asked,
        Err((outcome, answer)) => return super::ended(underway, outcome, answer),
    };
    let report = match read(&asked) {
        Ok(report) => report,
        Err(error) => {
            let outcome = Outcome::Nowhere(Nowhere::BadLink);
            return super::ended(underway, outcome, refused(error));
        }
    };
    asked.query = report.parameters();
    asked.told_referrer = Some(report.referrer.clone());
    asked.told_url = report.url.clone();
    if let Some(parameter) = report.too_long(&app.config) {
        let error = format!("{parameter}: is too long");
        return super::ended(underway, Outcome::TooLarge, refused(error));
    }
    if asked.query.exceeds(app.config.parameters, app.config.value_bytes) {
        return super::ended(
            underway,
            Outcome::TooLarge,
            refused("too many or too long parameters".into()),
        );
    }
    let cookies = cookies::read(&asked, &app.keys);
    let arriving = report.arrives(&asked.query);
    remember(&app, &mut asked, &cookies, &report);
    match view::see(&app, &asked, &cookies, &report, arriving).await {
        Ok(seen) => answered(&app, &asked, &report, underway, seen).await,
        Err(refusal) => {
            let reason = match refusal {
                Refusal::Funnel => Nowhere::UnknownFunnel,
                Refusal::Source => Nowhere::UnknownSource,
                Refusal::Node => Nowhere::UnknownNode,
            };
            super::ended(underway, Outcome::Nowhere(reason), refused(refusal.to_string()))
        }
    }
}

/// What the page's own site remembers counts where neither the page nor a cookie names the visitor.
fn remember(app: &App, asked: &mut Asked, cookies: &Cookies, report: &Report) {
    if vid_of(app, &asked.query).or(cookies.vid).is_none() {
        asked.query.0.insert(0, ("vid".into(), report.known.vid.as_str().into()));
    }
}

/// JSON (also as `text/plain`, which needs no preflight), or a form.
fn read(asked: &Asked) -> Result<Report, String> {
    if asked.header(header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded") {
        return Ok(Report::of_form(&Params::read(&asked.body)));
    }
    if asked.body.is_empty() {
        let own = asked.query.0.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        return Ok(Report { params: own.collect(), ..Report::default() });
    }
    serde_json::from_slice(&asked.body).map_err(|error| format!("body: {error}"))
}

fn refused(error: String) -> Response {
    let answer = Answer { error, ..Answer::default() };
    (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

async fn answered(
    app: &App,
    asked: &Asked,
    report: &Report,
    underway: Underway,
    seen: Seen,
) -> Response {
    let (record, plan, hit, buffer, outcome) = match seen {
        Seen::Walked(walked, plan) => {
            let outcome = safe(app, walked.number).await;
            let hit = walked.record.hit(0).unwrap_or(walked.record.visit);
            (walked.record, plan, hit, walked.buffer, outcome)
        }
        Seen::Touched(position) => {
            super::touch::touch(app, asked, &position);
            let Some((record, plan)) = touched(app, &position).await else {
                let outcome = Outcome::Nowhere(Nowhere::UnknownPosition);
                return super::ended(underway, outcome, refused("hit: not found".into()));
            };
            let buffer = app.sessions.of(position.vid).buffer;
            (record, plan, position.hit, buffer, Outcome::Touched)
        }
    };
    underway.end(outcome);
    let step = record.step_of(hit);
    let answer = Answer {
        resolved_tokens: resolved(app, asked, report, &plan, &record, hit, &buffer),
        skv: record.vid.to_string(),
        page: step.and_then(|step| step.page),
        offer: step.is_some_and(|step| step.kind == PassedKind::Offer),
        ..Answer::default()
    };
    let answer = ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response();
    if !app.snapshot.load().settings.cookies || !report.may_store() {
        return answer;
    }
    let kept = Kept::of_page(asked, report.framed);
    super::respond::with_cookies(answer, cookies::write(record.vid, hit, kept))
}

async fn touched(
    app: &App,
    position: &super::position::Position,
) -> Option<(Arc<Record>, Arc<Ready>)> {
    let record = app.record_of(position.hit)?;
    let plan = super::plans::of_node(app, position).await?;
    Some((record, plan))
}

fn resolved(
    app: &App,
    asked: &Asked,
    report: &Report,
    plan: &Ready,
    record: &Record,
    hit: HitId,
    buffer: &[(String, String)],
) -> BTreeMap<String, String> {
    let snapshot = app.snapshot.load();
    let tokens = address::tokens(&snapshot, plan, record, hit, asked, buffer);
    let resolve = |template: &Template| {
        let mut value = String::new();
        template.render(&tokens, Place::Plain, &mut value);
        value
    };
    let always = ALWAYS.iter().map(|(token, template)| ((*token).to_owned(), resolve(template)));
    let single = report.tokens().filter(|token| is_token(token)).take(MOST_TOKENS);
    always.chain(single.map(|token| (token.to_owned(), resolve(&Template::parse(token))))).collect()
}

/// Tokens that every answer resolves.
static ALWAYS: LazyLock<[(&str, Template); 3]> = LazyLock::new(|| {
    ["{hit}", "{visitor}", "{current-node-id}"].map(|token| (token, Template::parse(token)))
});

/// One name in braces: anything else could be made to write much more than was sent.
fn is_token(text: &str) -> bool {
    let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| name.len() <= MOST_NAME_BYTES && !name.contains(['{', '}']))
}
