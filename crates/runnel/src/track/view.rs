//! `POST /js/funnel`: the tag says which page a browser shows; answers hit, vid and tokens.
//! Promise: a page that a redirect led to makes no second hit; going away and coming back makes
//! one; without any earlier hit the view is the entrance (product.md §8).

use super::asked::Asked;
use super::cookies::Cookies;
use super::entrance::{self, Entry};
use super::position::{self, Position, vid_of};
use super::report::Report;
use super::walk::{Walk, Walked, walk};
use super::{fields, visitor};
use crate::app::App;
use crate::host::host;
use rules::funnel::{Ready, Start};
use rules::ids::{EntityId, HitId, Vid};
use rules::record::RequestKind;
use rules::session::{SessionHit, SessionVisit};
use std::sync::Arc;

/// Why a view cannot be taken; the text for the page's developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither hit nor funnel says where the visitor is.
    #[error("f: no such funnel; give vid and n, hit, or f with ts and n or p")]
    Funnel,
    /// The source is unknown.
    #[error("ts: no such traffic source")]
    Source,
    /// Neither node nor page is of the funnel.
    #[error("n: no such lander or offer node in this funnel; p may name its page instead")]
    Node,
}

/// What came of a report.
// Neither lives longer than its request.
#[allow(clippy::large_enum_variant)]
pub enum Seen {
    /// A new hit.
    Walked(Walked, Arc<Ready>),
    /// The hit was there already; the session goes on.
    Touched(Position),
}

/// Where a report says that a visitor is, within a visit.
struct Place {
    /// Whose visit.
    vid: Vid,
    visit: Arc<SessionVisit>,
    node: EntityId,
    /// The hit that is there already.
    here: Option<Position>,
}

/// Takes in a report whose parameters stand in `asked.query`, of somebody who is `arriving` or whom
/// something led here.
/// # Errors
/// Nobody can tell where the visitor is.
pub async fn see(
    app: &App,
    asked: &Asked,
    cookies: &Cookies,
    report: &Report,
    arriving: bool,
) -> Result<Seen, Refusal> {
    if arriving
        && comes_from_elsewhere(app, report)
        && let Ok(entered) = enter(app, asked, cookies).await
    {
        return Ok(entered);
    }
    let place = led_here(app, asked).or_else(|| under_way(app, asked, cookies, report.repeats()));
    let Some(place) = place else { return enter(app, asked, cookies).await };
    let truncates = app.snapshot.load().truncates(place.visit.funnel);
    let stays = visitor::may_be(place.vid, cookies.vid);
    let facts = asked.facts(app, truncates, stays.then_some(&place.visit.facts));
    let visitor = visitor::who(app, Some(place.vid), cookies.vid, &facts, asked.at_ms);
    // Somebody with a copied address sees the page in a visit of their own.
    let own = visitor.vid == place.vid;
    match place.here.filter(|here| own && !report.comes_back_to(here.hit)) {
        Some(position) => Ok(Seen::Touched(position)),
        None => {
            let plan = plan_of(app, place.visit.funnel).ok_or(Refusal::Funnel)?;
            let visit = own.then_some(&place.visit);
            let arriving = Walk {
                asked,
                kind: if own { RequestKind::View } else { RequestKind::Entrance },
                visitor,
                plan: &plan,
                start: Start::Shown { node: place.node },
                left: None,
                number: 0,
                visit,
                source: place.visit.source,
                fields: visit.map_or_else(Arc::default, |visit| visit.fields.clone()),
                buffer: fields::rest(&asked.query),
                cost: None,
                facts,
            };
            let walked = walk(app, &arriving).await.ok_or(Refusal::Node)?;
            Ok(Seen::Walked(walked, plan))
        }
    }
}

/// Whether the page was not reached from one of the account's own. A page that is an entrance is then a
/// new visit each time it is loaded, whoever comes (product.md §3.1).
fn comes_from_elsewhere(app: &App, report: &Report) -> bool {
    !app.snapshot.load().sites.contains(&*host(&report.referrer))
}

