//! `/pb/` and `/pb`: a network reports a conversion, a status, or an event.
//! Promise: GET and POST book, HEAD answers alike and records nothing (product.md §3, §6.7).

use super::answer::{Manner, respond, unavailable};
use super::parse::{Parameters, Raw};
use super::receive::{receive, refusal};
use super::{Desk, Incoming};
use crate::server::Peer;
use crate::store::ledger::{Call, Way};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::request::Parts;
use http::{Method, Request};
use rules::apply::Via;
use std::net::IpAddr;
use std::sync::Arc;

/// Answers a network's call.
pub async fn postback(State(desk): State<Arc<Desk>>, request: Request<Body>) -> Response {
    let (parts, raw) = match receive(request, &desk.limits).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    let parameters = match Parameters::read(&raw, &desk.limits) {
        Ok(parameters) => parameters,
        Err(over) => return refusal(&over),
    };
    let manner = Manner::of(&parameters);
    let incoming = incoming(&desk, &parts, raw, parameters, Via::Postback);
    let taken = match parts.method {
        Method::HEAD => desk.preview(&incoming).await,
        _ => desk.take(incoming).await,
    };
    match taken {
        Ok(receipt) => respond(&receipt, &manner),
        Err(error) => unavailable(error),
    }
}

/// The call as it came over HTTP.
pub(super) fn incoming(
    desk: &Desk,
    parts: &Parts,
    raw: Raw,
    parameters: Parameters,
    via: Via,
) -> Incoming {
    let address = address(desk, parts);
    let now_ms = desk.clock.now_ms();
    let call = Call {
        id: super::call_id(&desk.clock),
        at_ms: now_ms,
        via: Way::Call(via),
        method: parts.method.to_string(),
        remote: address.map(|address| address.to_string()).unwrap_or_default(),
        query: raw.query,
        body: raw.body,
        content_type: raw.content_type,
        ..Call::default()
    };
    Incoming {
        call,
        parameters,
        via,
        spoken_by: via,
        address,
        arrived_ms: now_ms,
        notify: None,
        task: None,
        cursor: None,
    }
}

fn address(desk: &Desk, parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<Peer>()?.0.ip();
    Some((desk.client)(peer, &parts.headers))
}
