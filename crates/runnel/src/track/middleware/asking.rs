//! A walk that came to a middleware node → what its service is asked.

use crate::snapshot::Snapshot;
use crate::track::walk::Walk;
use rules::assets::NodeKind;
use rules::ids::{EntityId, HitId};
use rules::notice;
use rules::record::by_name;
use rules::session::Session;
use rules::told::{Names, Told, What};
use std::collections::BTreeMap;
use std::time::Duration;

/// A question to a service.
pub struct Asking {
    /// The node.
    pub node: EntityId,
    /// The question's ID: the hit that the node will make.
    pub id: String,
    /// Where to.
    pub url: String,
    /// JSON.
    pub body: String,
    /// Longest wait.
    pub timeout: Duration,
    /// The webhook whose secrets sign it.
    pub signed_by: Option<EntityId>,
}

impl Asking {
    /// The question of `node` about the walk's visitor, whose hit there will be `hit`.
    pub fn of(
        walk: &Walk<'_>,
        session: &Session,
        snapshot: &Snapshot,
        (node, hit): (EntityId, HitId),
    ) -> Option<Self> {
        let NodeKind::Middleware { url, timeout_ms, signed_by, .. } = walk.plan.does(node)? else {
            return None;
        };
        let told = told(walk, session, snapshot, (node, hit));
        let asked = walk.asked.url();
        let body = notice::question(&notice::Asking {
            told: &told,
            tags: &session.tags,
            new_visitor: walk.visitor.new,
            url: &asked,
        });
        Some(Self {
            node,
            id: hit.to_string(),
            url: url.clone(),
            body,
            timeout: Duration::from_millis(u64::from(*timeout_ms)),
            signed_by: *signed_by,
        })
    }
}

fn told(
    walk: &Walk<'_>,
    session: &Session,
    snapshot: &Snapshot,
    (node, hit): (EntityId, HitId),
) -> Told {
    let plan = walk.plan.plan();
    let source = snapshot.sources.get(&walk.source).map(|held| &*held.asset);
    let mut fields = BTreeMap::new();
    for (field, value) in &*walk.fields {
        let alias = source.and_then(|source| source.fields.get(field));
        fields.insert(field.key().to_owned(), value.to_string());
        fields.extend(alias.map(|alias| (alias.name.clone(), value.to_string())));
    }
    let visit = walk.visit.map_or(hit, |visit| visit.visit);
    let node_name = plan.nodes.iter().find(|own| own.id == node).map(|own| own.name.clone());
    Told {
        what: What::Visit,
        hit: hit.to_string(),
        hit_at_ms: hit.at_ms(),
        vid: walk.visitor.vid.to_string(),
        visit: visit.to_string(),
        visit_at_ms: visit.at_ms(),
        funnel: plan.funnel.to_string(),
        source: walk.source.to_string(),
        node: node.to_string(),
        names: Names {
            funnel: plan.name.clone(),
            source: source.map(|source| source.name.clone()).unwrap_or_default(),
            node: node_name.unwrap_or_default(),
            ..Names::default()
        },
        fields,
        buffer: by_name(session.buffer.iter().chain(&walk.buffer)),
        facts: walk.facts.as_ref().clone(),
        user_agent: walk.asked.header(http::header::USER_AGENT).to_owned(),
        referrer: walk.asked.entrance_referrer().to_owned(),
        domain: walk.asked.host.to_string(),
        ..Told::default()
    }
}
