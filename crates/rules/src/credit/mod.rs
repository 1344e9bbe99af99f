//! Whom a conversion credits: the visitor's hits backwards (product.md §6.8).
//! (records by hit, the converting hit) → its path, and the visits it is indirect to.
//! Promise: reads records alone, however old the hit; hits after the converting one get nothing,
//! however late the postback; the walk is bounded and says when it was cut.

mod path;
mod visits;

#[cfg(test)]
mod tests;

use crate::entry::{Credit, VisitDims};
use crate::ids::HitId;
use crate::money::Micros;
use crate::record::Record;
use std::sync::Arc;

/// Most records read for one conversion in each of the two walks (requests, visits).
pub const MOST_RECORDS: usize = 1_000;

/// Where earlier records are found.
pub trait Records {
    /// Why a record cannot be read now.
    type Error;

    /// The record that holds `hit`; none if there is no such record any more.
    /// # Errors
    /// The store cannot answer.
    fn record_of(&self, hit: HitId) -> Result<Option<Arc<Record>>, Self::Error>;
}

/// Whom a conversion credits.
#[derive(Clone, Debug, PartialEq)]
pub struct Credited {
    /// The hits credited, oldest first, each node once (its latest hit); the direct one is last.
    pub path: Vec<Credit>,
    /// The latest earlier visit in each other funnel, the latest first.
    pub indirect: Vec<VisitDims>,
    /// The converting hit's visit.
    pub visit: VisitDims,
    /// Whether the visit was paid for at its entrance, be it with zero (product.md §9).
    pub paid_at_entrance: bool,
    /// Whether the walk ended before the visitor's first record: too many, or one is gone.
    pub cut: bool,
}

/// Credits a conversion of `hit`, which `converting` holds.
/// # Errors
/// A record cannot be read now; nothing is credited, so that nothing is credited wrongly.
pub fn credit<R: Records>(
    records: &R,
    converting: &Record,
    hit: HitId,
    session_ttl_ms: u64,
) -> Result<Credited, R::Error> {
    let walk = path::walk(records, converting, hit, session_ttl_ms)?;
    let (indirect, cut) = visits::indirect(records, converting, hit, walk.elsewhere)?;
    let entrance = visits::entrance(records, converting)?;
    let entrance = entrance.as_deref().unwrap_or(converting);
    Ok(Credited {
        path: walk.path,
        indirect,
        visit: visits::dims(converting, entrance),
        paid_at_entrance: entrance.cost.is_some() || converting.visit_cost != Micros::ZERO,
        cut: cut || walk.cut,
    })
}
