//! The picture as the library that funnels are checked and compiled against.

use super::{Held, Shelf, Snapshot};
use rules::assets::{Condition, Lander, Offer, OfferSource};
use rules::funnel::{Library, Shelved};
use rules::ids::EntityId;

impl Library for Snapshot {
    fn lander(&self, id: EntityId) -> Option<Shelved<'_, Lander>> {
        shelved(&self.landers, id)
    }

    fn offer(&self, id: EntityId) -> Option<Shelved<'_, Offer>> {
        shelved(&self.offers, id)
    }

    fn offer_source(&self, id: EntityId) -> Option<&OfferSource> {
        asset(&self.offer_sources, id)
    }

    fn condition(&self, id: EntityId) -> Option<&Condition> {
        asset(&self.conditions, id)
    }

    fn has_tag(&self, id: EntityId) -> bool {
        self.tags.contains_key(&id)
    }

    fn has_event(&self, name: &str) -> bool {
        self.event_named(name).is_some()
    }

    fn app_schemes(&self) -> &[String] {
        &self.settings.app_schemes
    }
}

fn asset<T>(shelf: &Shelf<T>, id: EntityId) -> Option<&T> {
    shelf.get(&id).map(|held: &Held<T>| held.asset.as_ref())
}

fn shelved<T>(shelf: &Shelf<T>, id: EntityId) -> Option<Shelved<'_, T>> {
    let held = shelf.get(&id)?;
    Some(Shelved { asset: &held.asset, archived: held.archived })
}
