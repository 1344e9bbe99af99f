//! `/js/event`: the tag reports a conversion or a custom event from a page.
//! Promise: the page always gets JSON with an `error` that is empty when all is well, and never an
//! error of ours for its own bad argument beyond that (product.md §6.3, §8).

use super::answer::Receipt;
use super::parse::{Parameters, Raw};
use super::receive::{receive, refusal};
use super::{Desk, Reason, postback};
use crate::store::ledger::Unavailable;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderMap};
use http::{Request, StatusCode};
use rules::apply::Via;
use rules::ids::Vid;
use serde_json::json;
use std::sync::Arc;

/// The visitor's cookie, for a page on the tracking domain itself.
const VISITOR_COOKIE: &str = "rn_vid";

/// Answers a page's call: a conversion or a custom event.
pub async fn event(State(desk): State<Arc<Desk>>, request: Request<Body>) -> Response {
    let (parts, raw) = match receive(request, &desk.limits).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    match Parameters::read(&raw, &desk.limits) {
        Err(over) => refusal(&over),
        Ok(parameters) => {
            let taken = desk.browser_call(&parts, raw, parameters).await;
            taken.map_or_else(|_| busy(), |receipt| told(&receipt))
        }
    }
}

impl Desk {
    async fn browser_call(
        &self,
        parts: &http::request::Parts,
        raw: Raw,
        parameters: Parameters,
    ) -> Result<Receipt, Unavailable> {
        let asked = self.with_visitor(named(parameters), &parts.headers);
        let known = asked.first(&["knownHit"]).map(str::to_owned);
        let incoming = postback::incoming(self, parts, raw, asked, Via::JavaScript);
        let Some(known) = known.filter(|_| !incoming.parameters.names_hit()) else {
            return self.take(incoming).await;
        };
        // The tag's own memory of the last offer hit: it converts at any age, where the visitor's
        // session cannot say (product.md §8).
        if !self.preview(&incoming).await?.session_cannot_say() {
            return self.take(incoming).await;
        }
        let mut by_hit = incoming;
        by_hit.parameters = by_hit.parameters.without(&["vid", "p"]);
        by_hit.parameters = by_hit.parameters.corrected(vec![("hit".into(), known)]);
        self.take(by_hit).await
    }

    /// Adds the visitor whom the tag or the cookie knows, where the call names nobody.
    fn with_visitor(&self, parameters: Parameters, headers: &HeaderMap) -> Parameters {
        if parameters.names_hit() || parameters.first(&["vid"]).is_some() {
            return parameters;
        }
        let known = parameters.first(&["knownVid"]).map(str::to_owned);
        match known.or_else(|| self.cookie_visitor(headers)) {
            Some(vid) => parameters.corrected(vec![("vid".into(), vid)]),
            None => parameters,
        }
    }

    fn cookie_visitor(&self, headers: &HeaderMap) -> Option<String> {
        let cookies =
            headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = cookies.flat_map(|text| text.split(';'));
        let mut named = pairs.filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = named.find(|(name, _)| *name == VISITOR_COOKIE)?;
        Vid::parse(value, &self.keys).ok().map(|vid| vid.to_string())
    }
}

impl Receipt {
    /// Whether only the visitor's session was missing.
    fn session_cannot_say(&self) -> bool {
        let reasons = [
            Reason::SessionExpired,
            Reason::NoOfferVisited,
            Reason::NoHitOfPage,
            Reason::UnknownVisitor,
            Reason::MissingHit,
        ];
        reasons.iter().any(|reason| reason.as_str() == self.booked.reason)
    }
}

/// `flux.track("event", {name: "lead"})` arrives as `{"event":"event","name":"lead"}`.
pub(super) fn named(parameters: Parameters) -> Parameters {
    let event = parameters.first(&["event"]).unwrap_or_default();
    match parameters.first(&["name"]).map(str::to_owned) {
        Some(name) if event.is_empty() || event == "event" => {
            parameters.corrected(vec![("event".into(), name)])
        }
        _ => parameters,
    }
}

fn told(receipt: &Receipt) -> Response {
    let both = receipt.booked.reason == Reason::HitAndVid.as_str();
    let status = if both { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let error = match (both, receipt.is_unbooked()) {
        (true, _) => "pass hit or vid, not both".to_owned(),
        (false, true) => receipt.line(),
        (false, false) => String::new(),
    };
    let body = json!({
        "error": error,
        "result": receipt.booked.verdict.as_str(),
        "conversion": receipt.booked.conversion.map(|id| id.to_string()),
    });
    json_response(status, &body)
}

fn busy() -> Response {
    let body = json!({"error": "not stored, send it again"});
    json_response(StatusCode::SERVICE_UNAVAILABLE, &body)
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}
