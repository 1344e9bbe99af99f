//! Which sites' pages may call the tag's endpoints: the account's own domains and the sites of its
//! landers and offers.
//! Promise: another site's page gets no answer it can read, and nothing of it is recorded.

use crate::app::App;
use crate::head;
use crate::host::host;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use std::sync::Arc;

const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("86400");

/// Lets known sites through and tells their browsers so.
pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    guarded(&app, request, |request| next.run(request)).await
}

/// Has `answer` answer known sites, and tells their browsers so.
pub async fn guarded<F: Future<Output = Response>>(
    app: &App,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).map(own);
    let Some(origin) = origin else { return answer(request).await };
    if !known(app, &origin, request.headers()) {
        return (StatusCode::FORBIDDEN, "This site is not registered: add it as a domain or page.")
            .into_response();
    }
    let preflight = request.method() == Method::OPTIONS;
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { answer(request).await };
    allow(response.headers_mut(), origin, preflight);
    response
}

/// A copy: a clone would keep all that was read of the connection as long as the answer waits.
fn own(value: &HeaderValue) -> HeaderValue {
    let text = HeaderValue::from_bytes(value.as_bytes());
    text.unwrap_or_else(|_| HeaderValue::from_static("null"))
}

fn known(app: &App, origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let host = host(origin.to_str().unwrap_or_default());
    if host.is_empty() {
        return false;
    }
    let own = head::text(headers, header::HOST);
    own.split(':').next() == Some(&*host) || app.snapshot.load().sites.contains(&*host)
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue, preflight: bool) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if preflight {
        let (methods, names) =
            (HeaderValue::from_static("POST"), HeaderValue::from_static("content-type"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    }
}
