//! `POST /js/funnel`: the tag says which page a browser shows; answers hit, vid and tokens.
//! Promise: a page that a redirect led to makes no second hit; going away and coming back makes
//! one; without any earlier hit the view is the entrance (product.md §8).

use super::asked::Asked;
use super::cookies::Cookies;
use super::entrance::{self, Entry};
use super::position::{self, Position, vid_of};
use super::walk::{Walk, Walked, walk};
use super::{fields, visitor};
use crate::app::App;
use crate::config::Config;
use crate::params::Params;
use rules::funnel::{Ready, Start};
use rules::ids::{EntityId, HitId, Vid};
use rules::record::RequestKind;
use rules::session::SessionVisit;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

/// What the tag sends. Everything may be missing: then the page's own URL is searched for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The page's address.
    pub url: String,
    /// The page's referrer.
    pub referrer: String,
    /// Visitor.
    pub vid: String,
    /// Hit that led here.
    pub hit: String,
    /// Funnel.
    pub f: String,
    /// Node.
    pub n: String,
    /// Page.
    pub p: String,
    /// Traffic source.
    pub ts: String,
    /// Cost of the entrance.
    pub c: String,
    /// More tokens to resolve.
    pub tokens: Vec<String>,
    /// More parameters, as if they stood in the page's address.
    pub params: HashMap<String, String>,
}

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
pub enum Seen {
    /// A new hit.
    Walked(Walked, Arc<Ready>),
    /// The hit was there already; the session goes on.
    Touched(Position),
}

impl Report {
    /// The parameter that is over a limit, if one is.
    pub fn too_long(&self, limits: &Config) -> Option<&'static str> {
        let over = [
            ("url", self.url.len() > limits.url_bytes),
            ("referrer", self.referrer.len() > limits.value_bytes),
        ];
        over.iter().find(|(_, over)| *over).map(|(name, _)| *name)
    }

    /// All parameters: the tag's own before those of the page's address.
    pub fn parameters(&self) -> Params {
        let own = [("vid", &self.vid), ("hit", &self.hit), ("f", &self.f), ("n", &self.n)];
        let more = [("p", &self.p), ("ts", &self.ts), ("c", &self.c)];
        let own = own.into_iter().chain(more).filter(|(_, value)| !value.trim().is_empty());
        let mut all: Vec<_> = own.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        all.extend(self.params.iter().map(|(name, value)| (name.clone(), value.clone())));
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        all.extend(Params::read(query.split('#').next().unwrap_or_default().as_bytes()).0);
        Params(all)
    }
}

/// Where a report says that a visitor is, within a visit.
struct Place {
    /// Whose visit.
    vid: Vid,
    visit: SessionVisit,
    node: EntityId,
    /// The hit that is there already.
    here: Option<Position>,
}

/// Takes in a report whose parameters stand in `asked.query`.
/// # Errors
/// Nobody can tell where the visitor is.
pub async fn see(app: &App, asked: &Asked, cookies: &Cookies) -> Result<Seen, Refusal> {
    let place = led_here(app, asked).or_else(|| under_way(app, asked, cookies));
    let Some(place) = place else { return enter(app, asked, cookies).await };
    let truncates = app.snapshot.load().truncates(place.visit.funnel);
    let facts = asked.facts(app, truncates);
    let visitor = visitor::who(app, Some(place.vid), cookies.vid, &facts, asked.at_ms);
    // Somebody with a copied address sees the page in a visit of their own.
    let own = visitor.vid == place.vid;
    match place.here.filter(|_| own) {
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
                fields: visit.map_or(&[], |visit| &visit.fields),
                buffer: fields::rest(&asked.query),
                cost: None,
                facts,
            };
            let walked = walk(app, &arriving).await.ok_or(Refusal::Node)?;
            Ok(Seen::Walked(walked, plan))
        }
    }
}

/// The hit that a redirect wrote into the page's address.
fn led_here(app: &App, asked: &Asked) -> Option<Place> {
    let hit = HitId::parse(asked.query.get("hit")?, &app.keys).ok()?;
    let here = position::of_hit(app, hit)?;
    Some(Place { vid: here.vid, visit: here.visit.clone(), node: here.node, here: Some(here) })
}

/// A visit under way whose funnel has the node that the report names, by itself, by its page, or
/// by the page's address. A refresh of the latest page repeats no view.
fn under_way(app: &App, asked: &Asked, cookies: &Cookies) -> Option<Place> {
    let vid = vid_of(app, &asked.query).or(cookies.vid)?;
    let session = position::session(app, vid);
    let named = |name: &str| asked.query.get(name)?.parse::<EntityId>().ok();
    let (funnel, node, page) = (named("f"), named("n"), named("p"));
    let by_address = || position::at_address(app, &session, &asked.told_url).map(|hit| hit.node);
    let node = node.or_else(|| if page.is_none() { by_address() } else { None });
    let visits = session.visits.iter().rev().filter(|v| funnel.is_none_or(|f| f == v.funnel));
    visits.cloned().find_map(|visit| {
        let node = page_node(&*plan_of(app, visit.funnel)?, node, page)?;
        let latest = session.latest(|hit| hit.kind.is_page()).filter(|hit| hit.node == node);
        let here = latest.and_then(|_| position::at_node(app, vid, node));
        Some(Place { vid, visit, node, here })
    })
}

fn page_node(plan: &Ready, node: Option<EntityId>, page: Option<EntityId>) -> Option<EntityId> {
    let node = node.or_else(|| plan.node_showing(page?))?;
    plan.kind(node).filter(|kind| kind.is_page()).map(|_| node)
}

fn plan_of(app: &App, funnel: EntityId) -> Option<Arc<Ready>> {
    app.snapshot.load().plans.get(&funnel).cloned()
}

/// The view is the entrance: traffic without redirects.
async fn enter(app: &App, asked: &Asked, cookies: &Cookies) -> Result<Seen, Refusal> {
    let snapshot = app.snapshot.load_full();
    let named = |name: &str| asked.query.get(name).unwrap_or_default();
    let funnel: EntityId = named("f").parse().map_err(|_| Refusal::Funnel)?;
    let source: EntityId = named("ts").parse().map_err(|_| Refusal::Source)?;
    let open = snapshot.funnels.get(&funnel).filter(|held| !held.archived);
    let funnel = open.ok_or(Refusal::Funnel)?.clone();
    let open = snapshot.sources.get(&source).filter(|held| !held.archived);
    let source = open.ok_or(Refusal::Source)?.clone();
    let plan = plan_of(app, funnel.id).ok_or(Refusal::Funnel)?;
    let page = named("p").parse().ok();
    let node = page_node(&plan, named("n").parse().ok(), page).ok_or(Refusal::Node)?;
    let entry = Entry { funnel, plan: plan.clone(), source };
    let walked = entrance::enter(app, asked, cookies, &entry, Start::Shown { node }).await;
    walked.map(|walked| Seen::Walked(walked, plan)).map_err(|_| Refusal::Node)
}
