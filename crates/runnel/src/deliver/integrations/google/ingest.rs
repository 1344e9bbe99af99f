//! Data Manager API, `events:ingest`: new conversions, and restatements by the same transaction ID.
//!
//! Rules from developers.google.com/data-manager/api: *events.ingest*, *offline conversions: event
//! fields*, *conversion adjustments* (a known transaction ID restates the value), *format user data*,
//! *limits* (2,000 events).

use super::{click, consent, identifiers, nothing_to_match};
use crate::deliver::integrations::batch::amount;
use crate::deliver::integrations::person::put;
use crate::deliver::integrations::weigh::Worth;
use crate::deliver::{Change, Told, Verdict};
use jiff::Timestamp;
use rules::assets::integration::Google;
use rules::money::Micros;
use serde_json::{Map, Value, json};

/// One event.
/// # Errors
/// There is nothing by which Google could find the click.
pub fn event(settings: &Google, told: &Told, worth: Worth<'_>) -> Result<Value, Verdict> {
    let (email, phone) = identifiers(settings, told);
    let click = click(settings, told);
    if click.is_none() && email.is_none() && phone.is_none() {
        return Err(nothing_to_match());
    }
    let mut event = Map::new();
    put(&mut event, "transactionId", &told.conversion);
    put(&mut event, "eventTimestamp", &rfc3339(told.at_ms));
    put(&mut event, "eventSource", "WEB");
    let value = if told.change == Change::Retracted { Micros::ZERO } else { told.revenue };
    event.insert("conversionValue".into(), amount(value));
    put(&mut event, "currency", &told.currency);
    if let Some((name, id)) = click {
        event.insert("adIdentifiers".into(), json!({name: id}));
    }
    let email = email.map(|hash| json!({"emailAddress": hash}));
    let phone = phone.map(|hash| json!({"phoneNumber": hash}));
    let person: Vec<_> = email.into_iter().chain(phone).collect();
    if !person.is_empty() {
        event.insert("userData".into(), json!({"userIdentifiers": person}));
    }
    if let Some(consent) = consent(worth.wish, "CONSENT_GRANTED", "CONSENT_DENIED") {
        event.insert("consent".into(), consent);
    }
    Ok(event.into())
}

/// The call for one conversion action.
pub fn body(settings: &Google, action: &str, events: Vec<Value>, only_try: bool) -> Value {
    let account = |id: &str| json!({"accountType": "GOOGLE_ADS", "accountId": id});
    let mut destination = Map::new();
    destination.insert("operatingAccount".into(), account(&settings.customer_id));
    if !settings.login_customer_id.is_empty() {
        destination.insert("loginAccount".into(), account(&settings.login_customer_id));
    }
    put(&mut destination, "productDestinationId", action);
    json!({"destinations": [destination], "encoding": "HEX", "events": events,
        "validateOnly": only_try})
}

fn rfc3339(ms: u64) -> String {
    Timestamp::from_second((ms / 1_000) as i64).unwrap_or_default().to_string()
}
