//! What a funnel may refer to: the assets of the account, behind one small interface.
//! Promise: looking only; validity and compiling see the same library.

use crate::assets::{Condition, Lander, Offer, OfferSource, Webhook};
use crate::ids::EntityId;

/// An asset and whether it is archived.
#[derive(Clone, Copy, Debug)]
pub struct Shelved<'a, T> {
    /// Its content.
    pub asset: &'a T,
    /// Archived assets take no new traffic where another is there.
    pub archived: bool,
}

/// The assets that funnels refer to.
pub trait Library {
    /// The lander of this ID.
    fn lander(&self, id: EntityId) -> Option<Shelved<'_, Lander>>;
    /// The offer of this ID.
    fn offer(&self, id: EntityId) -> Option<Shelved<'_, Offer>>;
    /// The offer source of this ID.
    fn offer_source(&self, id: EntityId) -> Option<&OfferSource>;
    /// The shared condition of this ID.
    fn condition(&self, id: EntityId) -> Option<&Condition>;
    /// Whether there is such a tag.
    fn has_tag(&self, id: EntityId) -> bool;
    /// Whether there is a custom event of this name.
    fn has_event(&self, name: &str) -> bool;
    /// The webhook of this ID.
    fn webhook(&self, id: EntityId) -> Option<&Webhook>;
    /// Schemes that destinations may have beside http and https (`market`), a setting.
    fn app_schemes(&self) -> &[String];
}
