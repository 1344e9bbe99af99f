//! Webhooks: what happened → a signed call to an address of the owner's own.
//! Promise: the body is the same at every attempt; the signature names the attempt's time and is made
//! with every secret in force (product.md §10, Standard Webhooks).

use super::adapter::{Adapter, Context, Prepared, Rendered};
use super::{Told, Verdict};
use crate::signature::{Secret, signed_headers};
use bytes::Bytes;
use http::Method;
use rules::notice;
use url::Url;

/// Speaks to one webhook.
#[derive(Clone, Debug)]
pub struct WebhookAdapter {
    /// Where to.
    pub url: Url,
    /// The secrets in force, newest first.
    pub secrets: Vec<Secret>,
}

impl WebhookAdapter {
    /// A signed call with `body` under the delivery's `id`.
    pub fn call(&self, id: &str, body: String, now_ms: u64) -> Prepared {
        let headers = signed_headers(id, now_ms / 1000, body.as_bytes(), &self.secrets);
        let (method, url) = (Method::POST, self.url.clone());
        Prepared { method, url, headers, body: Bytes::from(body), of: vec![0] }
    }
}

impl Adapter for WebhookAdapter {
    fn render(&self, told: &[Told], with: &Context<'_>) -> Rendered {
        let calls = told.iter().enumerate().map(|(place, told)| {
            let call = self.call(&told.delivery, notice::body(told), with.now_ms);
            Prepared { of: vec![place], ..call }
        });
        Rendered { calls: calls.collect(), settled: Vec::<(usize, Verdict)>::new() }
    }
}
