//! What the tag sends about a page → parameters in the order they count: what the caller says, the page's
//! address, the script's attributes, and last what the page's own site remembers (product.md §8).
//! Promise: a parameter of the site's own that is only called like ours (`?p=12`) is passed over.

use crate::config::Config;
use crate::params::Params;
use rules::ids::{EntityId, HitId};
use rules::record::Parameter;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Attributes of the script that tell where a visitor is.
const ATTRIBUTES: [&str; 7] = ["vid", "hit", "f", "n", "p", "ts", "c"];
/// Characters of a visitor or hit ID.
const LONG_ID: usize = 24;
/// Most hits that a page may say it has seen.
const MOST_SEEN: usize = 50;

/// What the tag sends. Everything may be missing: then the page's own address is searched for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The page's address.
    pub url: String,
    /// The page's referrer.
    pub referrer: String,
    /// Visitor.
    pub vid: String,
    /// Hit that led here.
    pub hit: String,
    /// Funnel.
    pub f: String,
    /// Node.
    pub n: String,
    /// Page.
    pub p: String,
    /// Traffic source.
    pub ts: String,
    /// Cost of the entrance.
    pub c: String,
    /// More tokens to resolve.
    pub tokens: Vec<String>,
    /// More parameters, as if they stood in the page's address.
    pub params: BTreeMap<String, String>,
    /// Attributes of the script.
    pub data: BTreeMap<String, String>,
    /// How the view came about: the browser's `navigate`, `reload` or `back_forward`; `back` out of
    /// the back-forward cache; `moved` to another address within the page; `same`, told again.
    pub cause: String,
    /// What this page was, before this view.
    pub known: Known,
    /// Hits that this site has shown before.
    pub seen: Vec<String>,
    /// Whether the page stands in a frame.
    pub framed: bool,
}

/// What a page knows of its visitor.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Known {
    /// Visitor, from the address or from first-party storage.
    pub vid: String,
    /// Hit of the page.
    pub hit: String,
    /// Node of the page.
    pub node: String,
}

impl Report {
    /// A form of the same names.
    pub fn of_form(form: &Params) -> Self {
        let own = |name: &str| form.get(name).unwrap_or_default().to_owned();
        let more = form.0.iter().filter(|(name, _)| name != "url" && name != "referrer");
        Self {
            url: own("url"),
            referrer: own("referrer"),
            params: more.map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            ..Self::default()
        }
    }

