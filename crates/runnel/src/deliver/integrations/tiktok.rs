//! TikTok Events API: `POST /event/track/`, up to 1,000 events a call.
//! Promise: `event_id` is the conversion's ID, as the pixel in the browser may send it; success is
//! code 0 in the body, whatever the status.
//!
//! Rules from business-api.tiktok.com/portal/docs (*Events API 2.0*: payload, hashing, return codes).

use super::answers::{self, key_refused, later, too_many, words, wrong};
use super::batch::{Batch, amount, tried};
use super::calls::{address, post};
use super::hashing;
use super::person::{hash_of, put};
use super::weigh::{Takes, Wish, Worth};
use crate::deliver::{Adapter, Answered, Context, Prepared, Rendered, Told, Verdict};
use http::HeaderName;
use rules::assets::integration::Tiktok;
use serde_json::{Map, Value, json};

/// Where the API is.
const BASE: &str = "https://business-api.tiktok.com/open_api/v1.3";
/// Most events of one call.
const MOST_EVENTS: usize = 1_000;
/// TikTok documents no greatest age.
const TAKES: Takes =
    Takes { usual_event: "Purchase", age_max: None, corrections: false, limited_use: true };
/// Some events of a batch were taken, others not.
const PARTIAL: i64 = 20_001;

impl Adapter for Tiktok {
    fn batch_max(&self) -> usize {
        MOST_EVENTS
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.access_token.expose().into()]
    }

    fn render(&self, told: &[Told], with: &Context<'_>) -> Rendered {
        let batch = Batch::write(told, (&self.mapping, TAKES), with, |told, worth| {
            Ok(event(self, told, worth))
        });
        batch.in_one_call(|events, of| {
            let mut body =
                json!({"event_source": "web", "event_source_id": self.pixel_code, "data": events});
            if !self.test_event_code.is_empty() {
                body["test_event_code"] = json!(self.test_event_code);
            }
            let key = HeaderName::from_static("access-token");
            let url = address(BASE, &["event", "track", ""]);
            post(url, Some((key, self.access_token.expose().into())), &body, of)
        })
    }

    fn read(&self, sent: &Prepared, answer: &Answered) -> Vec<Verdict> {
        let body = answers::json(answer);
        let said = body["message"].as_str().unwrap_or_default();
        match body["code"].as_i64() {
            Some(0) => vec![Verdict::Delivered],
            Some(PARTIAL) => partly(sent, &body["data"]["failed_events"]),
            Some(40_016 | 40_100 | 40_133) => vec![too_many(answer, said)],
            Some(40_001 | 40_101..=40_132) => vec![key_refused("TikTok", said)],
            Some(40_000..=49_999) => vec![wrong(sent, said)],
            Some(_) => vec![later(answer, said)],
            None if answer.status.is_success() => vec![later(answer, "without a code")],
            None => vec![answers::by_status("TikTok", sent, answer, said)],
        }
    }

    fn check(&self, told: &Told, with: &Context<'_>) -> Option<Prepared> {
        tried(self.render(std::slice::from_ref(told), with), &self.test_event_code)
    }
}

fn event(settings: &Tiktok, told: &Told, worth: Worth<'_>) -> Value {
    let mut event = Map::new();
    event.insert("event".into(), worth.event.into());
    event.insert("event_time".into(), (told.at_ms / 1_000).into());
    event.insert("event_id".into(), told.conversion.as_str().into());
    event.insert("user".into(), user(settings, told));
    let mut page = Map::new();
    put(&mut page, "url", &told.page_url);
    put(&mut page, "referrer", &told.referrer);
    event.insert("page".into(), page.into());
    let mut properties = Map::new();
    properties.insert("value".into(), amount(told.revenue));
    put(&mut properties, "currency", &told.currency);
    put(&mut properties, "order_id", &told.tx);
    event.insert("properties".into(), properties.into());
    if worth.wish == Wish::Limited {
        event.insert("limited_data_use".into(), true.into());
    }
    event.into()
}

fn user(settings: &Tiktok, told: &Told) -> Value {
    let mapping = &settings.mapping;
    let mut user = Map::new();
    put(&mut user, "ttclid", mapping.click_id(told, "ttclid").unwrap_or_default());
    put(&mut user, "ttp", mapping.click_id(told, "ttp").unwrap_or_default());
    for (to, name, normalise) in [
        ("email", "em", hashing::email as hashing::Normalise),
        ("phone", "ph", hashing::phone_e164),
        ("external_id", "external_id", hashing::id),
    ] {
        put(&mut user, to, &hash_of(mapping, told, name, normalise).unwrap_or_default());
    }
    put(&mut user, "ip", &told.ip());
    put(&mut user, "user_agent", &told.user_agent);
    user.into()
}

/// `failed_events` names the places that failed; without them nobody knows, and halves go alone.
fn partly(sent: &Prepared, failed: &Value) -> Vec<Verdict> {
    let Some(failed) = failed.as_array() else { return vec![wrong(sent, "some events failed")] };
    let mut verdicts = vec![Verdict::Delivered; sent.of.len()];
    for fault in failed {
        let place = fault["order_in_batch"].as_u64().and_then(|place| usize::try_from(place).ok());
        if let Some(verdict) = place.and_then(|place| verdicts.get_mut(place)) {
            let reason = words(fault["error_message"].as_str().unwrap_or("not taken"));
            *verdict = Verdict::Refused { reason };
        }
    }
    verdicts
}
