//! The postbacks that a traffic source wants, of its own or in one funnel.

use crate::publish::Findings;
use crate::snapshot::Snapshot;
use rules::assets::{DeliveryLimits, PostbackMethod, SourcePostback};
use rules::destination::unknown_tokens;
use rules::ids::EntityId;
use rules::template::Template;
use std::collections::BTreeMap;

/// Most bytes of a body's template.
const MOST_BODY_BYTES: usize = 16 * 1024;
/// Ten years.
const MOST_AGE_HOURS: u32 = 24 * 3_660;

/// Checks the postbacks at `field`; in a funnel one without URL sends none.
pub(super) fn check(
    field: &str,
    postbacks: &BTreeMap<String, SourcePostback>,
    in_funnel: bool,
    among: &Snapshot,
    findings: &mut Findings,
) {
    for (name, postback) in postbacks {
        let at = format!("{field}.{name}");
        if name != "conversion" && among.event_named(name).is_none() {
            let text = "is no event of this account yet: nothing is sent until it is";
            findings.warn(&at, text);
        }
        if !(in_funnel && postback.url.is_empty()) {
            url(&format!("{at}.url"), &postback.url, among, findings);
        }
        if !postback.reversal_url.is_empty() {
            url(&format!("{at}.reversalUrl"), &postback.reversal_url, among, findings);
        }
        body(&at, postback, among, findings);
        amounts(&at, postback, findings);
        limits(&at, &postback.limits, findings);
    }
}

/// The events that are named.
pub(super) fn events(
    postbacks: &BTreeMap<String, SourcePostback>,
    among: &Snapshot,
) -> Vec<EntityId> {
    postbacks.keys().filter_map(|name| among.event_named(name)).collect()
}

fn url(field: &str, url: &str, among: &Snapshot, findings: &mut Findings) {
    let known = findings.faults.len();
    findings.url(field, url, among);
    let scheme = url.trim().split(':').next().unwrap_or_default().to_ascii_lowercase();
    // An app's scheme may be a destination of visitors; a server calls http alone.
    let http = matches!(scheme.as_str(), "http" | "https");
    findings.fault_if(!http && findings.faults.len() == known, field, "is no http or https URL");
}

fn body(at: &str, postback: &SourcePostback, among: &Snapshot, findings: &mut Findings) {
    let field = format!("{at}.body");
    let body = &postback.body;
    findings.fault_if(body.len() > MOST_BODY_BYTES, &field, "is longer than 16 KiB");
    if postback.method == PostbackMethod::Get && !body.is_empty() {
        findings.warn(&field, "is sent with POST only");
    }
    let aliases = among.field_aliases();
    for finding in unknown_tokens(&Template::parse(body), &aliases) {
        findings.warn(&field, finding.message());
    }
    let kind = &postback.content_type;
    let odd = !kind.is_empty() && !kind.contains('/');
    let field = format!("{at}.contentType");
    findings.fault_if(odd, &field, "is no media type such as application/json");
    findings.text(&field, kind);
    let ascii = kind.bytes().all(|byte| byte.is_ascii());
    findings.fault_if(!ascii, &field, "holds characters that no header can");
}

fn amounts(at: &str, postback: &SourcePostback, findings: &mut Findings) {
    let absurd = !(-100..=10_000).contains(&postback.revenue_modifier_percent);
    let field = format!("{at}.revenueModifierPercent");
    findings.fault_if(absurd, field, "must lie between -100 and 10000");
    let hours = postback.maximum_age_hours;
    let absurd = hours.is_some_and(|hours| !(1..=MOST_AGE_HOURS).contains(&hours));
    let field = format!("{at}.maximumAgeHours");
    findings.fault_if(absurd, field, "must lie between 1 hour and 10 years");
}

fn limits(at: &str, limits: &DeliveryLimits, findings: &mut Findings) {
    use DeliveryLimits as L;
    let within = |value: u32, most: u32| (1..=most).contains(&value);
    let at = format!("{at}.limits");
    let concurrency = within(limits.concurrency, L::MOST_CONCURRENCY);
    findings.fault_if(!concurrency, format!("{at}.concurrency"), "must lie between 1 and 64");
    let rate = within(limits.per_second, L::MOST_PER_SECOND);
    findings.fault_if(!rate, format!("{at}.perSecond"), "must lie between 1 and 10000");
    let timeout = (100..=L::MOST_TIMEOUT_MS).contains(&limits.timeout_ms);
    findings.fault_if(!timeout, format!("{at}.timeoutMs"), "must lie between 100 and 60000");
}
