//! Webhooks.

use crate::publish::asset::shelved;
use crate::publish::{Asset, Findings};
use crate::snapshot::Snapshot;
use crate::store::catalog::Kind;
use rules::assets::Webhook;
use rules::ids::EntityId;
use std::collections::HashSet;
use url::Url;

/// Most bytes of a URL.
const MOST_URL_BYTES: usize = 2 * 1024;
/// Most funnels or sources that one names.
const MOST_NAMED: usize = 200;

impl Asset for Webhook {
    const KIND: Kind = Kind::Webhooks;
    const SIGNS: bool = true;
    /// Each may be told of every conversion.
    const MOST: usize = 50;

    shelved!(webhooks);

    fn check(&self, _: EntityId, among: &Snapshot, findings: &mut Findings) {
        callable("url", &self.url, findings);
        let all = self.events.iter().collect::<HashSet<_>>();
        findings.fault_if(all.len() < self.events.len(), "events", "names an event twice");
        let many = self.funnels.len() > MOST_NAMED || self.sources.len() > MOST_NAMED;
        findings.fault_if(many, "funnels", "are more than 200, or the sources are");
        for (place, id) in self.funnels.iter().enumerate().take(MOST_NAMED) {
            let lost = !among.holds(&among.funnels, *id);
            findings.fault_if(lost, format!("funnels[{place}]"), "is no funnel");
        }
        for (place, id) in self.sources.iter().enumerate().take(MOST_NAMED) {
            let lost = !among.holds(&among.sources, *id);
            findings.fault_if(lost, format!("sources[{place}]"), "is no traffic source");
        }
    }

    fn refers_to(&self, _: &Snapshot) -> Vec<EntityId> {
        self.funnels.iter().chain(&self.sources).copied().collect()
    }

    /// Addresses of such services carry keys in their path.
    fn hide_secrets(&mut self) {
        let origin = Url::parse(&self.url).map(|url| url.origin().ascii_serialization());
        self.url = origin.unwrap_or_default();
    }
}

/// An address that can be called as it stands: no tokens.
pub(super) fn callable(field: &str, url: &str, findings: &mut Findings) {
    findings.fault_if(url.len() > MOST_URL_BYTES, field, "is longer than 2 KiB");
    match rules::assets::callable(url) {
        Err(message) => findings.fault(field, message),
        Ok(()) if url.starts_with("http:") => {
            findings.warn(field, "is not https: what is sent can be read on its way");
        }
        Ok(()) => {}
    }
}
