//! The postbacks that a traffic source wants: where to, when, and how much of the revenue is told.

use crate::entry::Status;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A postback that the traffic source wants (product.md §10). `{"url": "…"}` is enough.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SourcePostback {
    /// URL with tokens; empty, in a funnel's override, for no postback at all.
    pub url: String,
    /// How it is called.
    pub method: PostbackMethod,
    /// Body with tokens, for POST.
    pub body: String,
    /// Media type of the body; empty means `application/x-www-form-urlencoded`, or
    /// `application/json` where the body begins with a brace.
    pub content_type: String,
    /// URL with tokens that takes a conversion back when it is rejected; empty for none.
    pub reversal_url: String,
    /// When the source is told.
    pub tell: TellWhen,
    /// The statuses of which it is told; empty means all that `tell` allows.
    pub statuses: Vec<Status>,
    /// What is told of a pending conversion.
    pub pending_amount: PendingAmount,
    /// Whether what earned nothing is left out.
    pub skip_zero: bool,
    /// Oldest click of which it is told, in hours; what is older is marked *too late*.
    pub maximum_age_hours: Option<u32>,
    /// Added to the revenue told, in percent; −10 tells a tenth less.
    pub revenue_modifier_percent: i32,
    /// How hard the destination may be called.
    pub limits: DeliveryLimits,
}

/// How a postback is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum PostbackMethod {
    #[default]
    Get,
    Post,
}

/// When a destination is told of a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TellWhen {
    /// Once, when it is first normal.
    #[default]
    FirstNormal,
    /// Once, when it is first seen, also pending.
    FirstSeen,
    /// At every change of what is told.
    EveryChange,
}

/// What is told of a pending conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PendingAmount {
    /// The pending revenue, as it counts in reports.
    #[default]
    Pending,
    /// What it is expected to earn.
    Expected,
}

/// How hard a destination may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DeliveryLimits {
    /// Most calls at once.
    pub concurrency: u32,
    /// Most calls in a second.
    pub per_second: u32,
    /// Longest wait for an answer, in milliseconds.
    pub timeout_ms: u32,
}

impl DeliveryLimits {
    /// Most calls at once that can be asked for.
    pub const MOST_CONCURRENCY: u32 = 64;
    /// Most calls in a second that can be asked for.
    pub const MOST_PER_SECOND: u32 = 10_000;
    /// Longest wait that can be asked for, in milliseconds.
    pub const MOST_TIMEOUT_MS: u32 = 60_000;
}

impl Default for DeliveryLimits {
    fn default() -> Self {
        Self { concurrency: 8, per_second: 100, timeout_ms: 10_000 }
    }
}
