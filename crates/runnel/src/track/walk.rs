//! One request's walk: route, compose the record, append it, take it into the session.
//! Promise: all of it under the visitor's lock, so two requests of one visitor never interleave;
//! the lock is released before the disk is awaited.

use super::ask::Known;
use super::asked::Asked;
use super::compose::{buffer, compose};
use super::middleware::{Asking, Heard};
use super::visitor::Visitor;
use crate::app::App;
use crate::packed::packed;
use crate::store::sessions::Kept;
use compact_str::CompactString;
use metrics::counter;
use rules::assets::Field;
use rules::facts::Facts;
use rules::funnel::{Ready, Reason, Recording, Request, Route, Start, route};
use rules::ids::{EntityId, RequestKey};
use rules::money::Micros;
use rules::record::{Consulted, Parameter, Record, RequestKind};
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
    pub visit: Option<&'a Arc<SessionVisit>>,
    /// Traffic source.
    pub source: EntityId,
    /// Tracking fields of the visit.
    pub fields: Arc<[(Field, CompactString)]>,
    /// Parameters for the buffer.
    pub buffer: Vec<Parameter>,
    /// What the entrance costs.
    pub cost: Option<Micros>,
    /// Sender of this request.
    pub facts: Arc<Facts>,
}

/// What came of a walk.
pub struct Walked {
    /// The record.
    pub record: Box<Record>,
    /// The way taken.
    pub route: Route,
    /// Number in the journal; none if it could not take the record.
    pub number: Option<u64>,
    /// The session's buffer with this request's parameters.
    pub buffer: Vec<Parameter>,
}

/// What stays the same however often a walk is decided.
pub(super) struct Drawn {
    pub seed: u64,
    pub request: RequestKey,
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
            Attempt::Asks(asking) => Box::pin(heard.ask(app, asking)).await,
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
        let visit = walk.visit.map(|v| &**session.visit(v.visit).unwrap_or(v));
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
        // Most visitors pause now. Packed here and at once it is in the processor's cache still, and
        // memory does not grow with those who are under way.
        kept.rest();
        laps.lap("record");
        Attempt::Over(Some(Walked { record: Box::new(record), route, number, buffer }))
    })
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
    // They stay for a while, in the journal's memory and the session.
    let bytes = packed(|room| Some(record.write(room))).unwrap_or_default();
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
        fields: &walk.fields,
        // The record keeps the visit's domain, so this is the one to decide by.
        domain: walk.visit.map_or(&*walk.asked.host, |visit| &*visit.domain),
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