/// The hit that a redirect wrote into the page's address.
fn led_here(app: &App, asked: &Asked) -> Option<Place> {
    let hit = HitId::parse(asked.query.get("hit")?, &app.keys).ok()?;
    let here = position::of_hit(app, hit)?;
    Some(Place { vid: here.vid, visit: here.visit.clone(), node: here.node, here: Some(here) })
}

/// A visit under way whose funnel has the node that the report names, by itself, by its page, or
/// by the page's address. The latest page's view is there already, and so is one that `repeats`.
fn under_way(app: &App, asked: &Asked, cookies: &Cookies, repeats: bool) -> Option<Place> {
    let vid = vid_of(app, &asked.query).or(cookies.vid)?;
    let session = position::session(app, vid);
    let named = |name: &str| asked.query.get(name)?.parse::<EntityId>().ok();
    let (funnel, node, page) = (named("f"), named("n"), named("p"));
    let unnamed = node.is_none() && page.is_none();
    let by_address = || position::at_address(app, &session, &asked.told_url).map(|hit| hit.node);
    let node = node.or_else(|| if unnamed { by_address() } else { None });
    let pages = if unnamed { pages_here(app, asked) } else { Vec::from_iter(page) };
    let visits = session.visits.iter().rev().filter(|v| funnel.is_none_or(|f| f == v.funnel));
    visits.cloned().find_map(|visit| {
        let node = page_node(&*plan_of(app, visit.funnel)?, node, &pages)?;
        let there = |hit: &SessionHit| repeats || hit.node == node;
        let latest = session.latest(|hit| hit.kind.is_page()).filter(there);
        let here = latest.and_then(|_| position::at_node(app, vid, node));
        Some(Place { vid, visit, node, here })
    })
}

/// Landers and offers whose own URL is the page's address.
fn pages_here(app: &App, asked: &Asked) -> Vec<EntityId> {
    app.snapshot.load().pages_at(&asked.told_url).to_vec()
}

fn page_node(plan: &Ready, node: Option<EntityId>, pages: &[EntityId]) -> Option<EntityId> {
    let node = node.or_else(|| pages.iter().find_map(|page| plan.node_showing(*page)))?;
    plan.kind(node).filter(|kind| kind.is_page()).map(|_| node)
}

fn plan_of(app: &App, funnel: EntityId) -> Option<Arc<Ready>> {
    app.snapshot.load().plans.get(&funnel).cloned()
}

/// The view is the entrance: traffic without redirects.
async fn enter(app: &App, asked: &Asked, cookies: &Cookies) -> Result<Seen, Refusal> {
    let snapshot = app.snapshot.load();
    let named = |name: &str| asked.query.get(name).unwrap_or_default();
    let funnel: EntityId = named("f").parse().map_err(|_| Refusal::Funnel)?;
    let source: EntityId = named("ts").parse().map_err(|_| Refusal::Source)?;
    let open = snapshot.funnels.get(&funnel).filter(|held| !held.archived);
    let funnel = open.ok_or(Refusal::Funnel)?;
    let open = snapshot.sources.get(&source).filter(|held| !held.archived);
    let source = open.ok_or(Refusal::Source)?;
    let plan = snapshot.plans.get(&funnel.id).ok_or(Refusal::Funnel)?;
    let page = named("p").parse().ok();
    let pages = page.map_or_else(|| pages_here(app, asked), |page| vec![page]);
    let node = page_node(plan, named("n").parse().ok(), &pages).ok_or(Refusal::Node)?;
    let entry = Entry { snapshot: &snapshot, funnel, plan, source };
    let walked = entrance::enter(app, asked, cookies, &entry, Start::Shown { node }).await;
    walked.map(|walked| Seen::Walked(walked, plan.clone())).map_err(|_| Refusal::Node)
}
