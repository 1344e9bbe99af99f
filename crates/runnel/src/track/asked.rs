//! HTTP request → what a visitor asks, with everything known of the sender.
//! Promise: limits first (414, 431, 413, 400); nothing in it is trusted yet.

use super::laps::Laps;
use crate::app::App;
use crate::config::Config;
use crate::head;
use crate::head::name::{FORWARDED_HOST, FORWARDED_PROTO, GPC};
use crate::params::Params;
use crate::server::{Arrival, Peer};
use axum::body::{Body, Bytes};
use compact_str::CompactString;
use http::header::{self, AsHeaderName};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use rules::facts::Facts;
use std::net::IpAddr;
use std::sync::Arc;

/// The longest name that DNS knows.
const MOST_HOST_BYTES: usize = 255;

/// What a visitor asks.
pub struct Asked {
    /// GET, HEAD or POST.
    pub method: Method,
    /// What was asked for, as sent.
    uri: Uri,
    /// Parameters of the query string.
    pub query: Params,
    /// The body, unread.
    pub body: Bytes,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The client's address, from a configured proxy's headers or the connection.
    pub address: IpAddr,
    /// Host name of the tracking domain, without port.
    pub host: CompactString,
    /// Whether the client reached us over https.
    pub secure: bool,
    /// The referrer that the tag told; the request's own is the page itself.
    pub told_referrer: Option<String>,
    /// The page's address that the tag told; empty without.
    pub told_url: String,
    /// The moment of arrival, Unix milliseconds.
    pub at_ms: u64,
    /// Times its steps.
    pub laps: Laps,
}

/// Reads a request within the limits of `config`.
/// # Errors
/// The status of the limit that is broken.
pub async fn read(app: &App, arrival: Arrival) -> Result<Asked, StatusCode> {
    let laps = Laps::begin();
    let peer = arrival.peer.0.ip();
    let (parts, body) = arrival.request.into_parts();
    let limits = &app.config;
    if head::url_bytes(&parts.uri) > limits.url_bytes {
        return Err(StatusCode::URI_TOO_LONG);
    }
    if head::bytes(&parts.headers) > limits.header_bytes {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let query = Params::read(parts.uri.query().unwrap_or_default().as_bytes());
    if query.exceeds(limits.parameters, limits.value_bytes) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let body = read_body(&parts.method, body, limits).await?;
    if !body.is_empty()
        && form(&parts.headers, &body).exceeds(limits.parameters, limits.value_bytes)
    {
        return Err(StatusCode::BAD_REQUEST);
    }
    let trusted = app.proxies.trusts(peer);
    Ok(Asked {
        address: app.proxies.client(peer, &parts.headers),
        host: host(&parts.headers, parts.uri.host(), trusted),
        secure: trusted
            && head::text(&parts.headers, FORWARDED_PROTO).eq_ignore_ascii_case("https"),
        uri: parts.uri,
        method: parts.method,
        headers: parts.headers,
        at_ms: app.clock.now_ms(),
        told_referrer: None,
        told_url: String::new(),
        query,
        body,
        laps,
    })
}

/// The tracking domain that a request asks, without port.
pub fn domain(app: &App, request: &Request<Body>) -> CompactString {
    let peer = request.extensions().get::<Peer>();
    let trusted = peer.is_some_and(|peer| app.proxies.trusts(peer.0.ip()));
    host(request.headers(), request.uri().host(), trusted)
}

async fn read_body(method: &Method, body: Body, limits: &Config) -> Result<Bytes, StatusCode> {
    if method != Method::POST {
        return Ok(Bytes::new());
    }
    let read = crate::body::read(body, limits.body_bytes, crate::body::PATIENCE).await;
    read.map_err(|unread| unread.status())
}

/// Fields of a posted form; none of any other body.
fn form(headers: &HeaderMap, body: &[u8]) -> Params {
    let form =
        head::text(headers, header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded");
    if form { Params::read(body) } else { Params::default() }
}

fn host(headers: &HeaderMap, uri_host: Option<&str>, trusted: bool) -> CompactString {
    let forwarded =
        trusted.then(|| head::text(headers, FORWARDED_HOST)).filter(|host| !host.is_empty());
    let host = forwarded.or(uri_host).unwrap_or_else(|| head::text(headers, header::HOST));
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host }
    });
    let mut host = CompactString::from(name.get(..MOST_HOST_BYTES).unwrap_or(name));
    host.make_ascii_lowercase();
    host
}

impl Asked {
    /// HEAD answers like GET and records nothing (product.md §3).
    pub fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    /// A header's text; empty if it is missing or no text.
    pub fn header(&self, name: impl AsHeaderName) -> &str {
        head::text(&self.headers, name)
    }

    /// Whether the browser sends Global Privacy Control (w3c.github.io/gpc: `Sec-GPC: 1`).
    pub fn wants_privacy(&self) -> bool {
        self.header(GPC) == "1"
    }

    /// The referrer's URL.
    pub fn referrer(&self) -> &str {
        self.header(header::REFERER)
    }

    /// The referrer of an entrance: what the tag told, else the request's own.
    pub fn entrance_referrer(&self) -> &str {
        self.told_referrer.as_deref().unwrap_or_else(|| self.referrer())
    }

    /// The URL that was asked for.
    pub fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query.0).finish();
        format!("{scheme}://{}{}?{query}", self.host, self.uri.path())
    }

    /// What is known of the sender, with the address as it may be kept. Who goes on with a visit that they
    /// `entered` from the same address is in the same place: it is not looked up again.
    pub fn facts(&self, app: &App, truncate: bool, entered: Option<&Facts>) -> Arc<Facts> {
        self.laps.lap("parse");
        let there = entered.filter(|entered| !truncate && entered.ip == Some(self.address));
        let mut facts = there.cloned().unwrap_or_else(|| app.enricher.place(self.address));
        self.laps.lap("geo");
        app.enricher.describe(&self.headers, &mut facts);
        self.laps.lap("device");
        if truncate {
            facts.ip = facts.ip.map(crate::enrich::truncated);
        }
        facts.into()
    }

    /// Fields of a posted form.
    pub fn form(&self) -> Params {
        form(&self.headers, &self.body)
    }
}
