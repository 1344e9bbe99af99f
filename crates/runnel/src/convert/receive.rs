//! Reads a call off the wire, within limits.
//! Promise: what is too large is refused before it is read (413, 414, 431), nothing else is.

use super::parse::{Limits, OverLimit, Raw};
use crate::{body, head};
use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use http::{Method, Request, StatusCode, header};
use metrics::counter;

/// Takes the request apart.
/// # Errors
/// The answer to a request that is too large.
pub async fn receive(request: Request<Body>, limits: &Limits) -> Result<(Parts, Raw), Response> {
    let (parts, body) = request.into_parts();
    if head::url_bytes(&parts.uri) > limits.url_bytes {
        return Err(refusal(&OverLimit::Url));
    }
    if head::bytes(&parts.headers) > limits.header_bytes {
        return Err(refusal(&OverLimit::Headers));
    }
    let body = if parts.method == Method::POST {
        let read = body::read(body, limits.body_bytes, body::PATIENCE).await;
        read.map_err(|unread| refusal(&OverLimit::Body(unread)))?
    } else {
        bytes::Bytes::new()
    };
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let raw = Raw {
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(&body).replace('\0', "\u{fffd}"),
        content_type: content_type.and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned(),
    };
    Ok((parts, raw))
}

/// Refuses a request that is over a limit.
pub fn refusal(over: &OverLimit) -> Response {
    let status = match over {
        OverLimit::Url => StatusCode::URI_TOO_LONG,
        OverLimit::Headers => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        OverLimit::Body(unread) => unread.status(),
        OverLimit::Parameters | OverLimit::Value(_) => StatusCode::BAD_REQUEST,
    };
    counter!("runnel_postbacks_total", "verdict" => "refused", "reason" => status.as_str().to_owned())
        .increment(1);
    super::answer::plain(status, format!("REFUSED {over}"))
}
