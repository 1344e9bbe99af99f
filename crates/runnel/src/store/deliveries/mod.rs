//! The outbox in SQL: deliveries that are owed, what was called for them, and what came of it.
//! Promise: a delivery commits with what causes it; per destination and hit they become due in the
//! order of their numbers, one at a time (product.md §10).

mod bell;
mod change;
mod due;
mod find;
mod finish;
mod follow;
mod forget;
mod owe;
mod stops;

pub use bell::Bell;
pub use change::{cancel, replay};
pub use due::{Due, due, next_due, owing};
pub use find::{
    Attempt, Backlog, DeliveryFilter, StoredDelivery, attempts, backlog, deliveries, payload,
};
pub use finish::{Attempted, Called, Finished, finish};
pub use follow::owe_and_follow;
pub use forget::forget;
pub use owe::{NewDelivery, owe};
pub(super) use owe::{insert, known};
pub use stops::{Stop, enable, stop, stops};

/// How a delivery stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It waits for an attempt.
    Owed,
    /// The destination has it.
    Delivered,
    /// All attempts failed.
    Failed,
    /// The destination does not take it, and never will.
    Refused,
    /// It came too late for the destination.
    TooLate,
    /// Somebody cancelled it.
    Cancelled,
}

impl DeliveryState {
    /// The word in the store and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::TooLate => "too_late",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the store's word.
    pub fn of(word: &str) -> Option<Self> {
        use DeliveryState::*;
        [Owed, Delivered, Failed, Refused, TooLate, Cancelled]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}
