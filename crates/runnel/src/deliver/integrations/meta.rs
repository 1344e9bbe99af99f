//! Meta Conversions API: `POST /{dataset}/events`, up to 1,000 events a call.
//! Promise: a conversion's ID is its `event_id`, so that a pixel in the browser that sends the same is
//! not counted twice. Meta refuses a whole batch for one bad event, hence the halving.
//!
//! Rules from developers.facebook.com/docs/marketing-api/conversions-api: *using the API* (1,000
//! events, 7 days, test codes), *customer information parameters* (hashing, `fbc`, `fbp`), *data
//! processing options*; errors from docs/graph-api/guides/error-handling.

use super::answers::{self, key_refused, later, too_many, words, wrong};
use super::batch::{Batch, amount, tried};
use super::calls::{address, bearer, post};
use super::person::{put, user_data};
use super::weigh::{Takes, Wish, Worth};
use crate::deliver::{Adapter, Answered, Context, Prepared, Rendered, Told, Verdict};
use rules::assets::integration::Meta;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Where the API is. v26.0 is of 2026-07-29.
const BASE: &str = "https://graph.facebook.com/v26.0";
/// Most events of one call.
const MOST_EVENTS: usize = 1_000;
const TAKES: Takes = Takes {
    usual_event: "Purchase",
    age_max: Some(Duration::from_secs(7 * 86_400)),
    corrections: false,
    limited_use: true,
};
/// `error_subcode` of an event that is too old.
const EVENT_TOO_OLD: i64 = 2_804_003;

impl Adapter for Meta {
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
            let mut body = json!({"data": events});
            if !self.test_event_code.is_empty() {
                body["test_event_code"] = json!(self.test_event_code);
            }
            let url = address(BASE, &[&self.pixel_id, "events"]);
            post(url, Some(bearer(self.access_token.expose())), &body, of)
        })
    }

    fn read(&self, sent: &Prepared, answer: &Answered) -> Vec<Verdict> {
        vec![if answer.status.is_success() { Verdict::Delivered } else { fault(sent, answer) }]
    }

    fn check(&self, told: &Told, with: &Context<'_>) -> Option<Prepared> {
        tried(self.render(std::slice::from_ref(told), with), &self.test_event_code)
    }
}

fn event(settings: &Meta, told: &Told, worth: Worth<'_>) -> Value {
    let mut person = user_data(&settings.mapping, told);
    put(&mut person, "fbc", &fbc(settings, told));
    put(&mut person, "fbp", settings.mapping.click_id(told, "fbp").unwrap_or_default());
    let mut event = Map::new();
    event.insert("event_name".into(), worth.event.into());
    event.insert("event_time".into(), (told.at_ms / 1_000).into());
    event.insert("event_id".into(), told.conversion.as_str().into());
    event.insert("action_source".into(), "website".into());
    put(&mut event, "event_source_url", &told.page_url);
    event.insert("user_data".into(), person.into());
    event.insert("custom_data".into(), custom_data(told));
    if worth.wish == Wish::Limited {
        // Country and state 0: Meta finds out itself whether a law applies.
        event.insert("data_processing_options".into(), json!(["LDU"]));
        event.insert("data_processing_options_country".into(), json!(0));
        event.insert("data_processing_options_state".into(), json!(0));
    }
    event.into()
}

/// `fb.1.{when}.{fbclid}`, where the click was seen at the visit's begin; one that a pixel made stays.
fn fbc(settings: &Meta, told: &Told) -> String {
    let made = settings.mapping.click_id(told, "fbc").filter(|fbc| fbc.starts_with("fb."));
    let click = settings.mapping.click_id(told, "fbclid");
    match (made, click) {
        (Some(made), _) => made.to_owned(),
        (None, Some(made)) if made.starts_with("fb.") => made.to_owned(),
        (None, Some(click)) => format!("fb.1.{}.{click}", told.visit_at_ms),
        (None, None) => String::new(),
    }
}

fn custom_data(told: &Told) -> Value {
    let mut data = Map::new();
    data.insert("value".into(), amount(told.revenue));
    put(&mut data, "currency", &told.currency);
    put(&mut data, "order_id", &told.tx);
    data.into()
}

/// Graph API errors: `{"error": {"message", "code", "error_subcode", "is_transient", …}}`.
fn fault(sent: &Prepared, answer: &Answered) -> Verdict {
    let body = answers::json(answer);
    let error = &body["error"];
    let said = error["error_user_msg"].as_str().or(error["message"].as_str()).unwrap_or_default();
    let transient = error["is_transient"].as_bool() == Some(true);
    match error["code"].as_i64().unwrap_or_default() {
        102 | 190 => key_refused("Meta", said),
        3 | 10 | 200..=299 => {
            let reason = format!("the access token may not send to this dataset: {}", words(said));
            Verdict::Again { reason, after: None }
        }
        4 | 17 | 32 | 613 | 80_000..=80_014 => too_many(answer, said),
        1 | 2 => later(answer, said),
        _ if transient || answer.status.is_server_error() => later(answer, said),
        _ if sent.of.len() > 1 => Verdict::Split,
        _ if error["error_subcode"].as_i64() == Some(EVENT_TOO_OLD) => {
            Verdict::TooLate { reason: words(said) }
        }
        0 => answers::by_status("Meta", sent, answer, said),
        _ => wrong(sent, said),
    }
}
