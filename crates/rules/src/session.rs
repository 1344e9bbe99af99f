//! What is remembered of a visitor: a fold over their records.
//! Promise: applying the same records in the same order gives the same session, live or rebuilt;
//! whether a session is over is decided when it is read, by comparing times (product.md §1).

use crate::assets::Field;
use crate::facts::Facts;
use crate::ids::{EntityId, HitId, Vid};
use crate::money::Micros;
use crate::record::{Parameter, Passed, PassedKind, PlanId, Record, RequestKind, Step};
use crate::shared;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most hits remembered; older ones are found in the journal.
pub const MOST_HITS: usize = 128;
/// Most visits remembered.
pub const MOST_VISITS: usize = 8;
/// Most buffered parameters; the oldest go first.
pub const MOST_BUFFERED: usize = 100;
/// Most nodes, pages, tags or converted offers remembered, each.
pub const MOST_SEEN: usize = 512;

/// One visitor's session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Whose.
    pub vid: Vid,
    /// The latest activity, Unix milliseconds.
    pub last_at_ms: u64,
    /// First hit of the latest request: survives the session's end as the link to the past.
    pub last_request: Option<HitId>,
    /// First hit of the latest visit: survives too.
    pub last_visit: Option<HitId>,
    /// Parameters that arrived under no tracking field's name, oldest first.
    pub buffer: Vec<Parameter>,
    /// Tags on the visitor.
    pub tags: Vec<EntityId>,
    /// Sticky nodes and the connections they chose.
    pub sticky: Vec<(EntityId, EntityId)>,
    /// Hits, oldest first.
    pub hits: Vec<SessionHit>,
    /// Nodes seen.
    pub seen_nodes: Vec<EntityId>,
    /// Pages seen.
    pub seen_pages: Vec<EntityId>,
    /// Nodes that an action was taken out of.
    pub clicked: Vec<EntityId>,
    /// Offers converted.
    pub converted: Vec<EntityId>,
    /// Visits, oldest first; whoever looks at one while the session goes on shares it.
    #[serde(with = "shared::each")]
    pub visits: Vec<Arc<SessionVisit>>,
}

/// A hit that the session remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionHit {
    /// The hit.
    pub hit: HitId,
    /// Its node.
    pub node: EntityId,
    /// Its kind.
    pub kind: PassedKind,
    /// Its page.
    pub page: Option<EntityId>,
    /// The visit it belongs to.
    pub visit: HitId,
}

/// A visit that the session remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionVisit {
    /// Its first hit.
    pub visit: HitId,
    /// Its funnel.
    pub funnel: EntityId,
    /// Its source.
    pub source: EntityId,
    /// The plan that decided last.
    pub plan: PlanId,
    /// Sender of the entrance.
    #[serde(with = "shared")]
    pub facts: Arc<Facts>,
    /// Tracking fields.
    #[serde(with = "shared")]
    pub fields: Arc<[(Field, CompactString)]>,
    /// What it passed, each (node, page) once.
    pub path: Vec<Passed>,
    /// Action numbers taken, each once.
    pub actions: Vec<u8>,
    /// What the entrance cost.
    pub cost: Micros,
    /// Tracking domain of the entrance.
    pub domain: CompactString,
    /// Referrer of the entrance.
    pub referrer: CompactString,
}

impl SessionVisit {
    /// The visit as it stands after `record`.
    pub fn after(record: &Record) -> Self {
        let mut path = record.path.clone();
        for step in &record.steps {
            let passed = Passed { node: step.node, kind: step.kind, page: step.page };
            if !path.contains(&passed) && path.len() < crate::record::MOST_PATH {
                path.push(passed);
            }
        }
        Self {
            visit: record.visit,
            funnel: record.funnel,
            source: record.source,
            plan: record.plan,
            facts: record.facts.clone(),
            fields: record.fields.clone(),
            path,
            actions: record.actions_taken(),
            cost: record.visit_cost,
            domain: record.domain.clone(),
            referrer: record.referrer.clone(),
        }
    }
}

impl Session {
    /// An empty session.
    pub fn new(vid: Vid) -> Self {
        Self {
            vid,
            last_at_ms: 0,
            last_request: None,
            last_visit: None,
            buffer: Vec::new(),
            tags: Vec::new(),
            sticky: Vec::new(),
            hits: Vec::new(),
            seen_nodes: Vec::new(),
            seen_pages: Vec::new(),
            clicked: Vec::new(),
            converted: Vec::new(),
            visits: Vec::new(),
        }
    }

    /// Whether the session still lasts at `now_ms`, `ttl_ms` after its latest activity.
    pub fn lasts(&self, now_ms: u64, ttl_ms: u64) -> bool {
        now_ms < self.last_at_ms.saturating_add(ttl_ms)
    }

