//! What of ours becomes what at an ad platform: events, click IDs, what is known of the person, and
//! what a wish for privacy means.
//! Promise: what is not named here is looked for under the platform's own name, nothing is invented.

use crate::assets::{PendingAmount, TellWhen};
use crate::entry::Status;
use crate::told::{Told, What};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How conversions are written down for a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Mapping {
    /// What is sent: `conversion`, or the name of a custom event → the platform's event, conversion
    /// action or goal. Conversions alone have a default; other events are sent only if they are named.
    pub events: BTreeMap<String, String>,
    /// Where click IDs are: the platform's parameter (`fbclid`, `gclid`, …) → a tracking field's key or
    /// alias, or a parameter. None means under its own name.
    pub click_ids: BTreeMap<String, String>,
    /// Where identifiers of the person are: `em`, `ph`, `fn`, `ln`, `ge`, `db`, `ct`, `st`, `zp`,
    /// `country`, `external_id` → a parameter of the call or the visit. None means under its own name
    /// (and the visitor's ID for `external_id`, the recorded country for `country`); empty means that
    /// it is not sent.
    pub person: BTreeMap<String, String>,
    /// What happens to conversions of visitors who asked for privacy.
    pub privacy: Privacy,
    /// Of which conversions and changes the platform is told.
    pub when: When,
}

/// Of which conversions and changes an ad platform is told, and of how much of the revenue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct When {
    /// When it is told.
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
}

/// What a browser's Global Privacy Control or a refused consent means for an integration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Privacy {
    /// Sent with the platform's flag for limited use; not sent where the platform has none.
    #[default]
    Respect,
    /// Never sent.
    Withhold,
    /// Sent like any other: the owner has another ground for it.
    Ignore,
}

/// Names of the identifiers of a person that [`Mapping::person`] may hold.
pub const PERSON: [&str; 11] =
    ["em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id"];

/// Other names under which shops and networks send them.
const ALSO: [(&str, &str); 6] = [
    ("em", "email"),
    ("ph", "phone"),
    ("fn", "first_name"),
    ("ln", "last_name"),
    ("ct", "city"),
    ("zp", "zip"),
];

impl Mapping {
    /// The platform's name for what happened; `conversion` names that of conversions where none is
    /// set. None if it is not sent.
    pub fn event<'a>(&'a self, what: &What, conversion: &'a str) -> Option<&'a str> {
        let own = match what {
            What::Conversion => "conversion",
            What::Event(name) => name,
            What::Visit | What::Alert(_) => return None,
        };
        let default = Some(conversion).filter(|_| *what == What::Conversion);
        let named = self.events.get(own).map(String::as_str).or(default);
        named.filter(|name| !name.is_empty())
    }

    /// The click ID that the platform calls `name`.
    pub fn click_id<'t>(&self, told: &'t Told, name: &str) -> Option<&'t str> {
        find(told, self.click_ids.get(name).map_or(name, String::as_str))
    }

    /// What is known of the person under `name`, as it was received.
    pub fn person<'t>(&self, told: &'t Told, name: &str) -> Option<&'t str> {
        match self.person.get(name).map(String::as_str) {
            Some("") => None,
            Some(place) => find(told, place),
            None => find(told, name).or_else(|| by_another_name(told, name)),
        }
    }
}

fn by_another_name<'t>(told: &'t Told, name: &str) -> Option<&'t str> {
    let also = ALSO.iter().find(|(own, _)| *own == name);
    also.and_then(|(_, other)| find(told, other))
        .or_else(|| match name {
            "external_id" => Some(told.vid.as_str()),
            "country" => Some(told.country()),
            _ => None,
        })
        .filter(|value| !value.is_empty())
}

/// A value by its name: what the call carried, the visit's fields, the visit's other parameters.
fn find<'t>(told: &'t Told, name: &str) -> Option<&'t str> {
    let places = [&told.parameters, &told.fields, &told.buffer];
    let mut found = places.into_iter().filter_map(|place| place.get(name));
    found.find(|value| !value.trim().is_empty()).map(|value| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Told {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect()
        };
        Told {
            parameters: map(&[("email", " a@b.example "), ("em", "")]),
            fields: map(&[("external", "CLICK"), ("fbclid", "CLICK")]),
            buffer: map(&[("gclid", "G1"), ("mail", "c@d.example")]),
            vid: "visitor".into(),
            ..Told::default()
        }
    }

    #[test]
    fn click_ids_are_found_by_their_own_name_or_where_the_settings_say() {
        let mut mapping = Mapping::default();
        assert_eq!(mapping.click_id(&told(), "fbclid"), Some("CLICK"));
        assert_eq!(mapping.click_id(&told(), "gclid"), Some("G1"));
        assert_eq!(mapping.click_id(&told(), "ttclid"), None);
        mapping.click_ids.insert("ttclid".into(), "external".into());
        assert_eq!(mapping.click_id(&told(), "ttclid"), Some("CLICK"));
    }

    #[test]
    fn the_person_is_found_under_common_names_and_hidden_where_the_settings_say() {
        let mut mapping = Mapping::default();
        assert_eq!(mapping.person(&told(), "em"), Some("a@b.example"));
        assert_eq!(mapping.person(&told(), "external_id"), Some("visitor"));
        assert_eq!(mapping.person(&told(), "country"), None);
        mapping.person.insert("em".into(), "mail".into());
        mapping.person.insert("external_id".into(), String::new());
        assert_eq!(mapping.person(&told(), "em"), Some("c@d.example"));
        assert_eq!(mapping.person(&told(), "external_id"), None);
    }

    #[test]
    fn conversions_have_a_default_and_events_must_be_named() {
        let mut mapping = Mapping::default();
        let lead = What::Event("lead".into());
        assert_eq!(mapping.event(&What::Conversion, "Purchase"), Some("Purchase"));
        assert_eq!(mapping.event(&What::Conversion, ""), None);
        assert_eq!(mapping.event(&lead, "Purchase"), None);
        mapping.events.insert("lead".into(), "Lead".into());
        mapping.events.insert("conversion".into(), String::new());
        assert_eq!(mapping.event(&lead, "Purchase"), Some("Lead"));
        assert_eq!(mapping.event(&What::Conversion, "Purchase"), None);
        assert_eq!(mapping.event(&What::Visit, "Purchase"), None);
    }
}
