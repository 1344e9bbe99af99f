//! `GET /snippets`: what a page, shop or server needs, for the console and the documentation alike.

use super::{AdminRouter, Caller, Parameters, Role};
use crate::app::App;
use crate::error::Problem;
use crate::links::Base;
use crate::snapshot::Snapshot;
use crate::snippets::{self, About, Kind, Platform, Snippet};
use axum::Json;
use axum::extract::State;
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Viewer, routes!(snippets))
}

/// Which snippets are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// What they are for: `lander`, `offer` or `global`.
    #[param(inline)]
    kind: Kind,
    /// Where they are put: `html`, `gtm`, `wordpress` or `curl`.
    #[param(inline)]
    platform: Platform,
    /// A tracking domain; none takes the first by name.
    domain: Option<String>,
    /// The lander or offer; its ID is filled in.
    page: Option<EntityId>,
    /// The funnel that the page stands in.
    funnel: Option<EntityId>,
    /// The page's node in that funnel.
    node: Option<EntityId>,
    /// The traffic source of those who come to the page without a redirect.
    source: Option<EntityId>,
}

/// Texts to be copied.
#[derive(Debug, Serialize, ToSchema)]
struct Snippets {
    /// Where the domain is reached.
    domain: String,
    /// All tracking domains: each serves every snippet.
    domains: Vec<String>,
    /// In the order in which they are used.
    snippets: Vec<Snippet>,
}

/// Codes for pages, Tag Manager, WordPress and servers
#[utoipa::path(get, path = "/snippets", params(Wanted),
    responses((status = 200, body = Snippets)))]
async fn snippets(
    State(app): State<Arc<App>>,
    caller: Caller,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Snippets>, Problem> {
    let snapshot = app.snapshot.load_full();
    check(&snapshot, &wanted)?;
    let (base, domains) = Base::chosen(&snapshot, app.config.track, wanted.domain.as_deref())?;
    let source = wanted.page.and_then(|page| snapshot.offers.get(&page));
    let source = source.and_then(|held| held.asset.offer_source);
    let source = source.and_then(|id| snapshot.offer_sources.get(&id));
    let postback =
        base.postback(source.map(|held| held.asset.as_ref()), caller.role >= Role::Editor);
    let about = About {
        kind: wanted.kind,
        page: wanted.page,
        funnel: wanted.funnel,
        node: wanted.node,
        source: wanted.source,
        actions: actions(&snapshot, &wanted),
        events: events(&snapshot),
        postback,
        base,
    };
    let domain = about.base.as_str().to_owned();
    Ok(Json(Snippets { domain, domains, snippets: snippets::of(wanted.platform, &about) }))
}

/// Every ID must be there, so that no snippet reports to nothing.
fn check(snapshot: &Snapshot, wanted: &Wanted) -> Result<(), Problem> {
    let lander = |id| snapshot.holds(&snapshot.landers, id);
    let offer = |id| snapshot.holds(&snapshot.offers, id);
    let page = |id| match wanted.kind {
        Kind::Lander => lander(id),
        Kind::Offer => offer(id),
        Kind::Global => lander(id) || offer(id),
    };
    if wanted.page.is_some_and(|id| !page(id)) {
        return Err(Problem::fault("page", "is no such page"));
    }
    if wanted.source.is_some_and(|id| !snapshot.holds(&snapshot.sources, id)) {
        return Err(Problem::fault("source", "is no traffic source"));
    }
    let there = |id| snapshot.funnels.get(&id).filter(|held| !snapshot.deleted.contains(&held.id));
    let funnel = wanted.funnel.map(there);
    match (funnel, wanted.node) {
        (Some(None), _) => Err(Problem::fault("funnel", "is no funnel")),
        (None, Some(_)) => Err(Problem::fault("node", "needs its funnel beside it")),
        (Some(Some(held)), Some(node)) if held.asset.nodes.iter().all(|own| own.id != node) => {
            Err(Problem::fault("node", "is no node of this funnel"))
        }
        _ => Ok(()),
    }
}

/// The numbered actions of the node, each once.
fn actions(snapshot: &Snapshot, wanted: &Wanted) -> Vec<u8> {
    let funnel = wanted.funnel.and_then(|id| snapshot.funnels.get(&id));
    let connections = funnel.iter().flat_map(|held| &held.asset.connections);
    let out = connections.filter(|connection| Some(connection.from) == wanted.node);
    let mut numbers: Vec<u8> = out.flat_map(|connection| connection.actions.clone()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn events(snapshot: &Snapshot) -> Vec<String> {
    let used = snapshot.events.values().filter(|held| !held.archived);
    let mut names: Vec<_> = used.map(|held| held.asset.name.clone()).collect();
    names.sort_unstable();
    names
}
