//! A decided walk → its record, which holds everything that explains it.
//! Promise: read from the walk and the session under the visitor's lock; changes neither.

use super::walk::{Drawn, Walk};
use crate::app::App;
use rules::funnel::Route;
use rules::ids::{EntityId, RequestKey};
use rules::record::{Consulted, Cost, Parameter, Record, Step, Taken};
use rules::session::{Session, SessionVisit, buffered};

/// The record of a `route` that was decided in `session`; `visit` is the one it goes on with, none begins
/// one.
pub(super) fn compose(
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
    let own_facts = differs.then(|| Box::new(walk.facts.as_ref().clone()));
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
        fields: walk.fields.clone(),
        buffer: walk.buffer.iter().chain(&route.data_added).cloned().collect(),
        cost: walk.cost.map(|amount| Cost { amount }),
        visit_cost: walk.cost.or_else(|| visit.map(|v| v.cost)).unwrap_or_default(),
        fires: fires(walk, route),
        consulted,
        tags: tags(session, route),
        domain: visit.map_or(&asked.host, |v| &v.domain).clone(),
        referrer: visit.map_or_else(|| asked.entrance_referrer().into(), |v| v.referrer.clone()),
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

/// The session's buffer after `record`.
pub(super) fn buffer(session: &Session, record: &Record) -> Vec<Parameter> {
    let mut after = session.buffer.clone();
    buffered(&mut after, &record.buffer);
    after
}
