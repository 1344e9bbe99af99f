//! The account's settings, and the small assets: groups, tags, events, domains.

use crate::money::Micros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The account's settings; one set per server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Where visitors go whom no funnel takes; empty answers 404.
    pub default_homepage: String,
    /// How long a session lasts after the last activity, in seconds (origin: 4 days).
    pub session_ttl_seconds: u64,
    /// Revenue of a pending conversion (origin: "00.1", read as 0.01).
    pub pending_revenue: Micros,
    /// The account's currency, ISO 4217.
    pub currency: String,
    /// What one unit of another currency is worth in the account's: ISO 4217 → rate.
    pub exchange_rates: BTreeMap<String, Micros>,
    /// Whether visitors get cookies.
    pub cookies: bool,
    /// Whether addresses are truncated before they are written.
    pub truncate_ip: bool,
    /// Schemes beside http and https that destinations may have (`market`, `intent`).
    pub app_schemes: Vec<String>,
    /// Largest cost of one entrance that is believed.
    pub maximum_cost: Micros,
    /// How long the postback log keeps calls, in days.
    pub postback_log_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_homepage: String::new(),
            session_ttl_seconds: 4 * 24 * 3600,
            pending_revenue: Micros(10_000),
            currency: "USD".into(),
            exchange_rates: BTreeMap::new(),
            cookies: true,
            truncate_ip: false,
            app_schemes: Vec::new(),
            maximum_cost: Micros(1_000 * 1_000_000),
            postback_log_days: 90,
        }
    }
}

/// A group of funnels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FunnelGroup {
    /// Name people see.
    pub name: String,
}

/// A tag that nodes put on visitors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tag {
    /// Name people see.
    pub name: String,
}

/// A custom event (product.md §7).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// Name that calls carry.
    pub name: String,
    /// Whether each call counts; else once per (hit, event, tx).
    #[serde(default)]
    pub every_time: bool,
}

/// A tracking domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Domain {
    /// Host name.
    pub name: String,
}
