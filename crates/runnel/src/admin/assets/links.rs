//! Ready links and codes for people to copy: entrances, actions, postback URLs, snippets.

use crate::admin::{AdminRouter, Caller, Parameters, Role, Segment};
use crate::app::App;
use crate::error::Problem;
use crate::links::{Base, conversion_script, event_script};
use crate::snapshot::Snapshot;
use axum::Json;
use axum::extract::State;
use rules::assets::{Funnel, NodeKind};
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

/// Which links are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// A tracking domain; none takes the first by name.
    domain: Option<String>,
    /// Only links for this traffic source.
    source: Option<EntityId>,
    /// Entrances at this node instead of the root.
    node: Option<EntityId>,
}

/// Which codes are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct At {
    /// A tracking domain; none takes the first by name.
    domain: Option<String>,
}

/// A funnel's links.
#[derive(Debug, Serialize, ToSchema)]
struct FunnelLinks {
    /// Where the domain is reached.
    domain: String,
    /// All tracking domains: each serves every link.
    domains: Vec<String>,
    /// One entrance per traffic source in use.
    entrances: Vec<Entrance>,
    /// The actions out of lander and offer nodes.
    actions: Vec<ActionLink>,
}

/// An entrance link.
#[derive(Debug, Serialize, ToSchema)]
struct Entrance {
    /// The traffic source.
    source: EntityId,
    /// Its name.
    name: String,
    /// The link, with the source's placeholders.
    url: String,
}

/// An action link.
#[derive(Debug, Serialize, ToSchema)]
struct ActionLink {
    /// The node whose page carries it.
    node: EntityId,
    /// The action's number.
    action: u8,
    /// The link.
    url: String,
    /// The link for pages that several nodes show and that hide their referrer.
    pinned: String,
}

/// A funnel's entrance and action links
#[utoipa::path(get, path = "/funnels/{id}/links", params(("id" = EntityId, Path), Wanted),
    responses((status = 200, body = FunnelLinks)))]
async fn funnel_links(
    State(app): State<Arc<App>>,
    Segment(id): Segment<EntityId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<FunnelLinks>, Problem> {
    let snapshot = app.snapshot.load_full();
    let held = snapshot.funnels.get(&id).filter(|_| !snapshot.deleted.contains(&id));
    let funnel = &held.ok_or_else(|| Problem::not_found("funnel"))?.asset;
    let strange = wanted.node.filter(|node| funnel.nodes.iter().all(|own| own.id != *node));
    if strange.is_some() {
        return Err(Problem::fault("node", "is no node of this funnel"));
    }
    let (base, domains) = Base::chosen(&snapshot, app.config.track, wanted.domain.as_deref())?;
    Ok(Json(FunnelLinks {
        entrances: entrances(&base, &snapshot, id, &wanted),
        actions: actions(&base, funnel),
        domain: base.as_str().into(),
        domains,
    }))
}

fn entrances(base: &Base, snapshot: &Snapshot, funnel: EntityId, wanted: &Wanted) -> Vec<Entrance> {
    let used = snapshot.sources.values().filter(|held| !held.archived);
    let asked = used.filter(|held| wanted.source.is_none_or(|source| source == held.id));
    let mut entrances: Vec<_> = asked
        .map(|held| Entrance {
            source: held.id,
            name: held.asset.name.clone(),
            url: base.entrance(funnel, (held.id, &held.asset), wanted.node),
        })
        .collect();
    entrances.sort_by(|a, b| (&a.name, a.source).cmp(&(&b.name, b.source)));
    entrances
}

fn actions(base: &Base, funnel: &Funnel) -> Vec<ActionLink> {
    let pages = funnel
        .nodes
        .iter()
        .filter(|node| matches!(node.does, NodeKind::Lander(_) | NodeKind::Offer(_)));
    let numbered = pages.flat_map(|node| {
        let out = funnel.connections.iter().filter(move |connection| connection.from == node.id);
        let mut numbers: Vec<u8> = out.flat_map(|connection| connection.actions.clone()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(move |action| (node.id, action))
    });
    let link = |(node, action)| {
        let url = base.action(action);
        ActionLink { node, action, pinned: format!("{url}?n={node}"), url }
    };
    numbered.map(link).collect()
}

/// What a network needs.
#[derive(Debug, Serialize, ToSchema)]
struct PostbackUrl {
    /// The URL, with the network's macros.
    url: String,
    /// The same on every tracking domain.
    all: Vec<String>,
}

/// The ready postback URL for a network
#[utoipa::path(get, path = "/offer-sources/{id}/postback-url",
    params(("id" = EntityId, Path), At), responses((status = 200, body = PostbackUrl)))]
