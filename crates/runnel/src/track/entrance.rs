//! `/fts/{funnel}-{source}`: somebody enters a funnel.
//! Promise: never depends on earlier state; each load is a new visit; whom no funnel takes goes to
//! the default homepage, with the reason counted (product.md §3.1).

use super::asked::Asked;
use super::cookies::Cookies;
use super::fields::{self, Sorted};
use super::position::vid_of;
use super::visitor;
use super::walk::{Walk, Walked, walk};
use crate::app::App;
use crate::outcome::Nowhere;
use crate::snapshot::{Held, Snapshot};
use metrics::counter;
use rules::assets::{Funnel, TrafficSource};
use rules::cost::CostRules;
use rules::funnel::{Ready, Start};
use rules::ids::EntityId;
use rules::money::Micros;
use rules::record::RequestKind;

/// A funnel and a source that take visitors, as a snapshot holds them.
pub struct Entry<'a> {
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// The funnel.
    pub funnel: &'a Held<Funnel>,
    /// Its plan.
    pub plan: &'a Ready,
    /// The traffic source.
    pub source: &'a Held<TrafficSource>,
}

/// What an entrance link names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    funnel: EntityId,
    source: EntityId,
}

/// Reads `{funnel}-{source}`.
/// # Errors
/// It is no such link.
pub fn link(text: &str) -> Result<Link, Nowhere> {
    let (funnel, source) = text.split_once('-').ok_or(Nowhere::BadLink)?;
    let id = |text: &str| text.parse().map_err(|_| Nowhere::BadLink);
    Ok(Link { funnel: id(funnel)?, source: id(source)? })
}

/// Finds funnel and source of a link.
/// # Errors
/// Either is unknown or archived.
pub fn entry(snapshot: &Snapshot, Link { funnel, source }: Link) -> Result<Entry<'_>, Nowhere> {
    let funnel = snapshot.funnels.get(&funnel).ok_or(Nowhere::UnknownFunnel)?;
    let source = snapshot.sources.get(&source).ok_or(Nowhere::UnknownSource)?;
    if funnel.archived {
        return Err(Nowhere::ArchivedFunnel);
    }
    if source.archived {
        return Err(Nowhere::ArchivedSource);
    }
    let plan = snapshot.plans.get(&funnel.id).ok_or(Nowhere::UnknownFunnel)?;
    Ok(Entry { snapshot, funnel, plan, source })
}

/// Enters the funnel where `start` says.
/// # Errors
/// There is no such node.
pub async fn enter(
    app: &App,
    asked: &Asked,
    cookies: &Cookies,
    entry: &Entry<'_>,
    start: Start,
) -> Result<Walked, Nowhere> {
    let snapshot = entry.snapshot;
    let truncates = snapshot.settings.truncate_ip || entry.funnel.asset.truncate_ip;
    let facts = asked.facts(app, truncates, None);
    let linked = vid_of(app, &asked.query);
    let visitor = visitor::who(app, linked, cookies.vid, &facts, asked.at_ms);
    let Sorted { fields, buffer } = fields::sort(&asked.query, &entry.source.asset);
    let entering = Walk {
        asked,
        kind: RequestKind::Entrance,
        visitor,
        plan: entry.plan,
        start,
        left: None,
        number: 0,
        visit: None,
        source: entry.source.id,
        fields: fields.into(),
        buffer,
        cost: cost(asked, entry),
        facts,
    };
    walk(app, &entering).await.ok_or(Nowhere::UnknownNode)
}

/// What this entrance costs; a value that is not believed is counted (product.md §9).
fn cost(asked: &Asked, entry: &Entry) -> Option<Micros> {
    let funnel = &entry.funnel.asset;
    let rules = CostRules {
        funnel_override: funnel.cost_overrides.get(&entry.source.id),
        source: &entry.source.asset,
        funnel_default: funnel.default_cost.as_ref(),
    };
    let cost = rules.of_entrance(asked.query.get("c"), entry.snapshot.settings.maximum_cost);
    if let Some(dropped) = cost.dropped {
        counter!("runnel_costs_dropped_total", "reason" => dropped.as_str()).increment(1);
    }
    cost.amount
}

/// The node that a link names.
/// # Errors
/// It is no ID.
pub fn named_node(asked: &Asked) -> Result<Option<EntityId>, Nowhere> {
    let named = asked.query.get("n").map(str::parse::<EntityId>);
    named.transpose().map_err(|_| Nowhere::UnknownNode)
}
