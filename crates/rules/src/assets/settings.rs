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
    /// How long the delivery log keeps what was sent and answered, in days; what is still owed after
    /// that long fails for good.
    pub delivery_log_days: u32,
    /// What the universal tag does on pages.
    pub tag: TagSettings,
}

/// What the universal tag does on pages (product.md §8). A page's own attributes may say otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TagSettings {
    /// Whether loading a page is a view.
    pub view: bool,
    /// Whether visitor and node are written into the address bar.
    pub address: bool,
    /// Whether visitor and node are written into links and forms that lead to actions.
    pub links: bool,
    /// Whether the page's full address may reach the tracking domain as referrer.
    pub referrer: bool,
    /// Whether a change of address within a page is a view.
    pub history: bool,
    /// Whether visitor and hits are kept in first-party storage; needs `cookies` as well.
    pub storage: bool,
    /// Whether nothing is stored or sent before the visitor agrees.
    pub consent_required: bool,
    /// Further sites whose pages may call: a shop's check-out on another host.
    pub sites: Vec<String>,
}

impl Default for TagSettings {
    fn default() -> Self {
        Self {
            view: true,
            address: true,
            links: true,
            referrer: true,
            history: true,
            storage: true,
            consent_required: false,
            sites: Vec::new(),
        }
    }
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
            delivery_log_days: 30,
            tag: TagSettings::default(),
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
