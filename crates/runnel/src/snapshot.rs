//! All configuration as one immutable picture that every request reads without a lock.
//! Promise: a request sees one consistent state; an edit swaps the whole picture; a picture that
//! cannot be built leaves the earlier one in force.

mod destinations;
mod library;
mod load;
mod look;
mod secrets;
mod told;

use crate::store::webhook_secrets::StoredSecret;
use rules::assets::{
    Condition, Domain, Event, Funnel, FunnelGroup, Lander, Offer, OfferSource, Settings, Tag,
    TrafficSource, Webhook,
};
use rules::funnel::Ready;
use rules::ids::EntityId;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// An asset as the catalog holds it.
#[derive(Clone, Debug)]
pub struct Held<T> {
    /// Its ID.
    pub id: EntityId,
    /// Counts its saves; a save names the version it was based on.
    pub version: i64,
    /// Archived assets take no new traffic; their hits still convert.
    pub archived: bool,
    /// Its content.
    pub asset: Arc<T>,
}

/// Assets of one kind by ID.
pub type Shelf<T> = HashMap<EntityId, Held<T>>;

/// The picture.
#[derive(Clone, Default)]
pub struct Snapshot {
    /// The account's settings.
    pub settings: Arc<Settings>,
    /// Traffic sources.
    pub sources: Shelf<TrafficSource>,
    /// Offer sources.
    pub offer_sources: Shelf<OfferSource>,
    /// Landers.
    pub landers: Shelf<Lander>,
    /// Offers.
    pub offers: Shelf<Offer>,
    /// Funnels as drawn.
    pub funnels: Shelf<Funnel>,
    /// The plan in force of each funnel, archived ones too: visitors under way go on.
    pub plans: HashMap<EntityId, Arc<Ready>>,
    /// Groups of funnels.
    pub groups: Shelf<FunnelGroup>,
    /// Shared conditions.
    pub conditions: Shelf<Condition>,
    /// Visitor tags.
    pub tags: Shelf<Tag>,
    /// Custom events.
    pub events: Shelf<Event>,
    /// Tracking domains.
    pub domains: Shelf<Domain>,
    /// Webhooks.
    pub webhooks: Shelf<Webhook>,
    /// What they sign with, newest first, also what is over by now.
    pub webhook_secrets: HashMap<EntityId, Vec<StoredSecret>>,
    /// Hosts whose pages may call the tag's endpoints: domains, the sites of landers and offers, and
    /// those that the settings add.
    pub sites: HashSet<String>,
    /// Where ad platforms are called instead of at their own hosts; empty for where they are.
    pub platforms_at: String,
    /// Landers and offers by their own URL without its parameters.
    pub pages_by_address: HashMap<String, Vec<EntityId>>,
    /// Parameters that carry, or once carried, an offer source's token: old calls hold it there.
    pub token_parameters: BTreeSet<String>,
    /// Assets of all shelves that are deleted: kept so that their hits convert, offered to nobody.
    pub deleted: HashSet<EntityId>,
}

impl Snapshot {
    /// The configured URL of a lander or offer.
    pub fn page_url(&self, page: EntityId) -> Option<&str> {
        let lander = self.landers.get(&page).map(|held| held.asset.url.as_str());
        lander.or_else(|| self.offers.get(&page).map(|held| held.asset.url.as_str()))
    }

    /// Whether addresses of the funnel's visitors are truncated before they are written
    /// (product.md §13).
    pub fn truncates(&self, funnel: EntityId) -> bool {
        let funnel = self.funnels.get(&funnel);
        self.settings.truncate_ip || funnel.is_some_and(|held| held.asset.truncate_ip)
    }
}
