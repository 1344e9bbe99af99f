//! One request's walk: route, compose the record, append it, take it into the session.
//! Promise: all of it under the visitor's lock, so two requests of one visitor never interleave;
//! the lock is released before the disk is awaited.

use super::ask::Known;
use super::asked::Asked;
use super::middleware::{Asking, Heard};
use super::visitor::Visitor;
use crate::app::App;
use crate::store::sessions::Kept;
use bytes::Bytes;
use metrics::counter;
use rules::assets::Field;
use rules::facts::Facts;
use rules::funnel::{Ready, Reason, Recording, Request, Route, Start, route};
use rules::ids::{EntityId, RequestKey};
use rules::money::Micros;
use rules::record::{Consulted, Cost, Record, RequestKind, Step, Taken};
use rules::session::{Session, SessionVisit};
use std::sync::Arc;

/// Everything that decides one walk.
pub struct Walk<'a> {
    /// What was asked.
    pub asked: &'a Asked,
    /// What the visitor did.
    pub kind: RequestKind,
    /// Who.
    pub visitor: Visitor,
    /// The plan that decides.
    pub plan: &'a Ready,
    /// Where the walk begins.
    pub start: Start,
    /// The page that is left, for an action.
    pub left: Option<&'a super::position::Position>,
    /// The action's number; 0 for none.
    pub number: u8,
    /// The visit it goes on with; none begins one.
    pub visit: Option<&'a SessionVisit>,
    /// Traffic source.
    pub source: EntityId,
    /// Tracking fields of the visit.
    pub fields: &'a [(Field, String)],
    /// Parameters for the buffer.
    pub buffer: Vec<(String, String)>,
    /// What the entrance costs.
    pub cost: Option<Micros>,
    /// Sender of this request.
    pub facts: Facts,
}

/// What came of a walk.
pub struct Walked {
    /// The record.
    pub record: Arc<Record>,
    /// The way taken.
    pub route: Route,
    /// Number in the journal; none if it could not take the record.
    pub number: Option<u64>,
    /// The session's buffer with this request's parameters.
    pub buffer: Vec<(String, String)>,
}

/// What stays the same however often a walk is decided.
struct Drawn {
    seed: u64,
    request: RequestKey,
}

/// What came of deciding a walk once.
enum Attempt {
    Over(Option<Walked>),
    /// A service is to be asked first.
    Asks(Asking),
}

/// Walks. Gives nothing where the route does not begin (no such action or node): then nothing is
/// recorded either. Where the walk comes to a service, the service is asked without the visitor's
/// lock, and the walk begins again with its reply: another tab may have gone on meanwhile.
pub async fn walk(app: &App, walk: &Walk<'_>) -> Option<Walked> {
    let request = RequestKey::new(walk.asked.at_ms, app.config.node, app.clock.random());
    let drawn = Drawn { seed: app.clock.random(), request };
    let mut heard = Heard::default();
    loop {
        match attempt(app, walk, &drawn, &heard) {
            Attempt::Over(walked) => return walked,
            Attempt::Asks(asking) => heard.ask(app, asking).await,
        }
    }
}

fn attempt(app: &App, walk: &Walk, drawn: &Drawn, heard: &Heard) -> Attempt {
    let (at_ms, ttl_ms) = (walk.asked.at_ms, app.session_ttl_ms());
    let laps = &walk.asked.laps;
    let Visitor { vid, new } = walk.visitor;
    app.sessions.with_one(vid, new, |kept| {
        laps.lap("session");
        let mut nothing = Session::new(vid);
        // Of somebody unknown nothing is made to look at.
        let session = if kept.is_unknown() { &mut nothing } else { kept.session() };
        if !session.lasts(at_ms, ttl_ms) {
            *session = std::mem::replace(session, Session::new(vid)).at(at_ms, ttl_ms);
        }
        // As it is under the lock: another tab may have gone on since the page was found.
        let visit = walk.visit.map(|v| session.visit(v.visit).unwrap_or(v));
        let decided = match decide(app, walk, session, drawn, heard) {
            Ok(decided) => decided,
            Err(asking) => return Attempt::Asks(asking),
        };
        if decided.route.steps.is_empty() {
            return Attempt::Over(None);
        }
        laps.lap("route");
        let Decided { route, consulted } = decided;
        let record = compose(app, walk, session, visit, drawn, &route, consulted);
        let buffer = buffer(session, &record);
        let number = match walk.asked.is_head() {
            true => None,
            false => {
                count_choices(&route);
                keep(app, kept, &record, ttl_ms)
            }
        };
        laps.lap("record");
        Attempt::Over(Some(Walked { record: Arc::new(record), route, number, buffer }))
    })
}

/// The session's buffer after `record`.
fn buffer(session: &Session, record: &Record) -> Vec<(String, String)> {
    let mut after = Session::new(record.vid);
    after.buffer.clone_from(&session.buffer);
    after.take_in_parameters(&record.buffer);
    after.buffer
}

/// Counts expressions that gave no key, and what came of asking services.
fn count_choices(route: &Route) {
    for step in &route.steps {
        let asked = match step.why {
            Reason::Broke(broken) => {
                let reason = broken.why.as_str();
                counter!("runnel_logic_failures_total", "reason" => reason).increment(1);
                continue;
            }
            Reason::Answered { .. } => "answered",
            Reason::Unanswered(why) => why.as_str(),
            _ => continue,
        };
        counter!("runnel_middleware_total", "outcome" => asked).increment(1);
    }
}