    /// The parameter that is over a limit, if one is.
    pub fn too_long(&self, limits: &Config) -> Option<&'static str> {
        let over = [
            ("url", self.url.len() > limits.url_bytes),
            ("referrer", self.referrer.len() > limits.value_bytes),
            ("seen", self.seen.len() > MOST_SEEN),
        ];
        over.iter().find(|(_, over)| *over).map(|(name, _)| *name)
    }

    /// All parameters, the first of a name counts.
    pub fn parameters(&self) -> Params {
        let mut all = self.said();
        all.extend(self.params.iter().map(|(name, value)| (name.into(), value.into())));
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        let query = Params::read(query.split('#').next().unwrap_or_default().as_bytes());
        all.extend(query.0.into_iter().filter(|(name, value)| self.counts(name, value)));
        let told = |name: &&str| -> Option<Parameter> {
            Some(((*name).into(), self.data.get(*name)?.into()))
        };
        let attributes = ATTRIBUTES.iter().filter_map(told);
        all.extend(attributes.filter(|(name, value)| self.lasts(name) && self.counts(name, value)));
        Params(all)
    }

    /// What the caller says, and the hit of a page that is told or shown again.
    fn said(&self) -> Vec<Parameter> {
        let own = [("vid", &self.vid), ("hit", &self.hit), ("f", &self.f), ("n", &self.n)];
        let more = [("p", &self.p), ("ts", &self.ts), ("c", &self.c)];
        let again = ["same", "back"].contains(&self.cause.as_str()) && !self.names_page();
        let shown = again.then_some(("hit", &self.known.hit));
        let all = own.into_iter().chain(more).chain(shown);
        let told = all.filter(|(_, value)| !value.trim().is_empty());
        told.map(|(name, value)| (name.into(), value.into())).collect()
    }

    /// Whether the caller says which page it is: that goes before the hit that led here.
    fn names_page(&self) -> bool {
        !self.n.trim().is_empty() || !self.p.trim().is_empty()
    }

    /// Whether a parameter of the address or an attribute is one of ours, and of this page.
    fn counts(&self, name: &str, value: &str) -> bool {
        let moved = self.cause == "moved";
        match name {
            "hit" if moved || self.names_page() => false,
            "n" if moved && value == self.known.node => false,
            "vid" | "hit" => {
                value.len() == LONG_ID && value.bytes().all(|b| b.is_ascii_alphanumeric())
            }
            "f" | "n" | "p" | "ts" => value.parse::<EntityId>().is_ok(),
            _ => true,
        }
    }

    /// Whether an attribute still holds: an address that changed shows another page of the funnel.
    fn lasts(&self, name: &str) -> bool {
        self.cause != "moved" || name == "f" || name == "ts"
    }

    /// Whether the page was loaded afresh by somebody whom nothing led here: its parameters `told`
    /// no visitor and no hit.
    pub fn arrives(&self, told: &Params) -> bool {
        self.cause == "navigate" && told.get("vid").is_none() && told.get("hit").is_none()
    }

    /// Whether this repeats a view that was taken: a refresh, or a page that tells it twice.
    pub fn repeats(&self) -> bool {
        ["reload", "same"].contains(&self.cause.as_str())
    }

    /// Whether a hit that is there was viewed already, so that the visitor has come back to it.
    pub fn comes_back_to(&self, hit: HitId) -> bool {
        let back = ["back", "back_forward"].contains(&self.cause.as_str());
        let hit = hit.to_string();
        !self.repeats() && (back || self.seen.iter().any(|seen| seen.eq_ignore_ascii_case(&hit)))
    }

    /// Whether the page lets the browser store anything.
    pub fn may_store(&self) -> bool {
        self.data.get("storage").is_none_or(|storage| storage != "off")
    }

    /// The tokens that it wants resolved.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        let listed = self.data.get("tokens").map_or("", String::as_str);
        self.tokens.iter().map(String::as_str).chain(listed.split_whitespace())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NODE: &str = "NodeLander01";
    const OTHER: &str = "NodeOffer001";
    const HIT: &str = "0123456789abcdefghjkmnpq";

    fn first(body: Value, name: &str) -> Option<String> {
        let report: Report = serde_json::from_value(body).unwrap();
        report.parameters().get(name).map(str::to_owned)
    }

    #[test]
    fn caller_before_address_before_attribute() {
        let all = json!({"n": "Caller000001", "url": format!("https://a.example/?n={OTHER}#x"),
            "data": {"n": NODE, "ts": "Source000001"}});
        assert_eq!(first(all.clone(), "n").as_deref(), Some("Caller000001"));
        assert_eq!(first(all, "ts").as_deref(), Some("Source000001"));
        let without = json!({"url": format!("https://a.example/?n={OTHER}"), "data": {"n": NODE}});
        assert_eq!(first(without, "n").as_deref(), Some(OTHER));
    }

    #[test]
    fn what_the_site_itself_calls_so_is_passed_over() {
        let url = "https://shop.example/?p=12&n=3&vid=abc&hit=1&f=x";
        let body = json!({"url": url, "data": {"p": NODE}});
        assert_eq!(first(body.clone(), "p").as_deref(), Some(NODE));
        for name in ["n", "vid", "hit", "f"] {
            assert_eq!(first(body.clone(), name), None, "{name}");
        }
    }

    #[test]
    fn an_address_that_changed_speaks_of_another_page() {
        let url = format!("https://a.example/two?n={NODE}&hit={HIT}");
        let body = json!({"url": url, "cause": "moved", "known": {"node": NODE, "hit": HIT},
            "data": {"n": NODE, "f": "Funnel000001"}});
        assert_eq!(first(body.clone(), "n"), None);
        assert_eq!(first(body.clone(), "hit"), None);
        assert_eq!(first(body, "f").as_deref(), Some("Funnel000001"));
        let other = json!({"url": format!("https://a.example/two?n={OTHER}"), "cause": "moved",
            "known": {"node": NODE}});
        assert_eq!(first(other, "n").as_deref(), Some(OTHER));
    }

    #[test]
    fn a_named_page_goes_before_the_hit_that_led_here() {
        let url = format!("https://a.example/?hit={HIT}");
        assert_eq!(first(json!({"url": url, "p": NODE}), "hit"), None);
        assert_eq!(first(json!({"url": url, "p": NODE, "hit": "mine"}), "hit").unwrap(), "mine");
        assert_eq!(first(json!({"url": url}), "hit").as_deref(), Some(HIT));
    }

    #[test]
    fn only_a_fresh_load_without_visitor_or_hit_arrives() {
        let arrives = |body: Value| {
            let report: Report = serde_json::from_value(body).unwrap();
            report.arrives(&report.parameters())
        };
        assert!(arrives(json!({"cause": "navigate", "url": "https://a.example/?vid=1"})));
        assert!(!arrives(json!({"cause": "reload"})));
        assert!(!arrives(json!({})));
        let led = format!("https://a.example/?vid={HIT}");
        assert!(!arrives(json!({"cause": "navigate", "url": led})));
    }
}
