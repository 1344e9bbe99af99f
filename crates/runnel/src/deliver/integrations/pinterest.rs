//! Pinterest API for conversions: `POST /ad_accounts/{id}/events`, up to 1,000 events a call.
//! Promise: `event_id` is the conversion's ID; each event of a batch gets the verdict that Pinterest
//! gives for it.
//!
//! Rules from developers.pinterest.com/docs/api/v5/events-create (fields, hashing, required
//! identifiers, `opt_out`, `test`).

use super::answers::{self, words, wrong};
use super::batch::Batch;
use super::calls::{address, bearer, post};
use super::person::{put, user_data};
use super::weigh::{Takes, Wish, Worth};
use crate::deliver::{Adapter, Answered, Context, Prepared, Rendered, Told, Verdict};
use rules::assets::integration::Pinterest;
use serde_json::{Map, Value, json};

/// Where the API is.
const BASE: &str = "https://api.pinterest.com/v5";
/// Most events of one call.
const MOST_EVENTS: usize = 1_000;
const TAKES: Takes =
    Takes { usual_event: "checkout", age_max: None, corrections: false, limited_use: true };

impl Adapter for Pinterest {
    fn batch_max(&self) -> usize {
        MOST_EVENTS
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.access_token.expose().into()]
    }

    fn render(&self, told: &[Told], with: &Context<'_>) -> Rendered {
        let batch = Batch::write(told, (&self.mapping, TAKES), with, |told, worth| {
            event(self, told, worth)
        });
        batch.in_one_call(|events, of| {
            let url = address(BASE, &["ad_accounts", &self.ad_account_id, "events"]);
            let key = bearer(self.access_token.expose());
            post(url, Some(key), &json!({"data": events}), of)
        })
    }

    fn read(&self, sent: &Prepared, answer: &Answered) -> Vec<Verdict> {
        let body = answers::json(answer);
        let said = body["message"].as_str().unwrap_or_default();
        // 422 carries the same list below `details`.
        let each = body["events"].as_array().or(body["details"]["events"].as_array());
        match each {
            Some(each) if each.len() == sent.of.len() => each.iter().map(verdict).collect(),
            _ if answer.status.as_u16() == 422 => vec![wrong(sent, said)],
            _ => vec![answers::by_status("Pinterest", sent, answer, said)],
        }
    }

    /// Nothing that is marked as a test is recorded.
    fn check(&self, told: &Told, with: &Context<'_>) -> Option<Prepared> {
        let mut call = self.render(std::slice::from_ref(told), with).calls.into_iter().next()?;
        call.url.query_pairs_mut().append_pair("test", "true");
        Some(call)
    }
}

fn verdict(event: &Value) -> Verdict {
    match event["status"].as_str() {
        Some("processed") => Verdict::Delivered,
        _ => {
            let reason = words(event["error_message"].as_str().unwrap_or("not processed"));
            Verdict::Refused { reason }
        }
    }
}

fn event(settings: &Pinterest, told: &Told, worth: Worth<'_>) -> Result<Value, Verdict> {
    let mut person = user_data(&settings.mapping, told);
    let known = |name: &str| person.contains_key(name);
    if !(known("em") || known("client_ip_address") && known("client_user_agent")) {
        let reason = "Pinterest wants an email, or address and browser: none was recorded";
        return Err(Verdict::Refused { reason: reason.into() });
    }
    put(&mut person, "click_id", settings.mapping.click_id(told, "epik").unwrap_or_default());
    let mut event = Map::new();
    event.insert("event_name".into(), worth.event.into());
    event.insert("action_source".into(), "web".into());
    event.insert("event_time".into(), (told.at_ms / 1_000).into());
    event.insert("event_id".into(), told.conversion.as_str().into());
    put(&mut event, "event_source_url", &told.page_url);
    if worth.wish == Wish::Limited {
        event.insert("opt_out".into(), true.into());
    }
    event.insert("user_data".into(), person.into());
    let mut custom = Map::new();
    put(&mut custom, "currency", &told.currency);
    put(&mut custom, "value", &told.revenue.to_string());
    put(&mut custom, "order_id", &told.tx);
    event.insert("custom_data".into(), custom.into());
    Ok(event.into())
}
