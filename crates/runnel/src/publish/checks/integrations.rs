//! What an ad platform's settings must hold before anything can be sent to it, field by field.

use crate::publish::Findings;

use crate::snapshot::Snapshot;
use rules::assets::integration::{
    Google, GoogleUploads, Integration, Mapping, Microsoft, PERSON, Secret,
};
use std::collections::BTreeMap;

/// Most characters of a secret; Google's and Microsoft's refresh tokens are the longest.
const MOST_SECRET_CHARS: usize = 4_000;
/// Most entries of a mapping.
const MOST_ENTRIES: usize = 200;

/// Checks `integration` as a field of its traffic source.
pub(super) fn check(integration: &Integration, among: &Snapshot, findings: &mut Findings) {
    match integration {
        Integration::Meta(s) => {
            number("pixelId", &s.pixel_id, findings);
            needed("accessToken", &s.access_token, findings);
            optional("testEventCode", &s.test_event_code, findings);
        }
        Integration::Google(settings) => check_google(settings, findings),
        Integration::Tiktok(s) => {
            word("pixelCode", &s.pixel_code, findings);
            needed("accessToken", &s.access_token, findings);
            optional("testEventCode", &s.test_event_code, findings);
        }
        Integration::Microsoft(settings) => check_microsoft(settings, findings),
        Integration::Snapchat(s) => {
            word("pixelId", &s.pixel_id, findings);
            needed("accessToken", &s.access_token, findings);
        }
        Integration::Pinterest(s) => {
            number("adAccountId", &s.ad_account_id, findings);
            needed("accessToken", &s.access_token, findings);
        }
        Integration::Reddit(s) => {
            word("pixelId", &s.pixel_id, findings);
            needed("accessToken", &s.access_token, findings);
            optional("testId", &s.test_id, findings);
        }
    }
    for (name, secret) in integration.secrets() {
        let text = "is the mask of a secret that is not known: send the secret itself";
        findings.fault_if(secret.is_mask(), at(name), text);
        let long = secret.expose().chars().count() > MOST_SECRET_CHARS;
        findings.fault_if(long, at(name), "is longer than 4000 characters");
        let odd = !secret.is_mask() && !secret.expose().bytes().all(|b| b.is_ascii_graphic());
        findings.fault_if(odd, at(name), "holds blanks or characters that no such secret has");
    }
    check_mapping(integration.mapping(), among, findings);
    let unnamed = integration.usual_event().is_empty()
        && integration.mapping().events.values().all(String::is_empty);
    let text = "names no conversion action or goal: nothing could be sent";
    findings.fault_if(unnamed, at("mapping.events"), text);
}

fn check_google(settings: &Google, findings: &mut Findings) {
    number("customerId", &settings.customer_id, findings);
    if !settings.login_customer_id.is_empty() {
        number("loginCustomerId", &settings.login_customer_id, findings);
    }
    name("clientId", &settings.client_id, findings);
    needed("clientSecret", &settings.client_secret, findings);
    needed("refreshToken", &settings.refresh_token, findings);
    match (settings.uploads, settings.developer_token.is_set()) {
        (GoogleUploads::GoogleAds, false) => {
            needed("developerToken", &settings.developer_token, findings);
        }
        (GoogleUploads::DataManager, false) => {
            let text = "is not set: a rejected conversion is told as one of value 0, not retracted";
            findings.warn(at("developerToken"), text);
        }
        _ => {}
    }
    for (event, action) in &settings.mapping.events {
        if !action.is_empty() {
            number(&format!("mapping.events.{event}"), action, findings);
        }
    }
}

fn check_microsoft(settings: &Microsoft, findings: &mut Findings) {
    number("customerId", &settings.customer_id, findings);
    number("accountId", &settings.account_id, findings);
    needed("developerToken", &settings.developer_token, findings);
    name("clientId", &settings.client_id, findings);
    needed("refreshToken", &settings.refresh_token, findings);
}

fn check_mapping(mapping: &Mapping, among: &Snapshot, findings: &mut Findings) {
    for (event, to) in &mapping.events {
        let field = at(&format!("mapping.events.{event}"));
        findings.text(&field, to);
        if event != "conversion" && among.event_named(event).is_none() {
            let text = "is no event of this account yet: nothing is sent until it is";
            findings.warn(field, text);
        }
    }
    let modifier = mapping.when.revenue_modifier_percent;
    let absurd = !(-100..=10_000).contains(&modifier);
    let field = at("mapping.when.revenueModifierPercent");
    findings.fault_if(absurd, field, "must lie between -100 and 10000");
    texts("mapping.clickIds", &mapping.click_ids, findings);
    texts("mapping.person", &mapping.person, findings);
    for name in mapping.person.keys().filter(|name| !PERSON.contains(&name.as_str())) {
        let field = at(&format!("mapping.person.{name}"));
        findings.fault(field, format!("is none of {}", PERSON.join(", ")));
    }
}

fn texts(field: &str, texts: &BTreeMap<String, String>, findings: &mut Findings) {
    let many = texts.len() > MOST_ENTRIES;
    findings.fault_if(many, at(field), "has more than 200 entries");
    for (name, value) in texts {
        findings.text(&at(&format!("{field}.{name}")), value);
    }
}

fn needed(name: &str, secret: &Secret, findings: &mut Findings) {
    findings.fault_if(!secret.is_set(), at(name), "must not be empty");
}

fn name(field: &str, text: &str, findings: &mut Findings) {
    findings.name(&at(field), text);
}

fn optional(field: &str, text: &str, findings: &mut Findings) {
    findings.text(&at(field), text);
}

fn number(field: &str, text: &str, findings: &mut Findings) {
    let digits = (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    findings.fault_if(!digits, at(field), "must be a number: digits alone");
}

/// An ID of letters, digits, `-` and `_`.
fn word(field: &str, text: &str, findings: &mut Findings) {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let word = (1..=64).contains(&text.len()) && text.bytes().all(plain);
    findings.fault_if(!word, at(field), "must be an ID of letters and digits");
}

fn at(field: &str) -> String {
    format!("integration.{field}")
}
