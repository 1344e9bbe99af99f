//! From a destination's key to who speaks its language, as the configuration stands.
//! Promise: a destination that nobody configures any more has none, and what is owed to it is settled
//! as such.

use super::adapter::Adapter;
use super::{integrations, postback, webhook};
use crate::snapshot::Snapshot;
use rules::assets::DeliveryLimits;
use rules::ids::EntityId;
use rules::owed::Destination;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A destination that can be called.
#[derive(Clone)]
pub struct Target {
    /// Speaks its language.
    pub adapter: Arc<dyn Adapter>,
    /// How hard it may be called.
    pub limits: DeliveryLimits,
    /// Name people see.
    pub name: String,
}

/// The destination `key`; none if it is not configured.
pub fn target(key: &str, snapshot: &Snapshot) -> Option<Target> {
    match key.parse().ok()? {
        Destination::Postback { source, event } => postback::target(snapshot, source, event),
        Destination::Integration(source) => platform(source, snapshot),
        Destination::Webhook(id) => webhook::target(snapshot, id),
    }
}

/// The ad platform that a traffic source's conversions are sent to.
fn platform(source: EntityId, snapshot: &Snapshot) -> Option<Target> {
    let source = &snapshot.sources.get(&source)?.asset;
    let integration = source.integration.as_ref()?;
    let adapter = integrations::adapter_at(integration, &snapshot.platforms_at).into();
    let name = format!("{}: {}", source.name, integration.kind());
    Some(Target { adapter, limits: DeliveryLimits::default(), name })
}

/// The keys of all destinations that are configured.
pub fn configured(snapshot: &Snapshot) -> BTreeSet<String> {
    let sources = snapshot.sources.values().filter(|held| !snapshot.deleted.contains(&held.id));
    let own = sources.flat_map(|held| {
        let names: Vec<_> = held.asset.postbacks.keys().collect();
        names.into_iter().map(|name| (held.id, name))
    });
    let overriding = snapshot.funnels.values().flat_map(|held| {
        let sources = held.asset.postback_overrides.iter();
        sources.flat_map(|(source, list)| list.keys().map(|name| (*source, name)))
    });
    let postbacks = own.chain(overriding).filter_map(|(source, name)| key(snapshot, source, name));
    let live = snapshot.sources.keys().filter(|id| !snapshot.deleted.contains(id));
    let platforms = live.map(|id| Destination::Integration(*id).to_string());
    let webhooks = snapshot.webhooks.keys().map(|id| Destination::Webhook(*id).to_string());
    let keys = postbacks.chain(platforms).chain(webhooks);
    keys.filter(|key| target(key, snapshot).is_some()).collect()
}

fn key(snapshot: &Snapshot, source: EntityId, name: &str) -> Option<String> {
    let event = match name {
        "conversion" => None,
        name => Some(snapshot.event_named(name)?),
    };
    Some(Destination::Postback { source, event }.to_string())
}
