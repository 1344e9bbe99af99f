//! Conversions: a postback, a browser's call, a builder action or an upload → an entry in the ledger.
//! One road for all: parse → resolve → authorize → prepare (amounts, rules, credit) → book → answer.
//! Promise: a call is answered after it is safe on disk; every call is kept with its verdict.

mod after;
pub mod answer;
mod authorize;
mod browser;
mod bulk;
mod credit;
mod currency;
mod fires;
mod forget;
mod hits;
pub mod parse;
mod postback;
mod prepare;
mod reason;
mod receive;
mod replay;
pub mod resolve;
mod said;
mod strangers;
mod telling;
mod terms;
mod undo;
mod upload;

pub use after::Tell;
pub use answer::Receipt;
pub use browser::event;
pub use bulk::Receipts;
pub use fires::Fires;
pub use forget::forget_old_calls;
pub use hits::JournalHits;
pub use postback::postback;
pub use prepare::Incoming;
pub use reason::Reason;
pub use replay::Again;
pub use strangers::Strangers;
pub use upload::Upload;

use crate::clock::Clock;
use crate::snapshot::Snapshot;
use crate::store::Database;
use crate::store::ledger::{self, Job, Outcome, Unavailable, Verdict, Writer};
use arc_swap::ArcSwap;
use http::HeaderMap;
use metrics::counter;
use parse::Limits;
use prepare::Prepared;
use resolve::{Hits, Sessions};
use rules::ids::{EntityId, IdKeys};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// (address of the connection, headers) → address of the client, through configured proxies.
pub type ClientAddress = Box<dyn Fn(IpAddr, &HeaderMap) -> IpAddr + Send + Sync>;

/// Everything that booking needs. Handlers share it.
pub struct Desk {
    /// Time and chance.
    pub clock: Clock,
    /// The secrets in IDs.
    pub keys: IdKeys,
    /// Catalog and ledger.
    pub database: Database,
    /// The configuration in force.
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    /// Records by hit.
    pub hits: Arc<dyn Hits>,
    /// The visitors' sessions.
    pub sessions: Arc<dyn Sessions>,
    /// The one writer of the ledger.
    pub writer: Writer,
    /// Tells the client's address from the connection's and the forwarding headers.
    pub client: ClientAddress,
    /// What a call may carry.
    pub limits: Limits,
    /// Callers with IDs that nobody issued.
    pub strangers: Strangers,
}

/// A call whose visitor got the same tx on another hit meanwhile is resolved again, so many times.
const MOST_ROUNDS: usize = 4;

impl Desk {
    /// Takes a call down the road: it is safe on disk when this returns.
    /// # Errors
    /// It could not be stored, or nobody can say yet whether its hit exists: it is to come again.
    pub async fn take(&self, incoming: Incoming) -> Result<Receipt, Unavailable> {
        let mut prepared = self.prepare(&incoming).await?;
        // Before tests: they are kept as well, and a guesser may ask for one.
        if prepared.never_issued && !self.keeps_stranger(incoming.address) {
            return Ok(only_counted(&prepared));
        }
        if prepared.test {
            return self.test(prepared).await;
        }
        for _ in 0..MOST_ROUNDS {
            match self.writer.book(prepared.job).await? {
                Outcome::Booked(booked) => {
                    return Ok(counted(Receipt {
                        booked,
                        parameter: prepared.parameter,
                        test: false,
                    }));
                }
                Outcome::Moved => prepared = self.prepare(&incoming).await?,
            }
        }
        Err(Unavailable)
    }

    /// What taking the call would come to. Nothing is booked, and nothing is logged.
    /// # Errors
    /// As [`Self::take`].
    pub async fn preview(&self, incoming: &Incoming) -> Result<Receipt, Unavailable> {
        let prepared = self.prepare(incoming).await?;
        self.imagine(&prepared).await
    }

    async fn imagine(&self, prepared: &Prepared) -> Result<Receipt, Unavailable> {
        let jobs = std::slice::from_ref(&prepared.job);
        let outcome = ledger::preview(&self.database, &self.clock, jobs).await;
        match outcome.map(|mut one| one.pop()) {
            Ok(Some(Outcome::Booked(booked))) => {
                Ok(Receipt { booked, parameter: prepared.parameter, test: prepared.test })
            }
            Ok(_) => Err(Unavailable),
            Err(error) => {
                tracing::error!(%error, "cannot read the ledger");
                Err(Unavailable)
            }
        }
    }

    /// `test=1`: the verdict is shown, the call is kept unbooked.
    async fn test(&self, prepared: Prepared) -> Result<Receipt, Unavailable> {
        let imagined = self.imagine(&prepared).await?;
        let mut call = prepared.job.call;
        call.note = imagined.line();
        call.reason = Reason::Test.as_str().to_owned();
        self.writer.book(Job { call, change: None, task: None, cursor: None }).await?;
        Ok(imagined)
    }

    fn keeps_stranger(&self, address: Option<IpAddr>) -> bool {
        address.is_none_or(|address| self.strangers.keeps(address))
    }
}

fn only_counted(prepared: &Prepared) -> Receipt {
    let call = &prepared.job.call;
    let booked = ledger::Booked {
        verdict: Verdict::Unbooked,
        reason: call.reason.clone(),
        call: String::new(),
        conversion: None,
        seq: None,
        before: Default::default(),
        after: Default::default(),
        flags: call.flags.clone(),
    };
    counted(Receipt { booked, parameter: prepared.parameter, test: prepared.test })
}

fn counted(receipt: Receipt) -> Receipt {
    let (verdict, reason) = (receipt.booked.verdict.as_str(), receipt.booked.reason.clone());
    counter!("runnel_postbacks_total", "verdict" => verdict, "reason" => reason).increment(1);
    receipt
}

/// A call's ID, whose order is the order of arrival, also within one millisecond: it ends in a
/// counter that starts at a random place in the lower half of its digits.
fn call_id(clock: &Clock) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    if NEXT.load(Ordering::Relaxed) == 0 {
        let start = clock.random() % (62_u64.pow(5) / 2) + 1;
        let _ = NEXT.compare_exchange(0, start, Ordering::Relaxed, Ordering::Relaxed);
    }
    EntityId::new(clock.now_ms(), NEXT.fetch_add(1, Ordering::Relaxed)).to_string()
}
