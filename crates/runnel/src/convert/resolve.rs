//! From what a call names (a hit, or a visitor with a page) to the hit that converts and its record.
//! Promise: an ID that was never issued costs no look-up; a hit that may still be on its way, and a
//! session that is still being rebuilt, are never called unknown (product.md §6.1, §6.2).

use super::Desk;
use super::prepare::{event, source_of};
use super::reason::{Reason, Unbooked};
use super::said::Said;
use crate::snapshot::Snapshot;
use crate::store::ledger::{self, OfVisitor, Sought, Unavailable};
use rules::amount::TextValue;
use rules::apply::{Flag, Via};
use rules::ids::{EntityId, HitId, Vid};
use rules::record::{PassedKind, Record, Step};
use rules::session::Session;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Something that will be there.
pub type Promised<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Finds records by their hits.
pub trait Hits: Send + Sync {
    /// The record that holds `hit`, on disk or not yet; none if there is no such record. May read
    /// the disk.
    /// # Errors
    /// The records cannot be read at present.
    fn find(&self, hit: HitId) -> Result<Option<Found>, Unavailable>;

    /// Waits until record number `number`, and all before it, are on disk.
    fn synced(&self, number: u64) -> Promised<'_, Result<(), Unavailable>>;
}

/// A record and its number.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its number in the journal.
    pub number: u64,
    /// The record.
    pub record: Arc<Record>,
}

/// Knows the visitors' sessions.
pub trait Sessions: Send + Sync {
    /// The visitor's session, also one that is over; none if it is not known.
    /// # Errors
    /// Sessions are being rebuilt: nobody can say yet.
    fn of(&self, vid: Vid) -> Result<Option<Session>, Unavailable>;
}

/// A hit with a valid checksum that is not found may still be on its way for so long.
const MAY_COME_MS: u64 = 3_600_000;

/// Clocks of several machines differ by less than this.
const CLOCKS_DIFFER_MS: u64 = 60_000;

/// The hit that converts.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The hit.
    pub hit: HitId,
    /// Its record.
    pub record: Arc<Record>,
    /// How it was found, if through the visitor.
    pub sought: Option<Sought>,
    /// What to remark.
    pub flags: Vec<Flag>,
}

impl Resolved {
    /// The node passed.
    pub fn step(&self) -> Option<&Step> {
        self.record.step_of(self.hit)
    }
}

/// Why there is no hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoHit {
    /// The call stays unbooked.
    Unbooked(Unbooked),
    /// It was never issued: nobody but a guesser or a broken set-up sends it.
    NeverIssued(Unbooked),
    /// Nobody can say at present.
    Unavailable,
}

impl From<Unavailable> for NoHit {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}

fn unbooked(reason: Reason, parameter: &'static str) -> NoHit {
    NoHit::Unbooked(Unbooked::new(reason, parameter))
}

impl Desk {
    /// Finds the hit that `said` names.
    pub(super) async fn resolve(
        &self,
        said: &Said,
        via: Via,
        snapshot: &Snapshot,
        now_ms: u64,
    ) -> Result<Resolved, NoHit> {
        let given = |value: &TextValue| matches!(value, TextValue::Given(_));
        if via == Via::JavaScript && given(&said.hit) && given(&said.vid) {
            return Err(unbooked(Reason::HitAndVid, "hit"));
        }
        let vid = self.read_vid(said);
        match (self.read_hit(said), &vid) {
            (Ok(hit), vid) => {
                let flags = if vid.is_ok() { vec![Flag::HitDecides] } else { Vec::new() };
                let may_come = via != Via::Action;
                self.by_hit(hit, None, flags, may_come).await
            }
            // A parameter that only happens to be called like a hit: the visitor decides.
            (Err(NoHit::NeverIssued(_)), Ok(vid)) => {
                self.by_visitor(*vid, said, snapshot, now_ms).await
            }
            (Err(NoHit::Unbooked(why)), Ok(vid)) if why.reason == Reason::MissingHit => {
                self.by_visitor(*vid, said, snapshot, now_ms).await
            }
            (Err(NoHit::Unbooked(why)), Err(vid)) if why.reason == Reason::MissingHit => Err(*vid),
            (Err(no_hit), _) => Err(no_hit),
        }
    }

    fn read_hit(&self, said: &Said) -> Result<HitId, NoHit> {
        match &said.hit {
            TextValue::Absent { flagged: true } => Err(unbooked(Reason::UnreplacedMacro, "hit")),
            TextValue::Absent { .. } => Err(unbooked(Reason::MissingHit, "hit")),
            TextValue::Given(text) => HitId::parse(text, &self.keys)
                .map_err(|_| NoHit::NeverIssued(Unbooked::new(Reason::UnknownHit, "hit"))),
        }
    }

