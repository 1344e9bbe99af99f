//! A request's head → its size, for the limits that answer 414 and 431 (product.md §17).

use http::{HeaderMap, Uri};

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
