//! Who refers to an asset: the reason why it cannot be deleted.

use super::Asset;
use crate::snapshot::{Shelf, Snapshot};
use rules::ids::EntityId;

/// An asset that refers to `id`, for people: `funnel Demo`.
pub(super) fn user_of(picture: &Snapshot, id: EntityId) -> Option<String> {
    on_shelf(picture, &picture.funnels, id)
        .or_else(|| on_shelf(picture, &picture.offers, id))
        .or_else(|| on_shelf(picture, &picture.conditions, id))
        .or_else(|| on_shelf(picture, &picture.sources, id))
        .or_else(|| on_shelf(picture, &picture.offer_sources, id))
        .or_else(|| on_shelf(picture, &picture.webhooks, id))
}

fn on_shelf<A: Asset>(picture: &Snapshot, shelf: &Shelf<A>, id: EntityId) -> Option<String> {
    let others = shelf.values().filter(|held| held.id != id && !picture.deleted.contains(&held.id));
    let mut users = others.filter(|held| held.asset.refers_to(picture).contains(&id));
    users.next().map(|held| format!("{} {}", A::KIND.noun(), held.asset.name()))
}
