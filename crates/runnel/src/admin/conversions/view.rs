//! Conversions and entries as the API shows them.
//! Promise: what the ledger keeps as an empty text is shown as none.

use crate::admin::deliveries::DeliveryView;
use crate::admin::moment;
use crate::admin::postbacks::CallView;
use crate::store::ledger::{StoredConversion, StoredEntry, Withheld};
use jiff::Timestamp;
use rules::entry::{Standing, Status};
use rules::money::Micros;
use rules::owed::HeldBack;
use serde::Serialize;
use utoipa::ToSchema;

/// A conversion or custom event as it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::admin) struct Conversion {
    /// Its ID.
    pub(super) id: String,
    /// The converting hit.
    pub(super) hit: String,
    /// Who converted.
    pub(super) vid: String,
    /// The network's transaction.
    pub(super) tx: Option<String>,
    /// The custom event's ID; none for a conversion.
    pub(super) event: Option<String>,
    /// The node that converted.
    pub(super) node: String,
    /// Its page.
    pub(super) page: Option<String>,
    /// `lander` or `offer`.
    pub(super) page_kind: String,
    /// Funnel.
    pub(super) funnel: String,
    /// Traffic source.
    pub(super) source: String,
    /// Offer source.
    pub(super) offer_source: Option<String>,
    #[serde(flatten)]
    pub(super) standing: StandingView,
    /// When the hit was made, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub(super) hit_at: Timestamp,
    /// When it was first booked, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub(super) first_at: Timestamp,
    /// When it changed last, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub(super) changed_at: Timestamp,
}

/// How a conversion stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::admin) struct StandingView {
    /// Its status; none before it existed.
    pub(super) status: Option<Status>,
    /// Revenue that counts.
    pub(super) revenue: Micros,
    /// What a pending one is expected to earn.
    pub(super) expected: Micros,
    /// Cost that it caused.
    pub(super) cost: Micros,
}

/// One change of a conversion.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::admin) struct EntryView {
    /// Its number in the ledger.
    pub(super) number: i64,
    /// When it takes effect, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// When it was booked, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub(super) booked_at: Timestamp,
    /// The way it came.
    pub(super) via: String,
    /// Who: an address, a user or a key.
    pub(super) actor: String,
    /// The bulk operation it is part of.
    pub(super) operation: Option<String>,
    /// Standing before.
    pub(super) before: StandingView,
    /// Standing after.
    pub(super) after: StandingView,
    /// The amount named, where it was in another currency.
    pub(super) original: Option<OriginalView>,
    /// Whether the traffic source is told: `none`, `once` or `all`.
    pub(super) notify: String,
    /// The call that caused it.
    pub(super) call: String,
    /// Revenue that the traffic source has been told with it, its modifier included.
    pub(super) revenue_told: Option<Micros>,
    /// The destinations that were not told of it. Those that were are under `deliveries`.
    pub(super) withheld: Vec<WithheldView>,
}

/// A destination that was not told of a change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::admin) struct WithheldView {
    /// The destination.
    pub(super) destination: String,
    /// Why it was not told.
    pub(super) reason: HeldBack,
    /// The same in words.
    pub(super) says: &'static str,
}

/// An amount in another currency.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::admin) struct OriginalView {
    /// As named.
    pub(super) amount: Micros,
    /// ISO 4217.
    pub(super) currency: String,
    /// What one unit was worth in the account's currency.
    pub(super) rate: Micros,
}

/// A conversion with everything that happened to it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::admin) struct ConversionHistory {
    #[serde(flatten)]
    pub(super) conversion: Conversion,
    /// All changes, oldest first.
    pub(super) entries: Vec<EntryView>,
    /// All calls that meant it, oldest first, also those that changed nothing.
    pub(super) calls: Vec<CallView>,
    /// What destinations were told of it, newest first.
    pub(super) deliveries: Vec<DeliveryView>,
}

/// `at_ms` (Unix milliseconds) as the API shows it.
pub(in crate::admin) fn at(at_ms: u64) -> Timestamp {
    moment::shown(i64::try_from(at_ms).unwrap_or(i64::MAX))
}

/// The text, unless it is empty.
pub(in crate::admin) fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl From<StoredConversion> for Conversion {
    fn from(stored: StoredConversion) -> Self {
        Self {
            id: stored.id,
            hit: stored.hit,
            vid: stored.vid,
            tx: given(stored.tx),
            event: given(stored.event),
            node: stored.node,
            page: given(stored.page),
            page_kind: stored.page_kind,
            funnel: stored.funnel,
            source: stored.source,
            offer_source: given(stored.offer_source),
            standing: stored.standing.into(),
            hit_at: at(stored.hit_at_ms),
            first_at: at(stored.first_at_ms),
            changed_at: at(stored.changed_at_ms),
        }
    }
}

impl From<Standing> for StandingView {
    fn from(standing: Standing) -> Self {
        let Standing { status, revenue, expected, cost } = standing;
        Self { status, revenue, expected, cost }
    }
}

impl From<Withheld> for WithheldView {
    fn from(stored: Withheld) -> Self {
        let Withheld { destination, reason, .. } = stored;
        Self { destination, reason, says: reason.in_words() }
    }
}

impl EntryView {
    pub(super) fn of(stored: StoredEntry, withheld: Vec<Withheld>) -> Self {
        let original = OriginalView {
            amount: stored.original_amount,
            currency: stored.original_currency,
            rate: stored.rate,
        };
        Self {
            number: stored.seq,
            at: at(stored.at_ms),
            booked_at: at(stored.booked_at_ms),
            via: stored.via,
            actor: stored.actor,
            operation: given(stored.operation),
            before: stored.before.into(),
            after: stored.after.into(),
            original: Some(original).filter(|original| !original.currency.is_empty()),
            notify: stored.notify,
            call: stored.call,
            revenue_told: stored.told,
            withheld: withheld.into_iter().map(WithheldView::from).collect(),
        }
    }
}