/// Appends the record and takes it into the session; gives its number.
fn keep(app: &App, kept: &mut Kept, record: &Record, ttl_ms: u64) -> Option<u64> {
    let bytes = Bytes::from(record.to_bytes());
    match app.journal.append(record.request.as_u128(), bytes.clone()) {
        Ok(number) => {
            kept.take_in(record, bytes, ttl_ms);
            kept.next_record = number + 1;
            app.caps.visited(record, number);
            Some(number)
        }
        Err(_) => {
            // A record that is nowhere must not be linked to.
            let session = kept.session();
            let links = (session.last_request, session.last_visit);
            session.apply(record, ttl_ms);
            (session.last_request, session.last_visit) = links;
            None
        }
    }
}

struct Decided {
    route: Route,
    consulted: Vec<Consulted>,
}

/// Decides the route as far as it is known what services answer, else says which is to be asked.
fn decide(
    app: &App,
    walk: &Walk,
    session: &Session,
    drawn: &Drawn,
    heard: &Heard,
) -> Result<Decided, Asking> {
    let mut known = Known {
        session,
        arriving: &walk.buffer,
        new_visitor: walk.visitor.new,
        shown: walk.asked.query.get("p").and_then(|page| page.parse().ok()),
        asked: walk.asked,
        plan: walk.plan,
        caps: &app.caps,
        at_ms: walk.asked.at_ms,
        heard,
        unheard: None,
    };
    let request = Request {
        facts: &walk.facts,
        source: walk.source,
        fields: walk.fields,
        // The record keeps the visit's domain, so this is the one to decide by.
        domain: walk.visit.map_or(&walk.asked.host, |visit| &visit.domain),
    };
    let seed = drawn.seed;
    let mut inputs = Recording::new(&mut known);
    let route = route(walk.plan, walk.start, &request, &mut inputs, seed, walk.asked.at_ms);
    let consulted = inputs.into_consulted();
    match known.unheard.and_then(|node| asking(app, walk, session, &route, drawn, node)) {
        Some(asking) => Err(asking),
        None => Ok(Decided { route, consulted }),
    }
}

fn asking(
    app: &App,
    walk: &Walk,
    session: &Session,
    route: &Route,
    drawn: &Drawn,
    node: EntityId,
) -> Option<Asking> {
    let place = route.steps.iter().position(|step| step.node == node)?;
    let hit = drawn.request.hit(place, &app.keys);
    Asking::of(walk, session, &app.snapshot.load(), (node, hit))
}

fn compose(
    app: &App,
    walk: &Walk,
    session: &Session,
    visit: Option<&SessionVisit>,
    drawn: &Drawn,
    route: &Route,
    consulted: Vec<Consulted>,
) -> Record {
    let request = drawn.request;
    let first_hit = request.hit(0, &app.keys);
    let begins = visit.is_none();
    let facts = visit.map_or_else(|| walk.facts.clone(), |v| v.facts.clone());
    let differs = visit.is_some_and(|visit| visit.facts != walk.facts);
    let own_facts = differs.then(|| Box::new(walk.facts.clone()));
    let asked = walk.asked;
    Record {
        request,
        kind: walk.kind,
        vid: walk.visitor.vid,
        new_visitor: walk.visitor.new,
        visit: visit.map_or(first_hit, |v| v.visit),
        previous: session.last_request,
        previous_visit: session.last_visit.filter(|last| visit.is_none_or(|v| v.visit != *last)),
        funnel: walk.plan.plan().funnel,
        source: walk.source,
        plan: walk.plan.id(),
        seed: drawn.seed,
        action: taken(walk, session, route),
        steps: steps(app, session, route, request),
        path: visit.map_or_else(Vec::new, |v| v.path.clone()),
        actions: visit.map_or_else(Vec::new, |v| v.actions.clone()),
        fields: walk.fields.to_vec(),
        buffer: walk.buffer.iter().chain(&route.data_added).cloned().collect(),
        cost: walk.cost.map(|amount| Cost { amount }),
        visit_cost: walk.cost.or_else(|| visit.map(|v| v.cost)).unwrap_or_default(),
        fires: fires(walk, route),
        consulted,
        tags: tags(session, route),
        domain: visit.map_or_else(|| asked.host.clone(), |v| v.domain.clone()),
        referrer: visit.map_or_else(|| asked.entrance_referrer(), |v| v.referrer.clone()),
        user_agent: if begins {
            asked.header(http::header::USER_AGENT).to_owned()
        } else {
            String::new()
        },
        gpc: asked.wants_privacy(),
        facts,
        own_facts,
    }
}

fn steps(app: &App, session: &Session, route: &Route, request: RequestKey) -> Vec<Step> {
    let each = route.steps.iter().enumerate().map(|(index, step)| Step {
        checksum: request.hit(index, &app.keys).checksum(),
        node: step.node,
        kind: step.kind,
        page: step.page,
        by: step.by,
        first: !session.seen_nodes.contains(&step.node),
    });
    each.collect()
}

fn taken(walk: &Walk, session: &Session, route: &Route) -> Option<Taken> {
    let (left, taken) = (walk.left?, route.taken.as_ref()?);
    Some(Taken {
        from: left.hit,
        node: left.node,
        page: left.page,
        kind: left.kind,
        number: walk.number,
        connection: taken.connection,
        first: !session.clicked.contains(&left.node),
    })
}

/// Flagged bots never fire conversions or events (product.md §3).
fn fires(walk: &Walk, route: &Route) -> Vec<rules::record::Fire> {
    let taken = route.taken.as_ref().filter(|_| !walk.facts.is_bot());
    taken.map_or_else(Vec::new, |taken| taken.fires.clone())
}

fn tags(session: &Session, route: &Route) -> Vec<EntityId> {
    let kept = session.tags.iter().filter(|tag| !route.tags_removed.contains(tag));
    let added = route.tags_added.iter().filter(|tag| !session.tags.contains(tag));
    kept.chain(added).copied().collect()
}
