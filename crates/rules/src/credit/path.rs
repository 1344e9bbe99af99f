//! The visitor's requests backwards, as far as the session reaches → the hits to credit.

use super::{MOST_RECORDS, Records};
use crate::entry::Credit;
use crate::ids::{EntityId, HitId};
use crate::record::{Record, Step};
use std::collections::HashSet;
use std::sync::Arc;

pub(super) struct Walk {
    /// Oldest first, each node once.
    pub(super) path: Vec<Credit>,
    /// Records of other funnels that the walk passed, the latest first.
    pub(super) elsewhere: Vec<Arc<Record>>,
    pub(super) cut: bool,
}

pub(super) fn walk<R: Records>(
    records: &R,
    converting: &Record,
    hit: HitId,
    session_ttl_ms: u64,
) -> Result<Walk, R::Error> {
    let mut path = Backwards::default();
    path.take(converting.hits().take(hit.index() + 1), Some(hit));
    let mut chain = Chain::from(converting, session_ttl_ms);
    let mut elsewhere = Vec::new();
    let (mut next, mut read) = (converting.previous, 0);
    while let Some(previous) = next.filter(|_| read < MOST_RECORDS) {
        let Some(record) = records.record_of(previous)? else { break };
        if !chain.reaches(&record) {
            next = None;
            break;
        }
        read += 1;
        next = record.previous;
        if record.funnel == converting.funnel {
            path.take(record.hits(), None);
        } else {
            elsewhere.push(record);
        }
    }
    Ok(Walk { path: path.oldest_first(), elsewhere, cut: next.is_some() })
}

/// Credits collected from the latest to the oldest.
#[derive(Default)]
struct Backwards {
    credits: Vec<Credit>,
    nodes: HashSet<EntityId>,
}

impl Backwards {
    /// A node that is visited twice keeps its latest hit: the one that led to the conversion.
    fn take<'a>(
        &mut self,
        hits: impl Iterator<Item = (HitId, &'a Step)>,
        converting: Option<HitId>,
    ) {
        let hits: Vec<_> = hits.collect();
        for (hit, step) in hits.into_iter().rev() {
            if self.nodes.insert(step.node) {
                let direct = converting == Some(hit);
                let (node, kind, page) = (step.node, step.kind, step.page);
                self.credits.push(Credit { hit, node, kind, page, direct });
            }
        }
    }

    fn oldest_first(mut self) -> Vec<Credit> {
        self.credits.reverse();
        self.credits
    }
}

/// Visits that follow each other in less than a session's life, from the latest backwards.
/// A visit in another funnel keeps the session alive as well.
struct Chain {
    /// Start of the earliest visit so far.
    starts_ms: u64,
    visits: HashSet<HitId>,
    session_ttl_ms: u64,
}

impl Chain {
    fn from(record: &Record, session_ttl_ms: u64) -> Self {
        let visits = HashSet::from([record.visit]);
        Self { starts_ms: record.visit.at_ms(), visits, session_ttl_ms }
    }

    /// Whether the record's visit hangs together with those so far. The first record met of a visit
    /// is its last activity, as the walk runs backwards.
    fn reaches(&mut self, record: &Record) -> bool {
        let last_activity_ms = record.request.at_ms();
        let gap_ms = self.starts_ms.saturating_sub(last_activity_ms);
        let reached = self.visits.contains(&record.visit) || gap_ms < self.session_ttl_ms;
        if reached && self.visits.insert(record.visit) {
            self.starts_ms = self.starts_ms.min(record.visit.at_ms());
        }
        reached
    }
}
