//! What a destination wants to hear of conversions and events.

use crate::assets::{Integration, PendingAmount, SourcePostback, TellWhen};
use crate::entry::Status;

const HOUR_MS: u64 = 3_600_000;

/// The wishes of one destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The destination's key, such as `source:{id}:conversion`.
    pub destination: String,
    /// When it is told.
    pub tell: TellWhen,
    /// The statuses of which it is told; empty means all.
    pub statuses: Vec<Status>,
    /// What it is told of a pending conversion.
    pub pending_amount: PendingAmount,
    /// Whether what earned nothing is left out.
    pub skip_zero: bool,
    /// Oldest click of which it is told, in milliseconds.
    pub maximum_age_ms: Option<u64>,
    /// Added to the revenue told, in percent.
    pub revenue_modifier_percent: i32,
    /// Whether it can change an amount that it was told.
    pub adjusts: bool,
    /// Whether it can take back what it was told.
    pub retracts: bool,
    /// Whether it is the owner's own: `disable_postbacks` does not concern it.
    pub owner: bool,
}

impl Wish {
    /// The wishes behind a traffic source's postback.
    pub fn of_postback(destination: String, postback: &SourcePostback) -> Self {
        Self {
            destination,
            tell: postback.tell,
            statuses: postback.statuses.clone(),
            pending_amount: postback.pending_amount,
            skip_zero: postback.skip_zero,
            maximum_age_ms: postback.maximum_age_hours.map(|hours| u64::from(hours) * HOUR_MS),
            revenue_modifier_percent: postback.revenue_modifier_percent,
            adjusts: false,
            retracts: !postback.reversal_url.is_empty(),
            owner: false,
        }
    }

    /// The wishes behind a traffic source's ad platform.
    pub fn of_integration(destination: String, integration: &Integration) -> Self {
        let when = &integration.mapping().when;
        Self {
            destination,
            tell: when.tell,
            statuses: when.statuses.clone(),
            pending_amount: when.pending_amount,
            skip_zero: when.skip_zero,
            maximum_age_ms: when.maximum_age_hours.map(|hours| u64::from(hours) * HOUR_MS),
            revenue_modifier_percent: when.revenue_modifier_percent,
            adjusts: integration.can_adjust(),
            retracts: integration.can_retract(),
            owner: false,
        }
    }
}
