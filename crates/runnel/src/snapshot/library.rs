//! The picture as the library that funnels are checked and compiled against.

use super::{Shelf, Snapshot};
use rules::assets::{Condition, Lander, Offer, OfferSource, Webhook};
use rules::funnel::{Library, Shelved};
use rules::ids::EntityId;

impl Library for Snapshot {
    fn lander(&self, id: EntityId) -> Option<Shelved<'_, Lander>> {
        shelved(self, &self.landers, id)
    }

    fn offer(&self, id: EntityId) -> Option<Shelved<'_, Offer>> {
        shelved(self, &self.offers, id)
    }

    fn offer_source(&self, id: EntityId) -> Option<&OfferSource> {
        asset(self, &self.offer_sources, id)
    }

    fn condition(&self, id: EntityId) -> Option<&Condition> {
        asset(self, &self.conditions, id)
    }

    fn has_tag(&self, id: EntityId) -> bool {
        self.holds(&self.tags, id)
    }

    fn has_event(&self, name: &str) -> bool {
        self.event_named(name).is_some()
    }

    fn webhook(&self, id: EntityId) -> Option<&Webhook> {
        asset(self, &self.webhooks, id)
    }

    fn app_schemes(&self) -> &[String] {
        &self.settings.app_schemes
    }
}

fn asset<'a, T>(snapshot: &Snapshot, shelf: &'a Shelf<T>, id: EntityId) -> Option<&'a T> {
    shelved(snapshot, shelf, id).map(|shelved| shelved.asset)
}

/// Deleted assets are not there for funnels that are checked or compiled anew.
fn shelved<'a, T>(
    snapshot: &Snapshot,
    shelf: &'a Shelf<T>,
    id: EntityId,
) -> Option<Shelved<'a, T>> {
    let held = shelf.get(&id).filter(|held| !snapshot.deleted.contains(&held.id))?;
    Some(Shelved { asset: &held.asset, archived: held.archived })
}
