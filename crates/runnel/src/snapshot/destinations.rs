//! Who is to be told of conversions and events, as the configuration stands.

use super::Snapshot;
use rules::assets::{Integration, SourcePostback, TellWhen, WebhookEvent};
use rules::ids::EntityId;
use rules::owed::{Destination, Wish};
use std::collections::BTreeMap;

impl Snapshot {
    /// The destinations that may have to be told of a conversion (of `event`, if one is named) of a
    /// visit from `source` in `funnel`, with their wishes.
    pub fn wishes(&self, source: EntityId, funnel: EntityId, event: Option<EntityId>) -> Vec<Wish> {
        let postback = self.postback(source, funnel, event).map(|postback| {
            let key = Destination::Postback { source, event };
            Wish::of_postback(key.to_string(), postback)
        });
        let integration = self.integration(source, event).map(|integration| {
            let key = Destination::Integration(source);
            Wish::of_integration(key.to_string(), integration)
        });
        let webhooks = self.hearing(source, funnel, event);
        postback.into_iter().chain(integration).chain(webhooks).collect()
    }

    /// The owner's webhooks: told of every change, whatever `disable_postbacks` says.
    fn hearing(
        &self,
        source: EntityId,
        funnel: EntityId,
        event: Option<EntityId>,
    ) -> impl Iterator<Item = Wish> {
        let what = match event {
            Some(_) => WebhookEvent::Event,
            None => WebhookEvent::Conversion,
        };
        let hearing = self
            .webhooks
            .values()
            .filter(move |held| !held.archived && held.asset.hears(what, funnel, source));
        hearing.map(|held| Wish {
            destination: Destination::Webhook(held.id).to_string(),
            tell: TellWhen::EveryChange,
            adjusts: true,
            retracts: true,
            owner: true,
            ..Wish::default()
        })
    }

    /// The ad platform that `source` is connected to, if it is told of a conversion (or of `event`).
    fn integration(&self, source: EntityId, event: Option<EntityId>) -> Option<&Integration> {
        let integration = self.sources.get(&source)?.asset.integration.as_ref()?;
        let sent = match event.map(|event| self.events.get(&event)) {
            Some(event) => integration.sends_event(&event?.asset.name),
            None => integration.sends_conversions(),
        };
        Some(integration).filter(|_| sent)
    }

    /// The postback that `source` wants for a conversion (or for `event`) in `funnel`: the funnel's
    /// override, else the source's own.
    pub fn postback(
        &self,
        source: EntityId,
        funnel: EntityId,
        event: Option<EntityId>,
    ) -> Option<&SourcePostback> {
        let funnel = self.funnels.get(&funnel).map(|held| &held.asset.postback_overrides);
        let overriding = funnel.and_then(|overrides| overrides.get(&source));
        match overriding.and_then(|list| self.named(list, event)) {
            Some(postback) => Some(postback).filter(|postback| !postback.url.is_empty()),
            None => self.own_postback(source, event),
        }
    }

    /// The postback that `source` itself wants for a conversion (or for `event`).
    pub fn own_postback(
        &self,
        source: EntityId,
        event: Option<EntityId>,
    ) -> Option<&SourcePostback> {
        let held = self.sources.get(&source)?;
        let postback = self.named(&held.asset.postbacks, event)?;
        Some(postback).filter(|postback| !postback.url.is_empty())
    }

    /// Postbacks are kept under `conversion` or an event's name, in any case.
    fn named<'a>(
        &self,
        list: &'a BTreeMap<String, SourcePostback>,
        event: Option<EntityId>,
    ) -> Option<&'a SourcePostback> {
        match event {
            None => list.get("conversion"),
            Some(event) => {
                let mut events = list.iter().filter(|(name, _)| *name != "conversion");
                let found = events.find(|(name, _)| self.event_named(name) == Some(event));
                found.map(|(_, postback)| postback)
            }
        }
    }
}
