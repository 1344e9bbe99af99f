//! A plan → the destination of every page at every node, and of every external node.
//! Promise: layered once when the plan is made ready: page URL → offer source → page → node → funnel
//! (product.md §5).

use super::plan::{Plan, PlanPage};
use crate::assets::{NodeKind, PageNode};
use crate::destination::{Destination, DestinationParts, VID};
use crate::ids::EntityId;
use std::collections::{BTreeMap, HashMap};

/// Destinations by node and page; external nodes have no page.
pub(super) type Destinations = HashMap<(EntityId, Option<EntityId>), Destination>;

/// All destinations of `plan`.
pub(super) fn of(plan: &Plan) -> Destinations {
    let mut all = Destinations::new();
    for node in &plan.nodes {
        match &node.does {
            NodeKind::Lander(shows) | NodeKind::Offer(shows) => {
                let pages =
                    shows.pages.iter().filter_map(|s| Some((s.page, plan.pages.get(&s.page)?)));
                all.extend(
                    pages.map(|(id, page)| ((node.id, Some(id)), of_page(plan, shows, page))),
                );
            }
            NodeKind::External { url, redirect } => {
                let layers = vec![layer(&plan.parameters)];
                let (url, redirect) = (url.clone(), *redirect);
                let parts = DestinationParts {
                    url,
                    layers,
                    accumulate: false,
                    vid_parameter: VID.into(),
                    redirect,
                };
                all.insert((node.id, None), parts.into());
            }
            _ => {}
        }
    }
    all
}

fn of_page(plan: &Plan, shows: &PageNode, page: &PlanPage) -> Destination {
    let source = page.offer_source.as_ref();
    let of_source = source.map(|s| layer(&s.parameters)).unwrap_or_default();
    let renamed = source.map(|s| s.vid_parameter.as_str()).filter(|name| !name.is_empty());
    DestinationParts {
        url: page.url.clone(),
        layers: vec![
            of_source,
            layer(&page.parameters),
            layer(&shows.parameters),
            layer(&plan.parameters),
        ],
        accumulate: shows.accumulate,
        vid_parameter: renamed.unwrap_or(VID).to_owned(),
        redirect: page.redirect,
    }
    .into()
}

fn layer(parameters: &BTreeMap<String, String>) -> Vec<(String, String)> {
    parameters.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
