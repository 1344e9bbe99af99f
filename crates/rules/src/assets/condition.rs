//! Routes with their rules, in a condition node or shared by many. What makes one valid is in [`crate::funnel`].

use crate::ids::EntityId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A shared condition: routes that many funnels use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// Name people see.
    pub name: String,
    /// Its routes, in order.
    pub routes: Vec<Route>,
}

/// A named route: an OR of groups, a group an AND of rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// Key that connections name.
    pub key: String,
    /// Groups of rules; any one suffices.
    pub groups: Vec<Group>,
}

/// Rules that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The rules.
    pub rules: Vec<Rule>,
}

/// One test: `{"test":"country","op":"in-list","values":["US","CA"]}`. The tests are listed in
/// [`crate::funnel`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// What is tested: `country`, `device`, `c1`, `data-NAME`, `cap`, …
    pub test: String,
    /// Operator.
    pub op: Operator,
    /// What it is compared with; most operators take one.
    #[serde(default)]
    pub values: Vec<String>,
    /// Zone of time tests, IANA; empty means UTC.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub timezone: String,
    /// What a `cap` test counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Cap>,
}

/// Operators of rules (product.md §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[allow(missing_docs)]
pub enum Operator {
    #[default]
    #[serde(rename = "is")]
    Is,
    #[serde(rename = "is-not")]
    IsNot,
    #[serde(rename = "contains")]
    Contains,
    #[serde(rename = "starts")]
    Starts,
    #[serde(rename = "ends")]
    Ends,
    #[serde(rename = "matches")]
    Matches,
    #[serde(rename = "in-list")]
    InList,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    LessOrEqual,
    #[serde(rename = ">")]
    Greater,
    #[serde(rename = ">=")]
    GreaterOrEqual,
    #[serde(rename = "exists")]
    Exists,
}

/// What a cap counts, and over which time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cap {
    /// What is counted.
    pub count: CapCount,
    /// Of what: an offer, a node or a funnel.
    pub of: EntityId,
    /// The statuses that count, for conversions; empty means pending and approved.
    #[serde(default)]
    pub statuses: Vec<crate::entry::Status>,
    /// Over which time.
    pub over: CapPeriod,
}

/// What a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CapCount {
    /// Conversions.
    Conversions,
    /// Visits.
    Visits,
}

/// The time that a cap looks back over.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum CapPeriod {
    /// The last so many minutes.
    Rolling {
        /// Length in minutes.
        minutes: u32,
    },
    /// The current calendar period.
    Calendar {
        /// `hour`, `day`, `week`, `month`, or `total`.
        period: String,
        /// IANA zone; empty means UTC.
        #[serde(default)]
        timezone: String,
    },
}
