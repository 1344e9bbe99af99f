//! Webhooks: what happened → a signed call to an address of the owner's own.
//! Promise: the body is the same at every attempt; the signature names the attempt's time and is made
//! with every secret in force then (product.md §10, Standard Webhooks).

use super::adapter::{Adapter, Context, Prepared, Rendered};
use super::destination::Target;
use super::{Told, Verdict};
use crate::signature::{Secret, signed_headers};
use crate::snapshot::Snapshot;
use crate::store::webhook_secrets::StoredSecret;
use bytes::Bytes;
use http::Method;
use rules::assets::DeliveryLimits;
use rules::ids::EntityId;
use rules::notice;
use std::sync::Arc;
use url::Url;

/// Speaks to one webhook.
pub struct WebhookAdapter {
    url: Url,
    secrets: Vec<StoredSecret>,
}

impl WebhookAdapter {
    /// For the webhook `id`, enabled or not; none if there is no such webhook any more.
    pub fn of(snapshot: &Snapshot, id: EntityId) -> Option<Self> {
        let held = snapshot.webhooks.get(&id).filter(|_| !snapshot.deleted.contains(&id))?;
        let url = held.asset.url.parse().ok()?;
        let secrets = snapshot.webhook_secrets.get(&id).cloned().unwrap_or_default();
        Some(Self { url, secrets })
    }

    /// A signed call with `body` under the delivery's `id`.
    pub fn call(&self, id: &str, body: String, now_ms: u64) -> Prepared {
        let in_force = self.secrets.iter().filter(|secret| secret.in_force(now_ms as i64));
        let secrets: Vec<_> = in_force.filter_map(|held| Secret::parse(&held.plain).ok()).collect();
        let headers = signed_headers(id, now_ms / 1000, body.as_bytes(), &secrets);
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

    fn check(&self, told: &Told, with: &Context<'_>) -> Option<Prepared> {
        Some(self.call(&told.delivery, notice::test_body(with.now_ms), with.now_ms))
    }
}

/// The webhook `id`; none while it is disabled or archived.
pub(super) fn target(snapshot: &Snapshot, id: EntityId) -> Option<Target> {
    let held = snapshot.webhooks.get(&id)?;
    if held.archived || !held.asset.enabled {
        return None;
    }
    let adapter = Arc::new(WebhookAdapter::of(snapshot, id)?);
    let name = format!("webhook: {}", held.asset.name);
    Some(Target { adapter, limits: DeliveryLimits::default(), name })
}
