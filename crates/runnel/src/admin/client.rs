//! Where an API request comes from: address, https, and whether a browser sent it from our own pages.
//! Promise: forwarding headers count only from configured proxies; a page of another origin can change
//! nothing with somebody's session.

use crate::app::App;
use crate::error::Problem;
use crate::server::Peer;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// The sender of a request.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Whether it reached us over https.
    pub secure: bool,
    /// Its user agent.
    pub agent: String,
}

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let peer =
            parts.extensions.get::<Peer>().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
        let https = text(&parts.headers, "x-forwarded-proto").eq_ignore_ascii_case("https");
        Ok(Self {
            address: app.proxies.client(peer, &parts.headers),
            secure: https && app.proxies.trusts(peer),
            agent: text(&parts.headers, header::USER_AGENT.as_str()).to_owned(),
        })
    }
}

/// Lets a request of a session change something only when it comes from our own pages.
/// # Errors
/// It comes from another origin, or does not say from where.
pub fn same_origin(parts: &Parts) -> Result<(), Problem> {
    if matches!(parts.method, Method::GET | Method::HEAD) || comes_from_here(parts) == Some(true) {
        return Ok(());
    }
    Err(Problem::forbidden("A session can change things only from the console's own pages."))
}

/// Refuses a log-in that another origin's page sends; programs, which name no origin, may.
/// # Errors
/// It comes from another origin.
pub fn not_foreign(parts: &Parts) -> Result<(), Problem> {
    if comes_from_here(parts) == Some(false) {
        return Err(Problem::forbidden("Another site's page cannot log anybody in."));
    }
    Ok(())
}

/// What the browser says of the page that sends; none if nothing.
fn comes_from_here(parts: &Parts) -> Option<bool> {
    let headers = &parts.headers;
    match text(headers, "sec-fetch-site") {
        "" => {}
        site => return Some(matches!(site, "same-origin" | "none")),
    }
    let origin = headers.get(header::ORIGIN)?.to_str().unwrap_or_default();
    let host = parts.uri.authority().map(|authority| authority.as_str());
    let host = host.unwrap_or_else(|| text(headers, header::HOST.as_str()));
    let origin_host = origin.split_once("://").map_or("", |(_, rest)| rest);
    Some(!host.is_empty() && origin_host.eq_ignore_ascii_case(host))
}

/// A marker extractor for log-in and set-up: see [`not_foreign`].
pub struct NotForeign;

impl<S: Send + Sync> FromRequestParts<S> for NotForeign {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        not_foreign(parts).map(|()| Self)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(method: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = axum::http::Request::builder().method(method).uri("/api/v1/landers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_session_changes_things_only_from_our_own_origin() {
        for (method, headers, allowed) in [
            ("GET", vec![("sec-fetch-site", "cross-site")], true),
            ("POST", vec![("sec-fetch-site", "same-origin")], true),
            ("POST", vec![("sec-fetch-site", "none")], true),
            ("POST", vec![("sec-fetch-site", "same-site")], false),
            ("DELETE", vec![("sec-fetch-site", "cross-site")], false),
            ("POST", vec![("host", "a.example:8081"), ("origin", "http://a.example:8081")], true),
            ("POST", vec![("host", "a.example:8081"), ("origin", "http://a.example")], false),
            ("POST", vec![("host", "a.example"), ("origin", "https://evil.example")], false),
            ("POST", vec![("host", "a.example"), ("origin", "null")], false),
            ("POST", vec![("host", "a.example")], false),
            ("PUT", vec![], false),
        ] {
            let parts = parts(method, &headers);
            assert_eq!(same_origin(&parts).is_ok(), allowed, "{method} {headers:?}");
        }
    }

    #[test]
    fn programs_may_log_in_and_foreign_pages_may_not() {
        assert!(not_foreign(&parts("POST", &[("host", "a.example")])).is_ok());
        let foreign = [("host", "a.example"), ("origin", "https://evil.example")];
        assert!(not_foreign(&parts("POST", &foreign)).is_err());
    }
}
