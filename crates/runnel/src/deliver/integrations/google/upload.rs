//! Google Ads API, `uploadClickConversions`: new conversions, for accounts that used it before.
//!
//! Rules from developers.google.com/google-ads/api/reference (v26): *ClickConversion*,
//! *UserIdentifier*, *Consent*, *UploadClickConversionsRequest* (`partialFailure` always on).

use super::{action, click, consent, date_time, identifiers, nothing_to_match};
use crate::deliver::integrations::batch::amount;
use crate::deliver::integrations::person::put;
use crate::deliver::integrations::weigh::Worth;
use crate::deliver::{Told, Verdict};
use rules::assets::integration::Google;
use serde_json::{Map, Value, json};

/// One conversion.
/// # Errors
/// There is nothing by which Google could find the click.
pub fn conversion(settings: &Google, told: &Told, worth: Worth<'_>) -> Result<Value, Verdict> {
    let (email, phone) = identifiers(settings, told);
    let click = click(settings, told);
    if click.is_none() && email.is_none() && phone.is_none() {
        return Err(nothing_to_match());
    }
    let mut conversion = Map::new();
    if let Some((name, id)) = click {
        put(&mut conversion, name, id);
    }
    put(&mut conversion, "conversionAction", &action(settings, worth));
    put(&mut conversion, "conversionDateTime", &date_time(told.at_ms));
    conversion.insert("conversionValue".into(), amount(told.revenue));
    put(&mut conversion, "currencyCode", &told.currency);
    put(&mut conversion, "orderId", &told.conversion);
    let own = "FIRST_PARTY";
    let email = email.map(|hash| json!({"userIdentifierSource": own, "hashedEmail": hash}));
    let phone = phone.map(|hash| json!({"userIdentifierSource": own, "hashedPhoneNumber": hash}));
    let person: Vec<_> = email.into_iter().chain(phone).collect();
    if !person.is_empty() {
        conversion.insert("userIdentifiers".into(), person.into());
    }
    if let Some(consent) = consent(worth.wish, "GRANTED", "DENIED") {
        conversion.insert("consent".into(), consent);
    }
    Ok(conversion.into())
}

/// The call.
pub fn body(conversions: Vec<Value>, only_try: bool) -> Value {
    json!({"conversions": conversions, "partialFailure": true, "validateOnly": only_try})
}
