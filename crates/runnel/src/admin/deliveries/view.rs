//! Deliveries and attempts as the API shows them.

use crate::admin::conversions::{at, given};
use crate::store::deliveries::{Attempt, DeliveryState, StoredDelivery};
use jiff::Timestamp;
use rules::money::Micros;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that a destination is to be told.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::admin) struct DeliveryView {
    /// Its ID: the receiver sees it in `Runnel-Delivery` and as `{delivery-id}`.
    id: String,
    /// To whom.
    destination: String,
    /// How it stands.
    state: DeliveryState,
    /// The conversion or event; none for a visit.
    conversion: Option<String>,
    /// The ledger entry that it tells.
    entry: Option<i64>,
    /// The event's name; none for a conversion.
    event: Option<String>,
    /// The hit.
    hit: String,
    /// Funnel.
    funnel: String,
    /// Traffic source.
    source: String,
    /// `new`, `adjusted` or `retracted`.
    change: String,
    /// The status told.
    status: String,
    /// The revenue told.
    revenue: Micros,
    /// The revenue as the ledger has it.
    revenue_true: Micros,
    /// Why the last attempt failed, or why none was made.
    reason: Option<String>,
    /// Attempts since it was owed, or sent again.
    attempts: u64,
    /// When it came to be owed, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    owed_at: Timestamp,
    /// When the next attempt is due, RFC 3339; none once it is settled.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// When it was settled, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Timestamp>,
}

/// A delivery with everything about it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryDetail {
    #[serde(flatten)]
    pub(super) delivery: DeliveryView,
    /// What is told, as it was frozen; none once its retention is over.
    #[schema(value_type = Option<Object>)]
    pub(super) told: serde_json::Value,
    /// All attempts, oldest first.
    pub(super) attempts_made: Vec<AttemptView>,
}

/// An attempt. Secrets are blanked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttemptView {
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `delivered`, `again`, `refused`, `too_late` or `disable`.
    verdict: String,
    /// Why it did not arrive.
    reason: Option<String>,
    /// The call; none where none was made.
    call: Option<CalledView>,
}

/// A call that was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::admin) struct CalledView {
    /// Method.
    pub(in crate::admin) method: String,
    /// URL.
    pub(in crate::admin) url: String,
    /// Headers, one a line.
    pub(in crate::admin) headers: String,
    /// The body, or its begin.
    pub(in crate::admin) body: String,
    /// The answer's status; none without an answer.
    pub(in crate::admin) status: Option<u16>,
    /// Milliseconds.
    pub(in crate::admin) took_ms: u64,
    /// The first 2 kB of the answer.
    pub(in crate::admin) answer: String,
    /// Why there was no answer.
    pub(in crate::admin) error: Option<String>,
}

impl From<StoredDelivery> for DeliveryView {
    fn from(stored: StoredDelivery) -> Self {
        let owed = stored.state == DeliveryState::Owed;
        Self {
            id: stored.id,
            destination: stored.destination,
            state: stored.state,
            conversion: given(stored.conversion),
            entry: Some(stored.entry).filter(|entry| *entry != 0),
            event: given(stored.event),
            hit: stored.hit,
            funnel: stored.funnel,
            source: stored.source,
            change: stored.change,
            status: stored.status,
            revenue: stored.revenue,
            revenue_true: stored.revenue_true,
            reason: given(stored.reason),
            attempts: stored.attempts,
            owed_at: at(stored.owed_at_ms),
            due_at: owed.then(|| at(stored.due_ms)),
            settled_at: (!owed).then(|| at(stored.finished_at_ms)),
        }
    }
}

impl From<Attempt> for AttemptView {
    fn from(stored: Attempt) -> Self {
        let called = !stored.method.is_empty();
        let call = CalledView {
            method: stored.method,
            url: stored.url,
            headers: stored.headers,
            body: stored.body,
            status: Some(stored.status).filter(|status| *status != 0),
            took_ms: stored.took_ms,
            answer: stored.answer,
            error: given(stored.error),
        };
        Self {
            at: at(stored.at_ms),
            verdict: stored.verdict,
            reason: given(stored.reason),
            call: called.then_some(call),
        }
    }
}
