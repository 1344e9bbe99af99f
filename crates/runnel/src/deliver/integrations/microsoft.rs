//! Microsoft Advertising offline conversions: `ApplyOfflineConversions` and their adjustments, up to
//! 1,000 a call.
//! Promise: a conversion is named by goal, click and time to the second, the same at every attempt, so
//! that Microsoft counts a repeat once and finds what is restated or retracted.
//!
//! Rules from learn.microsoft.com/advertising/campaign-management-service (v13, REST): *offline
//! conversion*, *offline conversion adjustment* (90 days, UTC), *batch and partial errors*, *operation
//! error codes*; tokens from *authentication with OAuth*. No flag for limited use is documented.

use super::answers::{self, key_refused, too_many, words};
use super::batch::{Batch, amount};
use super::calls::{address, bearer, post, put_secret};
use super::hashing;
use super::oauth::{self, Client};
use super::person::{hash_of, put};
use super::weigh::{Takes, Worth};
use crate::deliver::{
    Adapter, Answered, Change, Context, Grant, Prepared, Rendered, Told, Verdict,
};
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use rules::assets::integration::Microsoft;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Where the API is.
const BASE: &str = "https://campaign.api.bingads.microsoft.com/CampaignManagement/v13";
/// Where tokens are given.
const TOKENS: &str = "https://login.microsoftonline.com/common/oauth2/v2.0/token";
const SCOPE: &str = "https://ads.microsoft.com/msads.manage offline_access";
/// Most conversions of one call.
const MOST_CONVERSIONS: usize = 1_000;
const TAKES: Takes = Takes {
    usual_event: "",
    age_max: Some(Duration::from_secs(90 * 86_400)),
    corrections: true,
    limited_use: false,
};

impl Adapter for Microsoft {
    fn batch_max(&self) -> usize {
        MOST_CONVERSIONS
    }

    fn secrets(&self) -> Vec<String> {
        let secrets = [&self.developer_token, &self.client_secret, &self.refresh_token];
        secrets.into_iter().filter(|s| s.is_set()).map(|s| s.expose().into()).collect()
    }

    fn grant(&self, _now_ms: u64) -> Option<Prepared> {
        let (id, secret) = (self.client_id.as_str(), self.client_secret.expose());
        let refresh_token = self.refresh_token.expose();
        Some(oauth::ask(address(TOKENS, &[]), Client { id, secret, refresh_token, scope: SCOPE }))
    }

    fn granted(&self, answer: &Answered, now_ms: u64) -> Result<Grant, Verdict> {
        oauth::read("Microsoft", self.refresh_token.expose(), answer, now_ms)
    }

    fn render(&self, told: &[Told], with: &Context<'_>) -> Rendered {
        let batch = Batch::write(told, (&self.mapping, TAKES), with, |told, worth| {
            conversion(self, told, worth)
        });
        let corrects = |place: usize| told[place].change != Change::New;
        batch.by_kind(corrects, |corrects, conversions, of| {
            let operation =
                if corrects { "OfflineConversionAdjustments" } else { "OfflineConversions" };
            call(self, &[operation, "Apply"], &json!({operation: conversions}), of, with)
        })
    }

    fn read(&self, sent: &Prepared, answer: &Answered) -> Vec<Verdict> {
        let body = answers::json(answer);
        if !answer.status.is_success() {
            return vec![fault(sent, answer, &body)];
        }
        let mut verdicts = vec![Verdict::Delivered; sent.of.len()];
        for error in body["PartialErrors"].as_array().into_iter().flatten() {
            let place = error["Index"].as_u64().and_then(|index| usize::try_from(index).ok());
            if let Some(verdict) = place.and_then(|place| verdicts.get_mut(place)) {
                *verdict = Verdict::Refused { reason: said(error) };
            }
        }
        verdicts
    }

    /// Asks for the goals, of which those in the settings must be some: changes nothing.
    fn check(&self, _told: &Told, with: &Context<'_>) -> Option<Prepared> {
        let body = json!({"ConversionGoalIds": null, "ConversionGoalTypes": "OfflineConversion"});
        Some(call(self, &["ConversionGoals", "QueryByIds"], &body, vec![0], with))
    }

