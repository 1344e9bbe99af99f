//! Small questions to the picture.

use super::{Shelf, Snapshot};
use crate::error::Fault;
use rules::assets::{Condition, Funnel};
use rules::ids::EntityId;
use std::collections::HashMap;

impl Snapshot {
    /// The custom event of this name, in any case; one in use before an archived one. Deleted ones
    /// have no name any more.
    pub fn event_named(&self, name: &str) -> Option<EntityId> {
        let same = |own: &str| own.eq_ignore_ascii_case(name.trim());
        let kept = self.events.values().filter(|held| !self.deleted.contains(&held.id));
        let named = kept.filter(|held| same(&held.asset.name));
        named.min_by_key(|held| (held.archived, held.id)).map(|held| held.id)
    }

    /// The names that traffic sources give to their fields: aliases of tokens.
    pub fn field_aliases(&self) -> Vec<&str> {
        let fields = self.sources.values().flat_map(|held| held.asset.fields.values());
        fields.map(|field| field.name.as_str()).collect()
    }

    /// Whether `shelf` holds the asset and nobody deleted it.
    pub fn holds<T>(&self, shelf: &Shelf<T>, id: EntityId) -> bool {
        shelf.contains_key(&id) && !self.deleted.contains(&id)
    }

    /// Whether any shelf holds the asset.
    pub fn holds_any(&self, id: EntityId) -> bool {
        self.sources.contains_key(&id)
            || self.offer_sources.contains_key(&id)
            || self.landers.contains_key(&id)
            || self.offers.contains_key(&id)
            || self.funnels.contains_key(&id)
            || self.conditions.contains_key(&id)
            || self.tags.contains_key(&id)
            || self.events.contains_key(&id)
    }

    /// What is wrong with the funnel of this ID against this picture.
    pub fn problems_of(&self, funnel: EntityId) -> Vec<Fault> {
        self.funnels.get(&funnel).map_or_else(Vec::new, |held| self.problems(&held.asset))
    }

    /// What is wrong with a funnel against this picture.
    pub fn problems(&self, funnel: &Funnel) -> Vec<Fault> {
        let problems = rules::funnel::problems(funnel, self);
        problems.into_iter().map(|problem| Fault::new(problem.at, problem.message)).collect()
    }

    /// What is wrong with a shared condition.
    pub fn condition_problems(&self, condition: &Condition) -> Vec<Fault> {
        let problems = rules::funnel::condition_problems(condition, self);
        problems.into_iter().map(|problem| Fault::new(problem.at, problem.message)).collect()
    }

    /// Landers and offers whose own URL is `address`, whatever the parameters.
    pub fn pages_at(&self, address: &str) -> &[EntityId] {
        self.pages_by_address.get(without_query(address)).map_or(&[], Vec::as_slice)
    }

    /// The parameters in which offer sources ask for their tokens.
    pub fn asked_tokens(&self) -> Vec<String> {
        let tokens = self.offer_sources.values().filter_map(|held| held.asset.token.as_ref());
        let names = tokens.map(|token| token.parameter.clone());
        names.filter(|name| !name.is_empty()).collect()
    }

    /// Gathers the addresses of landers and offers, and the hosts whose pages may call.
    pub fn find_sites(&mut self) {
        let landers = self.landers.values().map(|held| (held.id, &held.asset.url));
        let offers = self.offers.values().map(|held| (held.id, &held.asset.url));
        let mut pages = HashMap::<_, Vec<_>>::new();
        for (id, url) in landers.chain(offers) {
            pages.entry(without_query(url).to_owned()).or_default().push(id);
        }
        pages.values_mut().for_each(|ids| ids.sort_unstable());
        self.pages_by_address = pages;
        let landers = self.landers.values().map(|held| &held.asset.url);
        let pages = landers.chain(self.offers.values().map(|held| &held.asset.url));
        let hosts =
            pages.filter_map(|url| url::Url::parse(url).ok()?.host_str().map(str::to_owned));
        let domains = self.domains.values().map(|held| held.asset.name.clone());
        let further = self.settings.tag.sites.iter().cloned();
        self.sites = hosts.chain(domains).chain(further).collect();
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}
