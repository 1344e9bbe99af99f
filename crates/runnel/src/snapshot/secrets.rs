//! The secrets of webhooks in the picture.

use super::Snapshot;
use crate::signature::Secret;
use crate::store::webhook_secrets::StoredSecret;
use rules::ids::EntityId;

impl Snapshot {
    /// The secrets of `webhook` that sign at `now_ms` (Unix milliseconds), newest first.
    pub fn secrets_of(
        &self,
        webhook: EntityId,
        now_ms: i64,
    ) -> impl Iterator<Item = &StoredSecret> {
        let held = self.webhook_secrets.get(&webhook).into_iter().flatten();
        held.filter(move |secret| secret.in_force(now_ms))
    }

    /// What signs the calls of `webhook` at `now_ms` (Unix milliseconds).
    pub fn signing_secrets(&self, webhook: EntityId, now_ms: u64) -> Vec<Secret> {
        let in_force = self.secrets_of(webhook, now_ms as i64);
        in_force.filter_map(|secret| Secret::parse(&secret.plain).ok()).collect()
    }

    /// Adds a new secret; those before it end at `earlier_until_ms` at the latest.
    pub(crate) fn put_secret(&mut self, new: StoredSecret, earlier_until_ms: Option<i64>) {
        let held = self.webhook_secrets.entry(new.webhook).or_default();
        held.retain(|secret| secret.in_force(new.created_ms));
        for secret in held.iter_mut() {
            let Some(until_ms) = earlier_until_ms else { continue };
            if secret.until_ms == 0 || secret.until_ms > until_ms {
                secret.until_ms = until_ms;
            }
        }
        held.insert(0, new);
    }
}
