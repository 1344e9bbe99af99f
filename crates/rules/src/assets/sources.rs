//! Traffic sources (where visitors come from) and offer sources (networks and shops behind offers).

use super::{Field, Integration, SourcePostback};
use crate::ids::EntityId;
use crate::money::Micros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where visitors come from: its tracking fields, cost model, and the postbacks it wants.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrafficSource {
    /// Name people see.
    pub name: String,
    /// Tracking fields by key (`campaign`, `external`, `c1`…`c20`).
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, FieldName>)]
    pub fields: BTreeMap<Field, FieldName>,
    /// How the source bills.
    #[serde(default)]
    pub cost_model: CostModel,
    /// Cost that applies where nothing else says one: per entrance (CPE), per thousand (CPM), per
    /// conversion (CPA), or percent of revenue (revenue share). `0` counts; none leaves it to the
    /// funnel's default.
    #[serde(default)]
    pub default_cost: Option<Micros>,
    /// Added to every cost from this source, in percent; −10 lowers by a tenth.
    #[serde(default)]
    pub cost_modifier_percent: i32,
    /// Postbacks the source wants: `conversion`, or an event's name.
    #[serde(default)]
    pub postbacks: BTreeMap<String, SourcePostback>,
    /// The ad platform that its conversions are sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration: Option<Integration>,
    /// Free grouping in reports.
    #[serde(default)]
    pub category: String,
}

/// A tracking field's name in the source's links.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldName {
    /// Query parameter, and alias in tokens.
    pub name: String,
    /// The source's macro, for the link generator.
    #[serde(default)]
    pub placeholder: String,
}

/// How a traffic source bills (product.md §9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CostModel {
    /// Per entrance.
    #[default]
    Cpe,
    /// Per thousand entrances.
    Cpm,
    /// Per conversion.
    Cpa,
    /// Percent of revenue.
    Revshare,
}

/// The network or shop behind offers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfferSource {
    /// Name people see.
    pub name: String,
    /// Parameters added to every offer's URL; values may hold tokens.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// The network's macros, for the ready postback URL: `hit`, `tx`, `rev`, `status`, …
    #[serde(default)]
    pub postback: BTreeMap<String, String>,
    /// Currency of its amounts, ISO 4217; empty means the account's.
    #[serde(default)]
    pub currency: String,
    /// Words for statuses beside the built-in ones (product.md §6.4).
    #[serde(default)]
    pub statuses: StatusWords,
    /// What a repeat of a (hit, tx) does (product.md §6.5).
    #[serde(default)]
    pub repeats: Repeats,
    /// Whether approved → pending is ignored.
    #[serde(default)]
    pub ignore_pending_after_approval: bool,
    /// What its words for events mean: a word → `conversion`, `ignore`, or an event's name.
    #[serde(default)]
    pub events: BTreeMap<String, String>,
    /// A parameter that must carry a secret value.
    #[serde(default)]
    pub token: Option<SecretToken>,
    /// Addresses allowed to send postbacks; empty allows all.
    #[serde(default)]
    pub allowed_cidrs: Vec<String>,
    /// Largest revenue that is booked.
    #[serde(default)]
    pub maximum_revenue: Option<Micros>,
    /// Name under which the visitor's ID is added to the URL instead of `vid`; empty keeps `vid`.
    #[serde(default)]
    pub vid_parameter: String,
    /// Free grouping in reports.
    #[serde(default)]
    pub category: String,
}

/// A secret that a postback must carry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretToken {
    /// Parameter's name.
    pub parameter: String,
    /// Its value.
    pub value: String,
}

/// A source's own words for statuses, compared without case and blanks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StatusWords {
    /// Words for a normal conversion.
    pub approved: Vec<String>,
    /// Words for a pending one.
    pub pending: Vec<String>,
    /// Words for a rejected one.
    pub rejected: Vec<String>,
}

/// What a repeat of a (hit, tx) does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Repeats {
    /// Other revenue or status changes the conversion.
    #[default]
    Update,
    /// Revenue of a repeat is ignored; a status change still counts.
    Ignore,
    /// A hit has at most one conversion, whatever its tx.
    OnePerHit,
    /// Revenue of repeats is added (never pending amounts).
    AddUp,
    /// Every call is a conversion of its own (a status change of a known tx still updates).
    AlwaysNew,
}

/// The ID of an asset beside its kind-specific content.
pub type AssetId = EntityId;
