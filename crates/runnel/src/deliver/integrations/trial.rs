//! A made-up conversion with which settings are tried, and what came of it in words.

use crate::deliver::{Told, Verdict};
use rules::assets::Integration;
use rules::facts::Facts;
use rules::told::What;
use std::collections::BTreeMap;

/// Where platforms without a call that records nothing show what is sent with their test code.
pub const NEEDS_TEST_CODE: &str = "This platform has no call that records nothing: \
    enter its test code (testEventCode or testId) first, and look at its page of test events.";

/// A conversion that nobody made, with every click ID that a platform may ask for; an event where the
/// settings send only those.
pub fn conversion(integration: &Integration, currency: &str, now_ms: u64) -> Told {
    let clicks = ["fbclid", "gclid", "ttclid", "msclkid", "sc_click_id", "epik", "rdt_cid"];
    let fields: BTreeMap<_, _> =
        clicks.iter().map(|name| ((*name).to_owned(), "runnel-settings-test".to_owned())).collect();
    Told {
        delivery: "test".into(),
        conversion: format!("test-{now_ms}"),
        what: what(integration),
        status: "approved".into(),
        at_ms: now_ms,
        changed_at_ms: now_ms,
        visit_at_ms: now_ms,
        hit_at_ms: now_ms,
        currency: currency.into(),
        vid: "test".into(),
        fields,
        parameters: BTreeMap::from([("em".into(), "test@example.com".into())]),
        // An address for documentation (RFC 5737).
        facts: Facts { ip: "203.0.113.1".parse().ok(), ..Facts::default() },
        user_agent: "Mozilla/5.0 (settings test)".into(),
        page_url: "https://example.com/".into(),
        ..Told::default()
    }
}

fn what(integration: &Integration) -> What {
    let mapping = integration.mapping();
    let events = mapping.events.iter().filter(|(_, to)| !to.is_empty());
    let first = events.map(|(event, _)| What::Event(event.clone())).next();
    match (mapping.event(&What::Conversion, integration.usual_event()), first) {
        (None, Some(event)) => event,
        _ => What::Conversion,
    }
}

/// Whether the settings are right, and what the platform said.
pub fn in_words(verdict: &Verdict) -> (bool, String) {
    match verdict {
        Verdict::Delivered => (true, "The platform accepts these settings.".into()),
        Verdict::TokenExpired => (false, "The platform does not accept the access token.".into()),
        Verdict::Split => (false, "The platform refuses the event.".into()),
        Verdict::TooLate { reason }
        | Verdict::Refused { reason }
        | Verdict::Again { reason, .. }
        | Verdict::Disable { reason } => (false, reason.clone()),
    }
}
