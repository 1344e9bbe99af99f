//! The page behind the set-up link: an e-mail address and a password make the owner.
//! Promise: no inline script and nothing from other sites; what it sends, the API checks.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, header};

const PAGE: &str = include_str!("welcome.html");
const SCRIPT: &str = include_str!("welcome.js");
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; \
                              connect-src 'self'; form-action 'none'; frame-ancestors 'none'",
);

/// The page.
pub async fn page() -> Response {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE)).into_response()
}

/// Its script.
pub async fn script() -> Response {
    let kind = HeaderValue::from_static("text/javascript; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], SCRIPT).into_response()
}
