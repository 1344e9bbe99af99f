//! Requests to platforms: a JSON body with a key in a header that no debug form shows.

use crate::deliver::Prepared;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use url::Url;

/// The address `base` with `segments` behind its path, encoded.
pub fn address(base: &str, segments: &[&str]) -> Url {
    let mut url = Url::parse(base).expect("a platform's address is a constant of ours");
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// A POST of `body` that carries the deliveries at `of`.
pub fn post(url: Url, key: Option<(HeaderName, String)>, body: &Value, of: Vec<usize>) -> Prepared {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some((name, value)) = key {
        put_secret(&mut headers, name, &value);
    }
    Prepared { method: Method::POST, url, headers, body: Bytes::from(body.to_string()), of }
}

/// A POST of a form, for tokens.
pub fn post_form(url: Url, fields: &[(&str, &str)]) -> Prepared {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, form)]);
    Prepared { method: Method::POST, url, headers, body: Bytes::from(body), of: vec![0] }
}

/// `Authorization: Bearer …`.
pub fn bearer(token: &str) -> (HeaderName, String) {
    (header::AUTHORIZATION, format!("Bearer {token}"))
}

/// Adds a header that no debug form shows; a value that cannot be one is left out.
pub fn put_secret(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}
