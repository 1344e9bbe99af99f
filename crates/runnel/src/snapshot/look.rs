//! Small questions to the picture.

use super::Snapshot;
use rules::assets::NodeKind;
use rules::ids::EntityId;
use std::collections::HashSet;

impl Snapshot {
    /// The custom event of this name; one in use before an archived one.
    pub fn event_named(&self, name: &str) -> Option<EntityId> {
        let named = self.events.values().filter(|held| held.asset.name == name);
        named.min_by_key(|held| (held.archived, held.id)).map(|held| held.id)
    }

    /// The names that traffic sources give to their fields: aliases of tokens.
    pub fn field_aliases(&self) -> Vec<&str> {
        let fields = self.sources.values().flat_map(|held| held.asset.fields.values());
        fields.map(|field| field.name.as_str()).collect()
    }

    /// What is wrong with a funnel against this picture, as texts.
    pub fn problems_of(&self, funnel: EntityId) -> Vec<String> {
        let Some(held) = self.funnels.get(&funnel) else { return Vec::new() };
        let shown = held.asset.nodes.iter().flat_map(|node| match &node.does {
            NodeKind::Lander(shows) | NodeKind::Offer(shows) => shows.pages.as_slice(),
            _ => &[],
        });
        let known = |page| self.landers.contains_key(page) || self.offers.contains_key(page);
        let lost = shown.filter(|shown| !known(&shown.page));
        lost.map(|shown| format!("there is no page {}", shown.page)).collect()
    }

    /// The hosts of tracking domains, landers and offers.
    pub(super) fn hosts(&self) -> HashSet<String> {
        let landers = self.landers.values().map(|held| &held.asset.url);
        let pages = landers.chain(self.offers.values().map(|held| &held.asset.url));
        let hosts =
            pages.filter_map(|url| url::Url::parse(url).ok()?.host_str().map(str::to_owned));
        hosts.chain(self.domains.values().map(|held| held.asset.name.clone())).collect()
    }
}
