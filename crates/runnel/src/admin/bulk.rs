//! What a bulk operation came to: counts, and each line or call.
//! Promise: nothing of an operation happens before it is noted.

use super::Caller;
use crate::app::App;
use crate::convert::{Again, Incoming, Receipt};
use crate::error::Problem;
use crate::store::ledger::{self, LoggedCall, Unavailable, Verdict, Working};
use rules::entry::Status;
use rules::ids::EntityId;
use rules::money::Micros;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What a bulk operation came to.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkOutcome {
    /// The operation, with which it can be undone; none for a dry run.
    #[schema(value_type = Option<String>)]
    operation: Option<EntityId>,
    /// Conversions made.
    created: u64,
    /// Conversions changed.
    updated: u64,
    /// Conversions taken out of the figures.
    deleted: u64,
    /// Where nothing had to change.
    unchanged: u64,
    /// What could not be booked.
    unbooked: u64,
    /// What the ledger could not take at present; send it again.
    failed: u64,
    /// Calls that fit but were over the limit of one request.
    left: u64,
    /// Each line or call.
    results: Vec<BulkItem>,
}

/// What became of one line or call.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkItem {
    /// The line, or the ID of the call or conversion.
    item: String,
    /// `created updated deleted unchanged unbooked`; none if it failed.
    result: Option<Verdict>,
    /// Why it could not be booked.
    reason: Option<String>,
    /// The parameter at fault.
    parameter: Option<String>,
    /// The conversion.
    conversion: Option<EntityId>,
    /// Status after it.
    status: Option<Status>,
    /// Revenue after it.
    revenue: Option<Micros>,
}

/// Notes the operation before anything of it happens. It is at work until what is returned is dropped.
pub(super) async fn begin(
    app: &App,
    caller: &Caller,
    operation: EntityId,
    kind: &str,
    summary: &Value,
) -> Result<Working, Problem> {
    let begun = ledger::begin_operation(&app.database, caller, operation, kind, summary);
    begun.await.map_err(Problem::from)
}

/// Takes the calls down the road as the operation that was begun; without one, shows what that would
/// come to. What was begun is ended, even when the client has gone.
pub(super) async fn changed(
    app: &App,
    calls: Vec<Incoming>,
    items: Vec<String>,
    working: Option<Working>,
) -> Result<BulkOutcome, Problem> {
    let operation = working.as_ref().map(Working::id);
    let receipts = if let Some(working) = working {
        let desk = app.desk.clone();
        let task = tokio::spawn(async move {
            let receipts = desk.take_all(calls).await;
            drop(working);
            receipts
        });
        task.await.map_err(Problem::internal)?
    } else {
        app.desk.preview_all(&calls).await.map_err(|_| busy())?
    };
    let mut changed = BulkOutcome::by(operation);
    for (item, receipt) in items.into_iter().zip(receipts) {
        changed.add(item, receipt);
    }
    Ok(changed)
}

/// Repeats kept calls, which are some of the `total` that fit, as [`changed`] does.
pub(super) async fn repeated(
    app: &App,
    (calls, total): (&[LoggedCall], u64),
    again: &Again<'_>,
    working: Option<Working>,
) -> Result<BulkOutcome, Problem> {
    let incoming = calls.iter().map(|call| app.desk.again(call, again)).collect();
    let names = calls.iter().map(|call| call.id.clone()).collect();
    let mut outcome = changed(app, incoming, names, working).await?;
    outcome.left = total.saturating_sub(calls.len() as u64);
    Ok(outcome)
}

/// The ledger cannot say or do anything now.
pub(super) fn busy() -> Problem {
    Problem::unavailable("The ledger cannot be used at present, or a hit is still on its way.")
}

impl BulkOutcome {
    /// Nothing yet, by `operation`.
    pub(super) fn by(operation: Option<EntityId>) -> Self {
        Self { operation, ..Self::default() }
    }

    /// Adds what became of one item.
    pub(super) fn add(&mut self, item: String, receipt: Result<Receipt, Unavailable>) {
        let Ok(receipt) = receipt else {
            self.failed += 1;
            return self.results.push(BulkItem::failed(item));
        };
        self.count(receipt.booked.verdict);
        self.results.push(BulkItem::of(item, &receipt));
    }

    fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Created => &mut self.created,
            Verdict::Updated => &mut self.updated,
            Verdict::Deleted => &mut self.deleted,
            Verdict::Unchanged => &mut self.unchanged,
            Verdict::Unbooked => &mut self.unbooked,
        } += 1;
    }
}

impl BulkItem {
    fn failed(item: String) -> Self {
        Self {
            item,
            result: None,
            reason: Some("not stored, send it again".into()),
            parameter: None,
            conversion: None,
            status: None,
            revenue: None,
        }
    }

    fn of(item: String, receipt: &Receipt) -> Self {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let booked = &receipt.booked;
        // What a dry run would create has no ID yet.
        let imagined = receipt.test && booked.verdict == Verdict::Created;
        Self {
            item,
            result: Some(booked.verdict),
            reason: given(&booked.reason),
            parameter: given(receipt.parameter()),
            conversion: booked.conversion.filter(|_| !imagined),
            status: booked.after.status,
            revenue: booked.conversion.map(|_| booked.after.revenue),
        }
    }
}
