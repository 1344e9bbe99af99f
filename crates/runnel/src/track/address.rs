//! A recorded walk → the address that the visitor is sent to.
//! Promise: only configured pages; tokens come from the record, so that the same hit always gives
//! the same values (product.md §5).

use super::asked::Asked;
use super::walk::Walked;
use crate::app::App;
use crate::outcome::Nowhere;
use crate::snapshot::Snapshot;
use rules::assets::{Field, FieldName, RedirectMode};
use rules::destination::{Destination, Reason};
use rules::funnel::{End, Ready};
use rules::ids::{EntityId, HitId};
use rules::record::{Parameter, Record};
use rules::template::VisitTokens;
use std::collections::BTreeMap;

/// Where a visitor is sent, and how.
pub struct Address {
    /// The URL.
    pub url: String,
    /// The way of sending.
    pub redirect: RedirectMode,
}

/// Builds the address at the end of the walk.
/// # Errors
/// The route ends nowhere, or the configured URL leads nowhere allowed.
pub fn of(app: &App, asked: &Asked, plan: &Ready, walked: &Walked) -> Result<Address, Nowhere> {
    let (node, page) = match &walked.route.end {
        End::Page { node, page } => (*node, Some(*page)),
        End::External { node } => (*node, None),
        End::DeadEnd(_) => return Err(Nowhere::DeadEnd),
    };
    let snapshot = app.snapshot.load();
    let destination: &Destination = plan.destination(node, page).ok_or(Nowhere::BadDestination)?;
    let record = &walked.record;
    let hit = record.hit(record.steps.len().saturating_sub(1)).unwrap_or(record.visit);
    let tokens = tokens(&snapshot, plan, record, hit, asked, &walked.buffer);
    let vid = record.vid.to_string();
    let schemes = &snapshot.settings.app_schemes;
    let url = match destination.build(&tokens, &vid, &walked.buffer, schemes) {
        // What a visitor brought along must not strand them: the page matters more.
        Err(Reason::TooLong) => destination.build(&tokens, &vid, &[], schemes),
        built => built,
    };
    let url = url.map_err(|_| Nowhere::BadDestination)?;
    Ok(Address { url, redirect: destination.parts().redirect })
}

static NO_ALIASES: BTreeMap<Field, FieldName> = BTreeMap::new();

/// The values of tokens for `hit` of `record`.
pub fn tokens<'a>(
    snapshot: &'a Snapshot,
    plan: &'a Ready,
    record: &'a Record,
    hit: HitId,
    asked: &'a Asked,
    buffer: &'a [Parameter],
) -> VisitTokens<'a> {
    let source = snapshot.sources.get(&record.source).map(|held| held.asset.as_ref());
    let funnel = snapshot.funnels.get(&record.funnel).map(|held| held.asset.as_ref());
    let step = record.step_of(hit);
    let node = step.map_or(record.funnel, |step| step.node);
    let group = funnel.and_then(|f| f.group);
    let group_name = |id| snapshot.groups.get(&id).map_or("", |held| held.asset.name.as_str());
    VisitTokens {
        hit,
        vid: record.vid,
        visit: record.visit,
        funnel: (record.funnel, &plan.plan().name),
        group: group.map(|id| (id, group_name(id))),
        node: (node, funnel.map_or("", |f| node_name(f, node))),
        page: step.and_then(|s| s.page).map(|id| (id, plan.page(id).map_or("", |p| &p.name))),
        source: (record.source, source.map_or("", |s| &s.name)),
        aliases: source.map_or(&NO_ALIASES, |s| &s.fields),
        fields: &record.fields,
        buffer,
        facts: record.routed_facts(),
        domain: &asked.host,
        referrer: &record.referrer,
        user_agent: asked.header(http::header::USER_AGENT),
        at_ms: record.request.at_ms(),
        random: record.seed,
    }
}

fn node_name(funnel: &rules::assets::Funnel, node: EntityId) -> &str {
    funnel.nodes.iter().find(|n| n.id == node).map_or("", |n| &n.name)
}
