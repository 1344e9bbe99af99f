//! Snapchat Conversions API v3: `POST /{pixel}/events`, up to 2,000 events a call.
//! Promise: `event_id` is the conversion's ID; a 200 counts only with the status `VALID` in its body.
//!
//! Rules from developers.snap.com/api/marketing-api/Conversions-API (*Using the API*, *Parameters*:
//! hashing, `LMU` for limited use, 37 days). The token stands in the address, as Snapchat wants it.

use super::answers::{self, wrong};
use super::batch::Batch;
use super::calls::{address, post};
use super::person::{put, user_data};
use super::weigh::{Takes, Wish, Worth};
use crate::deliver::{Adapter, Answered, Context, Prepared, Rendered, Told, Verdict};
use rules::assets::integration::Snapchat;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Where the API is.
const BASE: &str = "https://tr.snapchat.com/v3";
/// Most events of one call.
const MOST_EVENTS: usize = 2_000;
const TAKES: Takes = Takes {
    usual_event: "PURCHASE",
    age_max: Some(Duration::from_secs(37 * 86_400)),
    corrections: false,
    limited_use: true,
};

impl Adapter for Snapchat {
    fn batch_max(&self) -> usize {
        MOST_EVENTS
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.access_token.expose().into()]
    }

    fn render(&self, told: &[Told], with: &Context<'_>) -> Rendered {
        written(self, told, with, &["events"])
    }

    fn read(&self, sent: &Prepared, answer: &Answered) -> Vec<Verdict> {
        let body = answers::json(answer);
        let said = body["reason"].as_str().or(body["status"].as_str()).unwrap_or_default();
        let invalid = answer.status.is_success() && body["status"] != "VALID";
        vec![match invalid {
            true => wrong(sent, said),
            false => answers::by_status("Snapchat", sent, answer, said),
        }]
    }

    /// Snapchat tries events at an address of its own, which records nothing.
    fn check(&self, told: &Told, with: &Context<'_>) -> Option<Prepared> {
        let told = std::slice::from_ref(told);
        written(self, told, with, &["events", "validate"]).calls.into_iter().next()
    }
}

fn written(settings: &Snapchat, told: &[Told], with: &Context<'_>, path: &[&str]) -> Rendered {
    let batch = Batch::write(told, (&settings.mapping, TAKES), with, |told, worth| {
        Ok(event(settings, told, worth))
    });
    batch.in_one_call(|events, of| {
        let path = [&[settings.pixel_id.as_str()], path].concat();
        let mut url = address(BASE, &path);
        url.query_pairs_mut().append_pair("access_token", settings.access_token.expose());
        post(url, None, &json!({"data": events}), of)
    })
}

fn event(settings: &Snapchat, told: &Told, worth: Worth<'_>) -> Value {
    let mut person = user_data(&settings.mapping, told);
    // `ScCid` is its name in the addresses that Snapchat sends people to.
    let of = |name| settings.mapping.click_id(told, name);
    put(&mut person, "sc_click_id", of("sc_click_id").or(of("ScCid")).unwrap_or_default());
    put(&mut person, "sc_cookie1", of("sc_cookie1").unwrap_or_default());
    let mut event = Map::new();
    event.insert("event_name".into(), worth.event.into());
    event.insert("event_time".into(), (told.at_ms / 1_000).into());
    event.insert("event_id".into(), told.conversion.as_str().into());
    event.insert("action_source".into(), "WEB".into());
    put(&mut event, "event_source_url", &told.page_url);
    event.insert("user_data".into(), person.into());
    let mut custom = Map::new();
    put(&mut custom, "value", &told.revenue.to_string());
    put(&mut custom, "currency", &told.currency);
    put(&mut custom, "order_id", &told.tx);
    event.insert("custom_data".into(), custom.into());
    if worth.wish == Wish::Limited {
        event.insert("data_processing_options".into(), json!(["LMU"]));
    }
    event.into()
}
