//! `partialFailureError` of the Google Ads API → a verdict for each operation.
//!
//! The codes are those of *ConversionUploadError* and *ConversionAdjustmentUploadError* (v26).

use crate::deliver::integrations::answers::{self, words};
use crate::deliver::{Answered, Prepared, Verdict};
use serde_json::Value;
use std::time::Duration;

/// Google knows a click only hours after it happened.
const CLICK_WAIT: Duration = Duration::from_secs(6 * 3_600);
/// A conversion can be adjusted a day after it was uploaded.
const CONVERSION_WAIT: Duration = Duration::from_secs(24 * 3_600);
/// What a made-up click is answered with.
const ABOUT_THE_CLICK: [&str; 4] =
    ["UNPARSEABLE_GCLID", "CLICK_NOT_FOUND", "UNPARSEABLE_GBRAID", "UNPARSEABLE_WBRAID"];

/// Reads the answer of a call that was carried out as far as it could be.
pub fn read(sent: &Prepared, answer: &Answered) -> Vec<Verdict> {
    let mut verdicts = vec![Verdict::Delivered; sent.of.len()];
    for error in errors(answer) {
        let place = error["location"]["fieldPathElements"].as_array().and_then(|path| path.first());
        let index = place.and_then(|place| place["index"].as_u64()).unwrap_or_default();
        if let Some(verdict) = verdicts.get_mut(usize::try_from(index).unwrap_or(usize::MAX)) {
            *verdict = verdict_of(code(&error), error["message"].as_str().unwrap_or_default());
        }
    }
    verdicts
}

/// Whether nothing is wrong but the click.
pub fn only_the_click(answer: &Answered) -> bool {
    let errors = errors(answer);
    !errors.is_empty() && errors.iter().all(|error| ABOUT_THE_CLICK.contains(&code(error)))
}

fn errors(answer: &Answered) -> Vec<Value> {
    let body = answers::json(answer);
    let details = body["partialFailureError"]["details"].as_array().cloned().unwrap_or_default();
    details.iter().filter_map(|detail| detail["errors"].as_array()).flatten().cloned().collect()
}

/// `{"errorCode": {"conversionUploadError": "EXPIRED_EVENT"}}`.
fn code(error: &Value) -> &str {
    let codes = error["errorCode"].as_object();
    codes.and_then(|codes| codes.values().next()?.as_str()).unwrap_or_default()
}

fn verdict_of(code: &str, message: &str) -> Verdict {
    let reason = words(&format!("{code}: {message}"));
    match code {
        "CLICK_CONVERSION_ALREADY_EXISTS"
        | "ORDER_ID_ALREADY_IN_USE"
        | "DUPLICATE_ORDER_ID"
        | "DUPLICATE_CLICK_CONVERSION_IN_REQUEST"
        | "RESTATEMENT_ALREADY_EXISTS"
        | "MORE_RECENT_RESTATEMENT_FOUND"
        | "CONVERSION_ALREADY_RETRACTED" => Verdict::Delivered,
        "EXPIRED_EVENT" | "CONVERSION_EXPIRED" => Verdict::TooLate { reason },
        "TOO_RECENT_EVENT" | "TOO_RECENT_CONVERSION_ACTION" => {
            Verdict::Again { reason, after: Some(CLICK_WAIT) }
        }
        // What was uploaded lately is not found yet either; the schedule's end decides.
        "TOO_RECENT_CONVERSION" | "CONVERSION_NOT_FOUND" => {
            Verdict::Again { reason, after: Some(CONVERSION_WAIT) }
        }
        "INTERNAL_ERROR"
        | "TRANSIENT_ERROR"
        | "RESOURCE_EXHAUSTED"
        | "RESOURCE_TEMPORARILY_EXHAUSTED"
        | "TIMEOUT" => Verdict::Again { reason, after: None },
        _ => Verdict::Refused { reason },
    }
}
