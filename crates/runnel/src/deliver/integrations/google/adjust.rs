//! Google Ads API, `uploadConversionAdjustments`: restatements and retractions by order ID.
//!
//! Rules from developers.google.com/google-ads/api/docs/conversions/upload-adjustments (order IDs are
//! to be preferred to click and time; the adjustment's time lies after the conversion's).

use super::{action, date_time};
use crate::deliver::integrations::batch::amount;
use crate::deliver::integrations::person::put;
use crate::deliver::integrations::weigh::Worth;
use crate::deliver::{Change, Told};
use rules::assets::integration::Google;
use serde_json::{Map, Value, json};

/// One adjustment.
pub fn adjustment(settings: &Google, told: &Told, worth: Worth<'_>) -> Value {
    let restates = told.change == Change::Adjusted;
    let mut adjustment = Map::new();
    let kind = if restates { "RESTATEMENT" } else { "RETRACTION" };
    put(&mut adjustment, "adjustmentType", kind);
    put(&mut adjustment, "conversionAction", &action(settings, worth));
    put(&mut adjustment, "orderId", &told.conversion);
    // Within the second of the conversion it would not lie after it.
    let at_ms = told.changed_at_ms.max(told.at_ms + 1_000);
    put(&mut adjustment, "adjustmentDateTime", &date_time(at_ms));
    if restates {
        let value = json!({"adjustedValue": amount(told.revenue), "currencyCode": told.currency});
        adjustment.insert("restatementValue".into(), value);
    }
    adjustment.into()
}

/// The call.
pub fn body(adjustments: Vec<Value>, only_try: bool) -> Value {
    json!({"conversionAdjustments": adjustments, "partialFailure": true, "validateOnly": only_try})
}
