//! Webhooks: addresses of the owner's own that are told what happens.

use crate::ids::EntityId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An address that is told of events, signed after Standard Webhooks. Its secrets are kept apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Webhook {
    /// Name people see.
    pub name: String,
    /// Where it is told, http or https.
    pub url: String,
    /// What it is told of; nothing for one that only signs the questions of middleware nodes.
    #[serde(default)]
    pub events: Vec<WebhookEvent>,
    /// Only of these funnels; empty for all. Alerts are of none.
    #[serde(default)]
    pub funnels: Vec<EntityId>,
    /// Only of these traffic sources; empty for all.
    #[serde(default)]
    pub sources: Vec<EntityId>,
    /// Whether it is told at all.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// What a webhook can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookEvent {
    /// Conversions: new, changed, rejected.
    Conversion,
    /// Custom events: new, changed, rejected.
    Event,
    /// Visits to the webhook nodes that name this webhook.
    NodeVisit,
    /// Something the owner should know.
    Alert,
}

impl Webhook {
    /// Whether it is told of `event` in this funnel, from this source.
    pub fn hears(&self, event: WebhookEvent, funnel: EntityId, source: EntityId) -> bool {
        let among = |list: &[EntityId], id| list.is_empty() || list.contains(&id);
        self.enabled
            && self.events.contains(&event)
            && among(&self.funnels, funnel)
            && among(&self.sources, source)
    }

    /// Whether it is told of alerts.
    pub fn hears_alerts(&self) -> bool {
        self.enabled && self.events.contains(&WebhookEvent::Alert)
    }
}

fn yes() -> bool {
    true
}

/// Whether `url` can be called as it stands: http or https, a host, no tokens.
/// # Errors
/// What is wrong with it, to be read after the field.
pub fn callable(url: &str) -> Result<(), &'static str> {
    if url.contains(['{', '}']) {
        return Err("holds a token: it is called as it stands");
    }
    match url::Url::parse(url) {
        Ok(read) if !matches!(read.scheme(), "http" | "https") => Err("is neither http nor https"),
        Ok(read) if read.host_str().is_some() => Ok(()),
        _ => Err("is no URL"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_hears_what_it_asked_for() {
        let id = |text: &str| text.parse().unwrap();
        let (one, two) = (id("F00000000001"), id("F00000000002"));
        let all = Webhook {
            events: vec![WebhookEvent::Conversion, WebhookEvent::Alert],
            enabled: true,
            ..Webhook::default()
        };
        assert!(all.hears(WebhookEvent::Conversion, one, two) && all.hears_alerts());
        assert!(!all.hears(WebhookEvent::Event, one, two));
        let some = Webhook { funnels: vec![one], sources: vec![two], ..all.clone() };
        assert!(some.hears(WebhookEvent::Conversion, one, two));
        assert!(!some.hears(WebhookEvent::Conversion, two, two));
        assert!(!some.hears(WebhookEvent::Conversion, one, one));
        let off = Webhook { enabled: false, ..all };
        assert!(!off.hears(WebhookEvent::Conversion, one, two) && !off.hears_alerts());
    }

    #[test]
    fn only_plain_addresses_are_called() {
        assert_eq!(callable("https://hooks.example:8443/a?b=c"), Ok(()));
        for bad in ["", "hooks.example", "ftp://a.example/", "https://a.example/{hit}", "https://"]
        {
            assert!(callable(bad).is_err(), "{bad}");
        }
    }
}
