//! The tag's HTTP: reads `POST /js/funnel`, answers JSON in the shape that scripts for FunnelFlux
//! Pro know (product.md §8).
//! Promise: an error is a sentence that names the parameter; nothing of it breaks the page.

use super::cookies::{self, Cookies, Kept};
use super::give::Answer;
use super::position::{Position, vid_of};
use super::report::Report;
use super::view::{self, Refusal, Seen};
use super::{Site, address, asked, receive};
use crate::app::App;
use crate::config::Config;
use crate::outcome::{Flow, Nowhere, Outcome};
use crate::params::Params;
use crate::server::Arrival;
use asked::Asked;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use rules::funnel::Ready;
use rules::ids::{EntityId, HitId};
use rules::record::{Parameter, PassedKind, Record};
use rules::template::{Place, Template};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Most additional tokens that one call resolves.
const MOST_TOKENS: usize = 50;
/// Most bytes of a token's name.
const MOST_NAME_BYTES: usize = 100;

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Told {
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
pub fn report(site: &Site, arrival: Arrival) -> impl Future<Output = Response> {
    super::decided(site, Flow::View, reported(&site.app, arrival))
}

/// [`report`] by the router.
pub async fn report_routed(State(site): State<Site>, arrival: Arrival) -> Response {
    report(&site, arrival).await
}

async fn reported(app: &App, arrival: Arrival) -> Result<Answer, Answer> {
    let mut asked = receive(app, arrival).await?;
    let report = read(&asked).map_err(|error| nowhere(Nowhere::BadLink, error))?;
    asked.query = report.parameters();
    asked.told_referrer = Some(report.referrer.clone());
    asked.told_url = report.url.clone();
    if let Some(refused) = too_large(&app.config, &asked, &report) {
        return Err(refused);
    }
    let cookies = cookies::read(&asked, &app.keys);
    let arriving = report.arrives(&asked.query);
    remember(app, &mut asked, &cookies, &report);
    match view::see(app, &asked, &cookies, &report, arriving).await {
        Ok(Seen::Walked(walked, plan)) => {
            let hit = walked.record.hit(0).unwrap_or(walked.record.visit);
            let shown = Shown { record: &walked.record, plan: &plan, hit, buffer: &walked.buffer };
            let response = answered(app, &asked, &report, &shown);
            asked.laps.lap("answer");
            Ok(Answer::of_walk(response, &walked, &asked))
        }
        Ok(Seen::Touched(position)) => touched(app, &asked, &report, &position).await,
        Err(refusal) => {
            let reason = match refusal {
                Refusal::Funnel => Nowhere::UnknownFunnel,
                Refusal::Source => Nowhere::UnknownSource,
                Refusal::Node => Nowhere::UnknownNode,
            };
            Err(nowhere(reason, refusal.to_string()))
        }
    }
}

/// The refusal of what is over a limit.
fn too_large(limits: &Config, asked: &Asked, report: &Report) -> Option<Answer> {
    let many = || asked.query.exceeds(limits.parameters, limits.value_bytes);
    let error = match report.too_long(limits) {
        Some(parameter) => format!("{parameter}: is too long"),
        None if many() => "too many or too long parameters".into(),
        None => return None,
    };
    Some(Answer::now(Outcome::TooLarge, refused(error)))
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
    let told = Told { error, ..Told::default() };
    (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], Json(told)).into_response()
}

fn nowhere(reason: Nowhere, error: String) -> Answer {
    Answer::now(Outcome::Nowhere(reason), refused(error))
}

/// The hit that a page is told of.
struct Shown<'a> {
    record: &'a Record,
    plan: &'a Ready,
    hit: HitId,
    buffer: &'a [Parameter],
}

/// The hit was there already: the session goes on.
async fn touched(
    app: &App,
    asked: &Asked,
    report: &Report,
    position: &Position,
) -> Result<Answer, Answer> {
    super::touch::touch(app, asked, position);
    let lost = || nowhere(Nowhere::UnknownPosition, "hit: not found".into());
    let record = app.record_of(position.hit).ok_or_else(lost)?;
    let plan = super::plans::of_node(app, position).await.ok_or_else(lost)?;
    let buffer = app.sessions.of(position.vid).buffer;
    let shown = Shown { record: &record, plan: &plan, hit: position.hit, buffer: &buffer };
    Ok(Answer::now(Outcome::Touched, answered(app, asked, report, &shown)))
}

fn answered(app: &App, asked: &Asked, report: &Report, shown: &Shown) -> Response {
    let (record, hit) = (shown.record, shown.hit);
    let step = record.step_of(hit);
    let told = Told {
        resolved_tokens: resolved(app, asked, report, shown),
        skv: record.vid.to_string(),
        page: step.and_then(|step| step.page),
        offer: step.is_some_and(|step| step.kind == PassedKind::Offer),
        ..Told::default()
    };
    let answer = ([(header::CACHE_CONTROL, "no-store")], Json(told)).into_response();
    if !app.snapshot.load().settings.cookies || !report.may_store() {
        return answer;
    }
    let kept = Kept::of_page(asked, report.framed);
    super::respond::with_cookies(answer, cookies::write(record.vid, hit, kept))
}

fn resolved(app: &App, asked: &Asked, report: &Report, shown: &Shown) -> BTreeMap<String, String> {
    let snapshot = app.snapshot.load();
    let Shown { record, plan, hit, buffer } = *shown;
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
