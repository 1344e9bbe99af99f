//! A request's head → its size, for the limits that answer 414 and 431 (product.md §17).

use http::HeaderMap;

/// Bytes that the headers take on the wire.
pub fn bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}
