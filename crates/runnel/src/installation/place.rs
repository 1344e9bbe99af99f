//! What a tag says about where its page is: from the page's address, then the script's attributes, then
//! the script's own address.

use super::findings::{Finding, error, info};
use super::page::{Script, parameter};
use crate::snapshot::Snapshot;
use rules::ids::EntityId;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

/// Where the page is. What is not said is empty.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Place {
    /// The funnel.
    pub funnel: String,
    /// The traffic source of those who come without a redirect.
    pub source: String,
    /// The node.
    pub node: String,
    /// The lander or offer.
    pub page: String,
}

impl Place {
    pub(super) fn of(tag: &Script, url: &Url) -> Self {
        let said = |name| parameter(url, name).or_else(|| tag.says(name)).unwrap_or_default();
        Self { funnel: said("f"), source: said("ts"), node: said("n"), page: said("p") }
    }

    /// What the place means in this account.
    pub(super) fn findings(&self, snapshot: &Snapshot) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut look = |code, word: &str, text: &str, there: &dyn Fn(EntityId) -> bool| {
            if !text.is_empty() && !text.parse().is_ok_and(there) {
                findings.push(error(
                    code,
                    format!("The tag names {word} {text}, which does not exist."),
                ));
            }
        };
        look("unknown_funnel", "the funnel", &self.funnel, &|id| {
            snapshot.holds(&snapshot.funnels, id)
        });
        look("unknown_source", "the traffic source", &self.source, &|id| {
            snapshot.holds(&snapshot.sources, id)
        });
        look("unknown_page", "the page", &self.page, &|id| {
            snapshot.holds(&snapshot.landers, id) || snapshot.holds(&snapshot.offers, id)
        });
        look("unknown_node", "the node", &self.node, &|id| self.has_node(snapshot, id));
        findings.push(info("reports", self.in_words(snapshot)));
        findings
    }

    /// Whether the funnel (or any, if none is named) has this node.
    fn has_node(&self, snapshot: &Snapshot, node: EntityId) -> bool {
        let funnel: Option<EntityId> = self.funnel.parse().ok();
        let named = snapshot.funnels.values().filter(|held| funnel.is_none_or(|id| id == held.id));
        named.flat_map(|held| &held.asset.nodes).any(|own| own.id == node)
    }

    fn in_words(&self, snapshot: &Snapshot) -> String {
        let page = self.page.parse().ok().and_then(|id| page_name(snapshot, id));
        let funnel = self.funnel.parse().ok().and_then(|id| snapshot.funnels.get(&id));
        let inside = funnel.map(|held| format!(" of funnel “{}”", held.asset.name));
        let inside = inside.unwrap_or_default();
        match (self.node.as_str(), page, self.funnel.as_str()) {
            ("", None, "") => {
                "The tag does not say where the page is: visitors who came by a link of \
                               yours are known by its vid, others are not recorded."
                    .into()
            }
            ("", None, _) => format!("Views count as entrances{inside}."),
            ("", Some(page), _) => format!("Views count for the page “{page}”{inside}."),
            (node, ..) => format!("Views count for node {node}{inside}."),
        }
    }
}

fn page_name(snapshot: &Snapshot, id: EntityId) -> Option<&str> {
    let lander = snapshot.landers.get(&id).map(|held| held.asset.name.as_str());
    lander.or_else(|| snapshot.offers.get(&id).map(|held| held.asset.name.as_str()))
}