    fn checked(&self, sent: &Prepared, answer: &Answered) -> Verdict {
        if !answer.status.is_success() {
            return fault(sent, answer, &answers::json(answer));
        }
        let body = answers::json(answer);
        let goals: Vec<_> = body["ConversionGoals"].as_array().into_iter().flatten().collect();
        let there = |name: &str| goals.iter().any(|goal| goal["Name"].as_str() == Some(name));
        let mut wanted = self.mapping.events.values().filter(|name| !name.is_empty());
        match wanted.find(|name| !there(name)) {
            Some(name) => {
                let reason = format!("the account has no offline conversion goal named {name}");
                Verdict::Refused { reason }
            }
            None => Verdict::Delivered,
        }
    }
}

fn call(
    settings: &Microsoft,
    path: &[&str],
    body: &Value,
    of: Vec<usize>,
    with: &Context<'_>,
) -> Prepared {
    let key = bearer(with.token.unwrap_or_default());
    let mut call = post(address(BASE, path), Some(key), body, of);
    let developer = HeaderName::from_static("developertoken");
    put_secret(&mut call.headers, developer, settings.developer_token.expose());
    for (name, value) in
        [("customerid", &settings.customer_id), ("customeraccountid", &settings.account_id)]
    {
        if let Ok(value) = HeaderValue::from_str(value) {
            call.headers.insert(HeaderName::from_static(name), value);
        }
    }
    call
}

fn conversion(settings: &Microsoft, told: &Told, worth: Worth<'_>) -> Result<Value, Verdict> {
    let mapping = &settings.mapping;
    let mut written = Map::new();
    put(&mut written, "MicrosoftClickId", mapping.click_id(told, "msclkid").unwrap_or_default());
    // A correction is found by its click alone where there is one.
    if told.change == Change::New || written.is_empty() {
        for (to, name, normalise) in [
            ("HashedEmailAddress", "em", hashing::bare_email as hashing::Normalise),
            ("HashedPhoneNumber", "ph", hashing::phone_e164),
        ] {
            put(&mut written, to, &hash_of(mapping, told, name, normalise).unwrap_or_default());
        }
    }
    if written.is_empty() {
        let reason = "neither a click ID (msclkid) nor an email or phone number was recorded";
        return Err(Verdict::Refused { reason: reason.into() });
    }
    put(&mut written, "ConversionName", worth.event);
    put(&mut written, "ConversionTime", &utc(told.at_ms));
    match told.change {
        Change::New => {
            written.insert("ConversionValue".into(), amount(told.revenue));
            put(&mut written, "ConversionCurrencyCode", &told.currency);
        }
        Change::Adjusted => {
            put(&mut written, "AdjustmentType", "Restate");
            put(&mut written, "AdjustmentTime", &utc(told.changed_at_ms));
            written.insert("AdjustmentValue".into(), amount(told.revenue));
            put(&mut written, "AdjustmentCurrencyCode", &told.currency);
        }
        Change::Retracted => {
            put(&mut written, "AdjustmentType", "Retract");
            put(&mut written, "AdjustmentTime", &utc(told.changed_at_ms));
        }
    }
    Ok(written.into())
}

/// To the second, in UTC: `2026-11-01T12:00:00Z`.
fn utc(ms: u64) -> String {
    Timestamp::from_second((ms / 1_000) as i64).unwrap_or_default().to_string()
}

/// `Errors`, `OperationErrors` or `BatchErrors`, each a list of `{Code, ErrorCode, Message}`.
fn fault(sent: &Prepared, answer: &Answered, body: &Value) -> Verdict {
    let lists = ["Errors", "OperationErrors", "BatchErrors"].map(|name| body[name].as_array());
    let first = lists.into_iter().flatten().flatten().next().cloned().unwrap_or_default();
    match first["Code"].as_i64() {
        Some(109) => Verdict::TokenExpired,
        Some(105 | 106) => key_refused("Microsoft", &said(&first)),
        Some(117 | 207) => too_many(answer, &said(&first)),
        _ if answer.status.as_u16() == 401 => Verdict::TokenExpired,
        _ => answers::by_status("Microsoft", sent, answer, &said(&first)),
    }
}

fn said(error: &Value) -> String {
    let part = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    words(format!("{} {}", part("ErrorCode"), part("Message")).trim())
}
