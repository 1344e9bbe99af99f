//! Which page is the visitor on? Link, Referer, and cookie, in this order (product.md §3.2).
//! Promise: Back and two tabs go right whenever link or Referer tells the node.

use super::asked::Asked;
use super::cookies::Cookies;
use crate::app::App;
use crate::params::Params;
use rules::ids::{EntityId, HitId, Vid};
use rules::record::PassedKind;
use rules::session::{Session, SessionHit, SessionVisit};
use std::sync::Arc;

/// The page a visitor is on, and the visit that led there.
#[derive(Clone, Debug)]
pub struct Position {
    /// Whose hit it is.
    pub vid: Vid,
    /// The hit of the page.
    pub hit: HitId,
    /// Its node.
    pub node: EntityId,
    /// Its kind.
    pub kind: PassedKind,
    /// Its page.
    pub page: Option<EntityId>,
    /// The visit: from the session, or from the journal where the session is over.
    pub visit: Arc<SessionVisit>,
}

/// Finds the page, or nothing.
pub fn find(app: &App, asked: &Asked, cookies: &Cookies) -> Option<Position> {
    by_parameters(app, &asked.query, cookies)
        .or_else(|| by_referrer(app, asked, cookies))
        .or_else(|| last_page(app, cookies))
}

/// What the Referer tells, beside the link and the cookie.
fn by_referrer(app: &App, asked: &Asked, cookies: &Cookies) -> Option<Position> {
    let query = asked.referrer().split_once('?').map_or("", |(_, query)| query);
    let told = Params::read(query.split('#').next().unwrap_or_default().as_bytes());
    by_parameters(app, &told, cookies)
        .or_else(|| at_node(app, cookies.vid?, node_of(&asked.query).or(node_of(&told))?))
        .or_else(|| by_page_url(app, asked, &told, cookies))
}

/// `hit`, or `vid` and `n`.
fn by_parameters(app: &App, params: &Params, cookies: &Cookies) -> Option<Position> {
    let hit = params.get("hit").and_then(|text| HitId::parse(text, &app.keys).ok());
    let linked = vid_of(app, params);
    let likely = linked.or(cookies.vid);
    hit.and_then(|hit| of_hit_by(app, hit, likely))
        .or_else(|| at_node(app, linked?, node_of(params)?))
}

/// The page of `hit`, if the visitor's session remembers it.
fn remembered(app: &App, vid: Vid, hit: HitId) -> Option<Position> {
    look(app, vid, |session| {
        in_session(session, session.latest(|h| h.hit == hit && h.kind.is_page())?)
    })
}

/// The visitor ID that `params` carry, if it was issued here.
pub fn vid_of(app: &App, params: &Params) -> Option<Vid> {
    Vid::parse(params.get("vid")?, &app.keys).ok()
}

fn node_of(params: &Params) -> Option<EntityId> {
    params.get("n")?.parse().ok()
}

/// The visitor's session as it counts now.
pub fn session(app: &App, vid: Vid) -> Session {
    app.sessions.of(vid).at(app.clock.now_ms(), app.session_ttl_ms())
}

/// Looks into the visitor's session under its lock; sees nothing in one that is over.
fn look<R>(app: &App, vid: Vid, see: impl FnOnce(&Session) -> Option<R>) -> Option<R> {
    let (now_ms, ttl_ms) = (app.clock.now_ms(), app.session_ttl_ms());
    app.sessions.look(vid, |session| session.lasts(now_ms, ttl_ms).then(|| see(session)).flatten())
}

/// The latest hit of the visitor's session on `node`.
pub fn at_node(app: &App, vid: Vid, node: EntityId) -> Option<Position> {
    latest(app, vid, |session| session.latest(|hit| hit.kind.is_page() && hit.node == node))
}

/// The hit that `find` picks from the visitor's session.
fn latest(
    app: &App,
    vid: Vid,
    find: impl FnOnce(&Session) -> Option<SessionHit>,
) -> Option<Position> {
    let found = look(app, vid, |session| {
        let at = find(session)?;
        Some((at.hit, in_session(session, at)))
    });
    // More hits than visits are remembered: the journal knows the rest.
    found.and_then(|(hit, here)| here.or_else(|| of_record(app, hit)))
}

/// The latest page whose own URL is the one in the Referer.
fn by_page_url(app: &App, asked: &Asked, told: &Params, cookies: &Cookies) -> Option<Position> {
    let vid = vid_of(app, &asked.query).or(vid_of(app, told)).or(cookies.vid)?;
    latest(app, vid, |session| at_address(app, session, asked.referrer()))
}

/// The latest hit whose page's own URL is `address`, whatever the parameters.
pub fn at_address(app: &App, session: &Session, address: &str) -> Option<SessionHit> {
    let snapshot = app.snapshot.load();
    let pages = snapshot.pages_at(address);
    let shows = |hit: &SessionHit| hit.page.is_some_and(|page| pages.contains(&page));
    session.latest(|hit| hit.kind.is_page() && shows(hit))
}

fn last_page(app: &App, cookies: &Cookies) -> Option<Position> {
    let in_lasting = |s: &Session| in_session(s, s.latest(|hit| hit.kind.is_page())?);
    let lasting = cookies.vid.and_then(|vid| look(app, vid, in_lasting));
    lasting.or_else(|| page_of_request(app, cookies.hit?))
}

fn in_session(session: &Session, at: SessionHit) -> Option<Position> {
    let visit = session.visit(at.visit)?;
    let SessionHit { hit, node, kind, page, .. } = at;
    let visit = visit.clone();
    Some(Position { vid: session.vid, hit, node, kind, page, visit })
}

/// The page of `hit`, from its visitor's session or from the journal at any age.
pub fn of_hit(app: &App, hit: HitId) -> Option<Position> {
    of_hit_by(app, hit, None)
}

/// [`of_hit`], by somebody who is `likely` its visitor: mostly their session knows the hit, and no record
/// is read.
fn of_hit_by(app: &App, hit: HitId, likely: Option<Vid>) -> Option<Position> {
    likely.and_then(|vid| remembered(app, vid, hit)).or_else(|| {
        let from_journal = of_record(app, hit)?;
        let other = Some(from_journal.vid).filter(|vid| Some(*vid) != likely);
        other.and_then(|vid| remembered(app, vid, hit)).or(Some(from_journal))
    })
}

/// The page of `hit` as the journal has it.
fn of_record(app: &App, hit: HitId) -> Option<Position> {
    let record = app.record_of(hit)?;
    let step = record.step_of(hit).filter(|step| step.kind.is_page())?;
    let (node, kind, page) = (step.node, step.kind, step.page);
    let visit = Arc::new(SessionVisit::after(&record));
    Some(Position { vid: record.vid, hit, node, kind, page, visit })
}

/// The page that the request of `hit` ended at.
fn page_of_request(app: &App, hit: HitId) -> Option<Position> {
    let record = app.record_of(hit)?;
    let index = record.steps.iter().rposition(|step| step.kind.is_page())?;
    of_hit(app, record.hit(index)?)
}