    /// The session as it counts at `now_ms`: itself, or only the links to the past once it is over.
    pub fn at(self, now_ms: u64, ttl_ms: u64) -> Self {
        if self.lasts(now_ms, ttl_ms) { self } else { self.over() }
    }

    /// Whether only the links to the past are left.
    pub fn is_over(&self) -> bool {
        self.hits.is_empty() && self.visits.is_empty()
    }

    /// What stays of a session that is over: the links to the past.
    pub fn over(self) -> Self {
        Self {
            last_at_ms: self.last_at_ms,
            last_request: self.last_request,
            last_visit: self.last_visit,
            ..Self::new(self.vid)
        }
    }

    /// Takes in one record of this visitor.
    pub fn apply(&mut self, record: &Record, ttl_ms: u64) {
        let at_ms = record.request.at_ms();
        if !self.lasts(at_ms, ttl_ms) {
            *self = std::mem::replace(self, Self::new(record.vid)).over();
        }
        self.follow(record);
        buffered(&mut self.buffer, &record.buffer);
        if let Some(taken) = &record.action {
            remember(&mut self.clicked, taken.node);
        }
        if record.kind == RequestKind::Touch {
            return;
        }
        self.tags.clone_from(&record.tags);
        self.walk(record);
    }

    /// Takes in the links to the past alone: what is left of [`Self::apply`] once the session is over.
    pub fn follow(&mut self, record: &Record) {
        self.last_at_ms = self.last_at_ms.max(record.request.at_ms());
        if record.kind != RequestKind::Touch {
            self.last_request = record.hit(0).or(self.last_request);
            // An action in an older tab must not hide the visit that began since: credit follows the
            // links from visit to visit.
            self.last_visit = self.last_visit.max(Some(record.visit));
        }
    }

    fn walk(&mut self, record: &Record) {
        self.enter_visit(record);
        for (hit, step) in record.hits() {
            remember(&mut self.seen_nodes, step.node);
            if let Some(page) = step.page {
                remember(&mut self.seen_pages, page);
            }
            let Step { node, kind, page, .. } = *step;
            self.hits.push(SessionHit { hit, node, kind, page, visit: record.visit });
        }
        keep_newest(&mut self.hits, MOST_HITS);
        // A bot moves no sticky branch (product.md §3).
        if !record.routed_facts().is_bot() {
            self.stick(record);
        }
    }

    /// Remembers which way each passed node chose: the next step's connection. Only sticky nodes
    /// ever ask for it.
    fn stick(&mut self, record: &Record) {
        for pair in record.steps.windows(2) {
            let Some(by) = pair[1].by else { continue };
            if matches!(pair[0].kind, PassedKind::Traffic | PassedKind::Rotator) {
                self.sticky.retain(|(node, _)| *node != pair[0].node);
                self.sticky.push((pair[0].node, by));
            }
        }
        keep_newest(&mut self.sticky, MOST_SEEN);
    }

    fn enter_visit(&mut self, record: &Record) {
        self.visits.retain(|visit| visit.visit != record.visit);
        self.visits.push(Arc::new(SessionVisit::after(record)));
        keep_newest(&mut self.visits, MOST_VISITS);
    }

    /// Notes that the visitor converted on `offer`.
    pub fn converted_on(&mut self, offer: EntityId) {
        remember(&mut self.converted, offer);
    }

    /// The visit that begins with `visit`, if it is remembered.
    pub fn visit(&self, visit: HitId) -> Option<&Arc<SessionVisit>> {
        self.visits.iter().rev().find(|v| v.visit == visit)
    }

    /// The most recent hit that `fits`.
    pub fn latest(&self, fits: impl Fn(&SessionHit) -> bool) -> Option<SessionHit> {
        self.hits.iter().rev().find(|hit| fits(hit)).copied()
    }

    /// The connection that a sticky node chose before.
    pub fn sticky_way(&self, node: EntityId) -> Option<EntityId> {
        self.sticky.iter().find(|(n, _)| *n == node).map(|(_, way)| *way)
    }

    /// The buffered parameter `name`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.buffer.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Puts `parameters` into `buffer`: the last value of each name counts.
pub fn buffered(buffer: &mut Vec<Parameter>, parameters: &[Parameter]) {
    for (name, value) in parameters {
        buffer.retain(|(n, _)| n != name);
        buffer.push((name.clone(), value.clone()));
    }
    keep_newest(buffer, MOST_BUFFERED);
}

fn remember(seen: &mut Vec<EntityId>, id: EntityId) {
    if !seen.contains(&id) {
        seen.push(id);
        keep_newest(seen, MOST_SEEN);
    }
}

fn keep_newest<T>(list: &mut Vec<T>, most: usize) {
    if list.len() > most {
        list.drain(..list.len() - most);
    }
}
