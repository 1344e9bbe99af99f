//! Pages: landers and offers as assets, each a URL with settings.

use crate::ids::EntityId;
use crate::money::Micros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A lander: a page of one's own that leads to offers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lander {
    /// Name people see.
    pub name: String,
    /// URL with tokens.
    pub url: String,
    /// Parameters added to the URL; values may hold tokens.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// How the visitor is sent there.
    #[serde(default)]
    pub redirect: RedirectMode,
    /// Free grouping in reports.
    #[serde(default)]
    pub category: String,
}

/// An offer: a page that earns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Offer {
    /// Name people see.
    pub name: String,
    /// URL with tokens.
    pub url: String,
    /// Parameters added to the URL; values may hold tokens.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// How the visitor is sent there.
    #[serde(default)]
    pub redirect: RedirectMode,
    /// The network or shop behind it.
    #[serde(default)]
    pub offer_source: Option<EntityId>,
    /// Default revenue of a conversion.
    #[serde(default)]
    pub payout: Option<Micros>,
    /// Currency of the payout and of amounts, ISO 4217; empty means the offer source's.
    #[serde(default)]
    pub currency: String,
    /// What amounts from browsers are worth (product.md §6.3).
    #[serde(default)]
    pub browser_amounts: BrowserAmounts,
    /// Largest amount taken from a browser, for [`BrowserAmounts::Capped`].
    #[serde(default)]
    pub browser_maximum: Option<Micros>,
    /// Free grouping in reports.
    #[serde(default)]
    pub category: String,
}

/// Whether an amount that a browser names is believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BrowserAmounts {
    /// Taken as said.
    #[default]
    Allowed,
    /// Taken up to the offer's browser maximum.
    Capped,
    /// The payout is used instead.
    Ignored,
}

/// How a visitor is sent to a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum RedirectMode {
    /// `302 Found`.
    #[default]
    #[serde(rename = "302")]
    Found,
    /// `307 Temporary Redirect`.
    #[serde(rename = "307")]
    Temporary,
    /// An HTML page that goes on without a referrer.
    #[serde(rename = "meta")]
    Meta,
}