async fn postback_url(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
    Parameters(at): Parameters<At>,
) -> Result<Json<PostbackUrl>, Problem> {
    let snapshot = app.snapshot.load_full();
    let held = snapshot.offer_sources.get(&id).filter(|_| !snapshot.deleted.contains(&id));
    let source = &held.ok_or_else(|| Problem::not_found("offer source"))?.asset;
    let (base, _) = Base::chosen(&snapshot, app.config.track, at.domain.as_deref())?;
    let secrets = caller.role >= Role::Editor;
    let all = Base::all(&snapshot, app.config.track);
    let all = all.iter().map(|base| base.postback(Some(source), secrets)).collect();
    Ok(Json(PostbackUrl { url: base.postback(Some(source), secrets), all }))
}

/// Codes that track conversions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TrackingCodes {
    /// Where the domain is reached.
    domain: String,
    /// All tracking domains.
    domains: Vec<String>,
    /// Postback URL by hit.
    postback_url: String,
    /// The same with a status.
    status_postback_url: String,
    /// The same without telling the traffic source.
    silent_postback_url: String,
    /// Postback URL by visitor and page.
    visitor_postback_url: String,
    /// Postback URL of each custom event.
    event_postback_urls: Vec<EventCode>,
    /// The universal tag, for every page.
    universal_tag: String,
    /// The conversion snippet, to stand below the tag.
    conversion_script: String,
    /// The snippet that names the page, for pages that show several offers; only for an offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    page_conversion_script: Option<String>,
}

/// Codes of one custom event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventCode {
    /// Its name.
    name: String,
    /// Postback URL by hit.
    url: String,
    /// The snippet.
    script: String,
}

/// The account's postback URLs and snippets
#[utoipa::path(get, path = "/tracking-codes", params(At),
    responses((status = 200, body = TrackingCodes)))]
async fn global_codes(
    State(app): State<Arc<App>>,
    Parameters(at): Parameters<At>,
) -> Result<Json<TrackingCodes>, Problem> {
    let snapshot = app.snapshot.load_full();
    let (base, domains) = Base::chosen(&snapshot, app.config.track, at.domain.as_deref())?;
    Ok(Json(codes(&snapshot, (base.clone(), domains), base.postback(None, false), None)))
}

/// The postback URLs and snippets of an offer
#[utoipa::path(get, path = "/offers/{id}/tracking-codes", params(("id" = EntityId, Path), At),
    responses((status = 200, body = TrackingCodes)))]
async fn offer_codes(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
    Parameters(at): Parameters<At>,
) -> Result<Json<TrackingCodes>, Problem> {
    let snapshot = app.snapshot.load_full();
    let held = snapshot.offers.get(&id).filter(|_| !snapshot.deleted.contains(&id));
    let offer = &held.ok_or_else(|| Problem::not_found("offer"))?.asset;
    let source = offer.offer_source.and_then(|id| snapshot.offer_sources.get(&id));
    let (base, domains) = Base::chosen(&snapshot, app.config.track, at.domain.as_deref())?;
    let source = source.map(|held| held.asset.as_ref());
    let url = base.postback(source, caller.role >= Role::Editor);
    Ok(Json(codes(&snapshot, (base, domains), url, Some(id))))
}

fn codes(
    snapshot: &Snapshot,
    (base, domains): (Base, Vec<String>),
    postback: String,
    offer: Option<EntityId>,
) -> TrackingCodes {
    let used = snapshot.events.values().filter(|held| !held.archived);
    let mut events: Vec<&str> = used.map(|held| held.asset.name.as_str()).collect();
    events.sort_unstable();
    let with_status = match postback.contains("status=") {
        true => postback.clone(),
        false => format!("{postback}&status=REPLACE"),
    };
    TrackingCodes {
        domain: base.as_str().into(),
        domains,
        status_postback_url: with_status,
        silent_postback_url: format!("{postback}&disable_postbacks=true"),
        visitor_postback_url: base.visitor_postback(offer),
        event_postback_urls: events.iter().map(|name| event_code(&base, name)).collect(),
        universal_tag: base.tag(),
        conversion_script: conversion_script(None),
        page_conversion_script: offer.map(|offer| conversion_script(Some(offer))),
        postback_url: postback,
    }
}

fn event_code(base: &Base, name: &str) -> EventCode {
    EventCode { name: name.into(), url: base.event_postback(name), script: event_script(name) }
}

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Viewer, routes!(funnel_links))
        .at(Role::Viewer, routes!(postback_url))
        .at(Role::Viewer, routes!(global_codes))
        .at(Role::Viewer, routes!(offer_codes))
}
