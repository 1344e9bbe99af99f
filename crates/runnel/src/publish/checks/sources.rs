//! Traffic sources and offer sources.

use super::postbacks;
use crate::publish::asset::shelved;
use crate::publish::{Asset, Findings};
use crate::snapshot::Snapshot;
use crate::store::catalog::Kind;
use rules::assets::{CostModel, Field, OfferSource, TrafficSource};
use rules::ids::EntityId;
use rules::money::Micros;
use std::collections::HashSet;

/// Most words or networks in one list.
const MOST_IN_LIST: usize = 1_000;
/// Most bytes of a field's name, macro or word.
const MOST_WORD_BYTES: usize = 200;
/// Query parameters that an entrance reads itself (product.md §3.1).
const OWN_PARAMETERS: [&str; 4] = ["vid", "hit", "n", "c"];

impl Asset for TrafficSource {
    const KIND: Kind = Kind::TrafficSources;

    shelved!(sources);

    fn check(&self, _: EntityId, among: &Snapshot, findings: &mut Findings) {
        check_fields(self, findings);
        findings.amount("defaultCost", self.default_cost);
        let percent = self.cost_model == CostModel::Revshare;
        let beyond = percent && self.default_cost > Some(Micros(100_000_000));
        findings.fault_if(beyond, "defaultCost", "is a share of revenue: at most 100 percent");
        let modifier = self.cost_modifier_percent;
        let absurd = !(-100..=10_000).contains(&modifier);
        findings.fault_if(absurd, "costModifierPercent", "must lie between -100 and 10000");
        postbacks::check("postbacks", &self.postbacks, false, among, findings);
        if let Some(integration) = &self.integration {
            super::integrations::check(integration, among, findings);
        }
        findings.text("category", &self.category);
    }

    fn refers_to(&self, among: &Snapshot) -> Vec<EntityId> {
        let sent =
            self.integration.iter().flat_map(|integration| integration.mapping().events.keys());
        let sent = sent.filter_map(|name| among.event_named(name));
        postbacks::events(&self.postbacks, among).into_iter().chain(sent).collect()
    }

    fn mask_secrets(&mut self) {
        if let Some(integration) = &mut self.integration {
            integration.mask_secrets();
        }
    }

    fn keep_secrets(&mut self, before: &Self) {
        if let (Some(integration), Some(before)) = (&mut self.integration, &before.integration) {
            integration.keep_secrets(before);
        }
    }
}

fn check_fields(source: &TrafficSource, findings: &mut Findings) {
    let mut names = HashSet::new();
    for (field, called) in &source.fields {
        let at = format!("fields.{field}.name");
        findings.name(&at, &called.name);
        let twice = !names.insert(called.name.as_str());
        findings.fault_if(twice, &at, "names two fields: a parameter can fill only one");
        let own = OWN_PARAMETERS.contains(&called.name.as_str());
        findings.fault_if(own, &at, "is a parameter with a meaning of its own");
        let another = called.name != field.key() && called.name.parse::<Field>().is_ok();
        findings.fault_if(another, &at, "is the key of another field");
        findings.text(&format!("fields.{field}.placeholder"), &called.placeholder);
    }
}

impl Asset for OfferSource {
    const KIND: Kind = Kind::OfferSources;
    const IN_PLANS: bool = true;

    shelved!(offer_sources);

    fn check(&self, _: EntityId, among: &Snapshot, findings: &mut Findings) {
        findings.parameters("parameters", &self.parameters);
        findings.parameters("postback", &self.postback);
        findings.currency("currency", &self.currency, among);
        check_words(self, findings);
        check_events(self, among, findings);
        check_gate(self, findings);
        findings.amount("maximumRevenue", self.maximum_revenue);
        findings.text("vidParameter", &self.vid_parameter);
        let blank = self.vid_parameter.contains(char::is_whitespace);
        findings.fault_if(blank, "vidParameter", "is no parameter name");
        findings.text("category", &self.category);
    }

    fn refers_to(&self, among: &Snapshot) -> Vec<EntityId> {
        self.events.values().filter_map(|name| among.event_named(name)).collect()
    }

    fn hide_secrets(&mut self) {
        if let Some(token) = &mut self.token {
            token.value.clear();
        }
    }
}

/// A word can mean one status only.
fn check_words(source: &OfferSource, findings: &mut Findings) {
    let words = &source.statuses;
    let mut seen = HashSet::new();
    for (list, words) in
        [("approved", &words.approved), ("pending", &words.pending), ("rejected", &words.rejected)]
    {
        let at = format!("statuses.{list}");
        findings.fault_if(words.len() > MOST_IN_LIST, &at, "has more than 1000 words");
        for (i, word) in words.iter().enumerate() {
            let at = format!("{at}[{i}]");
            let folded: String =
                word.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
            findings.fault_if(folded.is_empty(), &at, "must not be empty");
            findings.fault_if(word.len() > MOST_WORD_BYTES, &at, "is longer than 200 bytes");
            findings.fault_if(!seen.insert(folded), &at, "stands in the lists twice");
        }
    }
}

fn check_events(source: &OfferSource, among: &Snapshot, findings: &mut Findings) {
    let many = source.events.len() > MOST_IN_LIST;
    findings.fault_if(many, "events", "has more than 1000 words");
    for (word, meaning) in &source.events {
        let at = format!("events.{word}");
        findings.fault_if(word.trim().is_empty(), &at, "must not be empty");
        let known = matches!(meaning.as_str(), "conversion" | "ignore")
            || among.event_named(meaning).is_some();
        findings.fault_if(!known, &at, "means neither conversion, ignore nor an event by name");
    }
}

fn check_gate(source: &OfferSource, findings: &mut Findings) {
    if let Some(token) = &source.token {
        findings.name("token.parameter", &token.parameter);
        findings.name("token.value", &token.value);
    }
    let many = source.allowed_cidrs.len() > MOST_IN_LIST;
    findings.fault_if(many, "allowedCidrs", "has more than 1000 networks");
    for (i, cidr) in source.allowed_cidrs.iter().enumerate() {
        let network =
            cidr.parse::<ipnet::IpNet>().is_ok() || cidr.parse::<std::net::IpAddr>().is_ok();
        let text = "is neither an address nor a network such as 192.0.2.0/24";
        findings.fault_if(!network, format!("allowedCidrs[{i}]"), text);
    }
}
