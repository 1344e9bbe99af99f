//! A request's head → its size, for the limits that answer 414 and 431 (product.md §17).

use http::{HeaderMap, HeaderName, Uri, header::AsHeaderName};

/// Headers that the standard library of HTTP has no names for: a name that is ready costs a third of
/// one that is read from text each time.
pub mod name {
    use super::HeaderName;
    /// The host that a proxy was asked for.
    pub const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
    /// The scheme that a proxy was asked by.
    pub const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
    /// The addresses that a request came through.
    pub const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    /// Global Privacy Control.
    pub const GPC: HeaderName = HeaderName::from_static("sec-gpc");
    /// Why a browser fetches (prefetch, prerender).
    pub const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
    /// The same, as earlier browsers say it.
    pub const PURPOSE: HeaderName = HeaderName::from_static("purpose");
    /// The same, as Firefox once said it.
    pub const MOZ: HeaderName = HeaderName::from_static("x-moz");
    /// The brands that a browser names.
    pub const CH_UA: HeaderName = HeaderName::from_static("sec-ch-ua");
    /// The platform that a browser names.
    pub const CH_UA_PLATFORM: HeaderName = HeaderName::from_static("sec-ch-ua-platform");
}

/// A header's text; empty if it is missing or no text.
pub fn text(headers: &HeaderMap, name: impl AsHeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Bytes of the URL as it was sent.
pub fn url_bytes(url: &Uri) -> usize {
    let scheme = url.scheme_str().map_or(0, |scheme| scheme.len() + "://".len());
    let authority = url.authority().map_or(0, |authority| authority.as_str().len());
    scheme + authority + url.path_and_query().map_or(0, |path| path.as_str().len())
}

/// Bytes that the headers take on the wire.
pub fn bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}
