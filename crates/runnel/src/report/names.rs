//! What IDs are called today, and what they belong to: the only things reports join.

use crate::snapshot::Snapshot;
use crate::store::facts::select::{Dimension, Mapping, Select};
use crate::store::facts::{List, Mapped, Text, kind_key};
use rules::ids::EntityId;
use std::collections::HashMap;

/// Labels of keys.
pub(super) struct Names<'a> {
    snapshot: &'a Snapshot,
    nodes: HashMap<EntityId, String>,
}

impl<'a> Names<'a> {
    /// The names in `snapshot`.
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let drawn = snapshot.funnels.values().flat_map(|held| &held.asset.nodes);
        let nodes = drawn.map(|node| (node.id, node_name(snapshot, node))).collect();
        Self { snapshot, nodes }
    }

    /// What people read for `key`; the key itself where nothing has a name.
    pub(super) fn label(&self, dimension: Dimension, key: &str) -> String {
        let id = key.parse::<EntityId>().ok();
        let named = id.and_then(|id| self.named(dimension, id));
        named.filter(|name| !name.is_empty()).unwrap_or_else(|| key.to_owned())
    }

    fn named(&self, dimension: Dimension, id: EntityId) -> Option<String> {
        let s = self.snapshot;
        match dimension {
            Dimension::Text(Text::Funnel) => s.funnels.get(&id).map(|f| f.asset.name.clone()),
            Dimension::Text(Text::Source) => s.sources.get(&id).map(|f| f.asset.name.clone()),
            Dimension::Text(Text::Event) => s.events.get(&id).map(|f| f.asset.name.clone()),
            Dimension::Path(List::Node) => self.nodes.get(&id).cloned(),
            Dimension::Path(List::Page | List::Lander | List::Offer) => page_name(s, id),
            Dimension::Path(List::Tag) => s.tags.get(&id).map(|tag| tag.asset.name.clone()),
            Dimension::PathMapped(_, Mapping::OfferSource) => {
                s.offer_sources.get(&id).map(|source| source.asset.name.clone())
            }
            Dimension::Mapped(_, Mapping::FunnelGroup) => {
                s.groups.get(&id).map(|group| group.asset.name.clone())
            }
            _ => None,
        }
    }
}

/// A node without a name of its own is called by its only page, or by its kind.
fn node_name(snapshot: &Snapshot, node: &rules::assets::Node) -> String {
    use rules::assets::NodeKind::{Lander, Offer};
    if !node.name.is_empty() {
        return node.name.clone();
    }
    let only_page = match &node.does {
        Lander(pages) | Offer(pages) if pages.pages.len() == 1 => {
            page_name(snapshot, pages.pages[0].page)
        }
        _ => None,
    };
    only_page.unwrap_or_else(|| kind_key(node.does.passed()).to_owned())
}

fn page_name(snapshot: &Snapshot, id: EntityId) -> Option<String> {
    let lander = snapshot.landers.get(&id).map(|lander| &lander.asset.name);
    lander.or_else(|| snapshot.offers.get(&id).map(|offer| &offer.asset.name)).cloned()
}

/// The small tables that `select` needs: an ID and what it belongs to.
pub(super) fn mapped(snapshot: &Snapshot, select: &Select) -> Vec<Mapped> {
    let choices = select.levels.iter().chain(&select.filters);
    let mut needed: Vec<Mapping> = choices.filter_map(|c| c.dimension.mapping()).collect();
    needed.dedup();
    let rows = needed.into_iter().flat_map(|mapping| {
        let of = pairs(snapshot, mapping).into_iter();
        of.filter(|(_, value)| !value.is_empty()).map(move |(id, value)| (mapping, id, value))
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|a, b| (a.0 as i8, &a.1).cmp(&(b.0 as i8, &b.1)));
    rows.dedup();
    rows
}

fn pairs(s: &Snapshot, mapping: Mapping) -> Vec<(String, String)> {
    let of_offers = |value: &dyn Fn(EntityId) -> Option<String>| {
        let sourced = s.offers.iter().filter_map(|(id, o)| Some((id, o.asset.offer_source?)));
        sourced.filter_map(|(id, source)| Some((id.to_string(), value(source)?))).collect()
    };
    match mapping {
        Mapping::FunnelGroup => {
            let grouped = s.funnels.iter().filter_map(|(id, f)| Some((id, f.asset.group?)));
            grouped.map(|(id, group)| (id.to_string(), group.to_string())).collect()
        }
        Mapping::SourceCategory => {
            s.sources.iter().map(|(id, f)| (id.to_string(), f.asset.category.clone())).collect()
        }
        Mapping::OfferSource => of_offers(&|source| Some(source.to_string())),
        Mapping::OfferSourceCategory => {
            of_offers(&|source| Some(s.offer_sources.get(&source)?.asset.category.clone()))
        }
        Mapping::PageCategory => {
            let landers = s.landers.iter().map(|(id, l)| (id, &l.asset.category));
            let offers = s.offers.iter().map(|(id, o)| (id, &o.asset.category));
            landers.chain(offers).map(|(id, c)| (id.to_string(), c.clone())).collect()
        }
    }
}
