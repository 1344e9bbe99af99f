//! Reddit Conversions API v3: `POST /pixels/{pixel}/conversion_events`, up to 1,000 events a call.
//! Promise: `conversion_id` is the conversion's ID, as the pixel in the browser may send it.
//!
//! Rules from ads-api.reddit.com/docs/v3 (*Conversions API*: envelope, times in milliseconds, match
//! keys, `data_processing_options`) and business.reddithelp.com (*Conversions API*: 7 days).

use super::answers;
use super::batch::{Batch, amount, tried};
use super::calls::{address, bearer, post};
use super::hashing;
use super::person::{hash_of, put};
use super::weigh::{Takes, Wish, Worth};
use crate::deliver::{Adapter, Answered, Context, Prepared, Rendered, Told, Verdict};
use rules::assets::integration::Reddit;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Where the API is.
const BASE: &str = "https://ads-api.reddit.com/api/v3";
/// Most events of one call.
const MOST_EVENTS: usize = 1_000;
const TAKES: Takes = Takes {
    usual_event: "PURCHASE",
    age_max: Some(Duration::from_secs(7 * 86_400)),
    corrections: false,
    limited_use: true,
};
/// Events with a meaning to Reddit; any other word is a custom event's name.
const STANDARD: [&str; 8] = [
    "PAGE_VISIT",
    "VIEW_CONTENT",
    "SEARCH",
    "ADD_TO_CART",
    "ADD_TO_WISHLIST",
    "PURCHASE",
    "LEAD",
    "SIGN_UP",
];

impl Adapter for Reddit {
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
            let mut data = json!({"events": events});
            if !self.test_id.is_empty() {
                data["test_id"] = json!(self.test_id);
            }
            let url = address(BASE, &["pixels", &self.pixel_id, "conversion_events"]);
            post(url, Some(bearer(self.access_token.expose())), &json!({"data": data}), of)
        })
    }

    fn read(&self, sent: &Prepared, answer: &Answered) -> Vec<Verdict> {
        let body = answers::json(answer);
        let said = body["error"]["message"].as_str().or(body["message"].as_str());
        vec![answers::by_status("Reddit", sent, answer, said.unwrap_or_default())]
    }

    fn check(&self, told: &Told, with: &Context<'_>) -> Option<Prepared> {
        tried(self.render(std::slice::from_ref(told), with), &self.test_id)
    }
}

fn event(settings: &Reddit, told: &Told, worth: Worth<'_>) -> Value {
    let mut event = Map::new();
    event.insert("event_at".into(), told.at_ms.into());
    event.insert("action_source".into(), "WEBSITE".into());
    put(&mut event, "event_source_url", &told.page_url);
    event.insert("type".into(), kind(worth.event));
    let click = settings.mapping.click_id(told, "rdt_cid").unwrap_or_default();
    put(&mut event, "click_id", click);
    event.insert("user".into(), user(settings, told, worth.wish));
    let mut metadata = Map::new();
    metadata.insert("conversion_id".into(), told.conversion.as_str().into());
    put(&mut metadata, "currency", &told.currency);
    metadata.insert("value".into(), amount(told.revenue));
    event.insert("metadata".into(), metadata.into());
    event.into()
}

fn kind(event: &str) -> Value {
    match STANDARD.contains(&event) {
        true => json!({"tracking_type": event}),
        false => json!({"tracking_type": "CUSTOM", "custom_event_name": event}),
    }
}

fn user(settings: &Reddit, told: &Told, wish: Wish) -> Value {
    let mapping = &settings.mapping;
    let mut user = Map::new();
    for (to, name, normalise) in [
        ("email", "em", hashing::bare_email as hashing::Normalise),
        ("phone_number", "ph", hashing::phone_e164),
        ("external_id", "external_id", hashing::id),
    ] {
        put(&mut user, to, &hash_of(mapping, told, name, normalise).unwrap_or_default());
    }
    put(&mut user, "uuid", mapping.click_id(told, "rdt_uuid").unwrap_or_default());
    put(&mut user, "ip_address", &told.ip());
    put(&mut user, "user_agent", &told.user_agent);
    if wish == Wish::Limited {
        let mut options = Map::from_iter([("modes".to_owned(), json!(["LDU"]))]);
        put(&mut options, "country", told.country());
        user.insert("data_processing_options".into(), options.into());
    }
    user.into()
}
