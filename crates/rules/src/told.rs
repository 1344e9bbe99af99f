//! What a destination is told about a conversion, an event or a visit: frozen when it came to be owed.
//! Promise: rendering a delivery looks nothing up, however late it is; what privacy had cut away when
//! the visit was recorded is not in here either (product.md §10, §13).

use crate::facts::Facts;
use crate::money::Micros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that a delivery may say. Texts are empty where there is nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Told {
    /// The delivery's own ID: the same at every attempt.
    pub delivery: String,
    /// The conversion or event; empty for a visit.
    pub conversion: String,
    /// The number of the ledger entry that is told; 0 without.
    pub entry: i64,
    /// What happened.
    pub what: What,
    /// New, or a change of what was told before.
    pub change: Change,
    /// `pending`, `approved`, `rejected` or `refunded`.
    pub status: String,
    /// The status before this change; empty where it is new.
    pub status_before: String,
    /// When the conversion was first booked, Unix milliseconds.
    pub at_ms: u64,
    /// When this change took effect, Unix milliseconds.
    pub changed_at_ms: u64,
    /// What the destination is told of the revenue, after its modifier.
    pub revenue: Micros,
    /// The revenue as the ledger has it.
    pub revenue_true: Micros,
    /// The true revenue before this change.
    pub revenue_before: Micros,
    /// The account's currency, ISO 4217.
    pub currency: String,
    /// The network's transaction.
    pub tx: String,
    /// The converting hit.
    pub hit: String,
    /// When that hit was made, Unix milliseconds.
    pub hit_at_ms: u64,
    /// The visitor.
    pub vid: String,
    /// The visit: its first hit.
    pub visit: String,
    /// When the visit began, Unix milliseconds.
    pub visit_at_ms: u64,
    /// ID of the funnel.
    pub funnel: String,
    /// ID of the funnel's group.
    pub group: String,
    /// ID of the traffic source.
    pub source: String,
    /// ID of the node.
    pub node: String,
    /// ID of the page.
    pub page: String,
    /// What all these were called.
    pub names: Names,
    /// Tracking fields of the visit, by key (`external`) and by the source's name for it (`clickid`).
    pub fields: BTreeMap<String, String>,
    /// The visit's other parameters.
    pub buffer: BTreeMap<String, String>,
    /// What the network's call carried beside what we understand.
    pub parameters: BTreeMap<String, String>,
    /// Who converted, as recorded: the address may be truncated or absent.
    pub facts: Facts,
    /// The browser's name for itself, as recorded.
    pub user_agent: String,
    /// The page's configured URL without its query.
    pub page_url: String,
    /// Referrer of the entrance.
    pub referrer: String,
    /// Host name of the tracking domain.
    pub domain: String,
    /// What the visitor wants of their data.
    pub consent: Consent,
}

impl Told {
    /// The visitor's address as recorded; empty if none was.
    pub fn ip(&self) -> String {
        self.facts.ip.map(|ip| ip.to_string()).unwrap_or_default()
    }

    /// ISO 3166-1 alpha-2; empty if unknown.
    pub fn country(&self) -> &str {
        &self.facts.country
    }

    /// Name of the custom event; none for anything else.
    pub fn event(&self) -> Option<&str> {
        match &self.what {
            What::Event(name) => Some(name),
            What::Conversion | What::Visit | What::Alert(_) => None,
        }
    }

    /// Its stored form.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Self::to_json`] wrote, today or by an earlier build.
    /// # Errors
    /// The text is no such thing.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// A conversion.
    #[default]
    Conversion,
    /// A custom event of this name.
    Event(String),
    /// A visitor passed a node.
    Visit,
    /// Something that the owner should know; the text says what.
    Alert(String),
}

/// What this is to a destination that was told before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It was not told before.
    #[default]
    New,
    /// What it was told has changed.
    Adjusted,
    /// What it was told no longer holds: the conversion was rejected.
    Retracted,
}

impl Change {
    /// The word in the store and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Adjusted => "adjusted",
            Self::Retracted => "retracted",
        }
    }
}

/// Names as of the moment of telling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct Names {
    pub funnel: String,
    pub group: String,
    pub source: String,
    pub node: String,
    pub page: String,
}

/// What the visitor wants of their data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Consent {
    /// The browser sent Global Privacy Control: no sale, no sharing.
    pub gpc: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_is_read_back_and_older_texts_lack_nothing() {
        let told = Told {
            what: What::Event("lead".into()),
            fields: BTreeMap::from([("clickid".into(), "a\"b\u{e9}".into())]),
            facts: Facts { ip: Some("203.0.113.0".parse().unwrap()), ..Facts::default() },
            revenue: Micros(1_250_000),
            ..Told::default()
        };
        assert_eq!(Told::from_json(&told.to_json()).unwrap(), told);
        assert_eq!((told.event(), told.ip().as_str()), (Some("lead"), "203.0.113.0"));
        assert_eq!(Told::from_json("{}").unwrap(), Told::default());
    }
}
