//! The tag was called without a new hit: the session goes on.
//! Promise: activity is recorded, so a rebuilt session lasts as long as the live one did.

use super::asked::Asked;
use super::position::Position;
use crate::app::App;
use crate::packed::packed;
use compact_str::CompactString;
use rules::ids::RequestKey;
use rules::record::{Record, RequestKind};
use std::sync::Arc;

/// A repeated call within this time extends nothing: the session lasts days.
const PAUSE_MS: u64 = 60_000;

/// Extends the session of whoever is at `position`.
pub fn touch(app: &App, asked: &Asked, position: &Position) {
    let ttl_ms = app.session_ttl_ms();
    app.sessions.with(position.vid, |kept| {
        if asked.at_ms < kept.last_at_ms().saturating_add(PAUSE_MS) {
            return;
        }
        let record = record(app, asked, position, &kept.session().tags);
        let bytes = packed(|room| Some(record.write(room))).unwrap_or_default();
        let appended = app.journal.append(record.request.as_u128(), bytes.clone());
        kept.take_in(&record, bytes, ttl_ms);
        kept.next_record = appended.map_or(kept.next_record, |number| number + 1);
    });
}

fn record(app: &App, asked: &Asked, position: &Position, tags: &[rules::ids::EntityId]) -> Record {
    let visit = &position.visit;
    Record {
        request: RequestKey::new(asked.at_ms, app.config.node, app.clock.random()),
        kind: RequestKind::Touch,
        vid: position.vid,
        new_visitor: false,
        visit: visit.visit,
        previous: None,
        previous_visit: None,
        funnel: visit.funnel,
        source: visit.source,
        plan: visit.plan,
        seed: 0,
        action: None,
        steps: Vec::new(),
        path: Vec::new(),
        actions: Vec::new(),
        facts: Arc::default(),
        own_facts: None,
        fields: Arc::default(),
        buffer: Vec::new(),
        cost: None,
        visit_cost: visit.cost,
        fires: Vec::new(),
        consulted: Vec::new(),
        tags: tags.to_vec(),
        domain: CompactString::default(),
        referrer: CompactString::default(),
        user_agent: String::new(),
        gpc: asked.wants_privacy(),
    }
}