    fn read_vid(&self, said: &Said) -> Result<Vid, NoHit> {
        match &said.vid {
            TextValue::Absent { flagged: true } => Err(unbooked(Reason::UnreplacedMacro, "vid")),
            TextValue::Absent { .. } => Err(unbooked(Reason::MissingHit, "hit")),
            TextValue::Given(text) => Vid::parse(text, &self.keys)
                .map_err(|_| NoHit::NeverIssued(Unbooked::new(Reason::UnknownVisitor, "vid"))),
        }
    }

    /// The record of `hit`. One that `may_come` was perhaps made on another machine and is on its way;
    /// an action's record stands in the same journal after that of the page.
    async fn by_hit(
        &self,
        hit: HitId,
        sought: Option<Sought>,
        flags: Vec<Flag>,
        may_come: bool,
    ) -> Result<Resolved, NoHit> {
        let hits = self.hits.clone();
        let found = tokio::task::spawn_blocking(move || hits.find(hit)).await;
        let found = found.unwrap_or(Err(Unavailable))?;
        match found.filter(|found| found.record.step_of(hit).is_some()) {
            Some(Found { number, record }) => {
                self.hits.synced(number).await?;
                Ok(Resolved { hit, record, sought, flags })
            }
            None if may_come && self.clock.now_ms() < hit.at_ms() + MAY_COME_MS => {
                Err(NoHit::Unavailable)
            }
            None => Err(unbooked(Reason::HitLost, "hit")),
        }
    }

    async fn by_visitor(
        &self,
        vid: Vid,
        said: &Said,
        snapshot: &Snapshot,
        now_ms: u64,
    ) -> Result<Resolved, NoHit> {
        let page = match &said.page {
            TextValue::Absent { flagged: true } => {
                return Err(unbooked(Reason::UnreplacedMacro, "p"));
            }
            TextValue::Absent { .. } => None,
            TextValue::Given(text) => {
                Some(text.parse().map_err(|_| unbooked(Reason::NoHitOfPage, "p"))?)
            }
        };
        let same_tx = self.with_this_tx(vid, page, said).await?;
        let meant = same_tx.iter().find(|one| is_meant(one, said, snapshot));
        let hit = match meant {
            Some(one) => one.hit,
            None => self.in_session(vid, page, snapshot, now_ms)?,
        };
        let passed_over = match meant {
            Some(_) => Vec::new(),
            None => same_tx.into_iter().map(|one| (one.hit, one.event)).collect(),
        };
        self.by_hit(hit, Some(Sought { page, passed_over }), Vec::new(), true).await
    }

    /// What of the visitor's already has this tx.
    async fn with_this_tx(
        &self,
        vid: Vid,
        page: Option<EntityId>,
        said: &Said,
    ) -> Result<Vec<OfVisitor>, Unavailable> {
        let TextValue::Given(tx) = &said.tx else { return Ok(Vec::new()) };
        ledger::of_visitor(&self.database, vid, tx, page).await.map_err(|error| {
            tracing::error!(%error, "cannot look up a visitor's conversions");
            Unavailable
        })
    }

    fn in_session(
        &self,
        vid: Vid,
        page: Option<EntityId>,
        snapshot: &Snapshot,
        now_ms: u64,
    ) -> Result<HitId, NoHit> {
        let ttl_ms = snapshot.settings.session_ttl_seconds.saturating_mul(1000);
        let session = self.sessions.of(vid)?.filter(|session| session.lasts(now_ms, ttl_ms));
        let session = session.ok_or(unbooked(Reason::SessionExpired, "vid"))?;
        // A repeated call cannot mean what the visitor did after it; one that comes now may mean a hit
        // of a machine whose clock is ahead.
        let comes_now = self.clock.now_ms() < now_ms + CLOCKS_DIFFER_MS;
        let by_then = |hit: HitId| comes_now || hit.at_ms() <= now_ms;
        let latest = match page {
            Some(page) => session.latest(|hit| hit.page == Some(page) && by_then(hit.hit)),
            None => session.latest(|hit| hit.kind == PassedKind::Offer && by_then(hit.hit)),
        };
        let missing = if page.is_some() { Reason::NoHitOfPage } else { Reason::NoOfferVisited };
        latest.map(|found| found.hit).ok_or(unbooked(missing, "p"))
    }
}

/// Whether the call is about this one: its event is the one that the call's word means at the offer's
/// source. It is the one that changes, even when the session is over.
fn is_meant(one: &OfVisitor, said: &Said, snapshot: &Snapshot) -> bool {
    let offer = one.offer.and_then(|offer| snapshot.offers.get(&offer));
    let source = source_of(snapshot, offer.map(|held| &*held.asset));
    event(snapshot, source, said.event.as_deref()) == Ok(one.event)
}
