//! Google Ads: offline conversions and enhanced conversions for leads, with restatements and
//! retractions.
//! Promise: the conversion's ID is the order ID, by which Google counts a repeat once and finds what is
//! corrected; whoever refused consent is sent with it denied.
//!
//! Two interfaces take conversions. The Data Manager API takes everybody's; the Google Ads API's
//! `UploadClickConversions` takes only those who used it before 2026-06-15
//! (ads-developers.googleblog.com, *changes to offline click conversion import support*, 2026-05-15).
//! Retractions exist only in the latter's adjustments: without a developer token a rejected
//! conversion is restated as 0.

mod adjust;
mod ingest;
mod partial;
mod upload;

use super::answers::{self, key_refused};
use super::batch::Batch;
use super::calls::{address, bearer, post, put_secret};
use super::hashing;
use super::oauth::{self, Client};
use super::person::hash_of;
use super::weigh::{Takes, Wish, Worth};
use crate::deliver::{
    Adapter, Answered, Change, Context, Grant, Prepared, Rendered, Told, Verdict,
};
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use rules::assets::integration::{Google, GoogleUploads};
use serde_json::Value;
use url::Url;

/// The Google Ads API.
const ADS: &str = "https://googleads.googleapis.com/v26";
/// The Data Manager API.
const DATA_MANAGER: &str = "https://datamanager.googleapis.com/v1";
/// Where tokens are given.
const TOKENS: &str = "https://oauth2.googleapis.com/token";
/// Most of one call, in both interfaces.
const MOST_EVENTS: usize = 2_000;
/// Google applies the window of each conversion action itself and says when a click is too old.
const TAKES: Takes = Takes { usual_event: "", age_max: None, corrections: true, limited_use: true };

/// The calls that a batch may need; what is new goes before what corrects it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// `events:ingest` for one conversion action.
    Ingest(String),
    /// `uploadClickConversions`.
    Upload,
    /// `uploadConversionAdjustments`.
    Adjust,
}

impl Adapter for Google {
    fn batch_max(&self) -> usize {
        MOST_EVENTS
    }

    fn secrets(&self) -> Vec<String> {
        let secrets = [&self.developer_token, &self.client_secret, &self.refresh_token];
        secrets.into_iter().filter(|s| s.is_set()).map(|s| s.expose().into()).collect()
    }

    fn grant(&self, _now_ms: u64) -> Option<Prepared> {
        let (id, secret) = (self.client_id.as_str(), self.client_secret.expose());
        let refresh_token = self.refresh_token.expose();
        Some(oauth::ask(address(TOKENS, &[]), Client { id, secret, refresh_token, scope: "" }))
    }

    fn granted(&self, answer: &Answered, now_ms: u64) -> Result<Grant, Verdict> {
        oauth::read("Google", self.refresh_token.expose(), answer, now_ms)
    }

    fn render(&self, told: &[Told], with: &Context<'_>) -> Rendered {
        rendered(self, told, with, false)
    }

    fn read(&self, sent: &Prepared, answer: &Answered) -> Vec<Verdict> {
        match answer.status.as_u16() {
            401 => vec![Verdict::TokenExpired],
            200 => partial::read(sent, answer),
            _ => vec![fault(sent, answer)],
        }
    }

    /// Both interfaces validate without keeping anything.
    fn check(&self, told: &Told, with: &Context<'_>) -> Option<Prepared> {
        rendered(self, std::slice::from_ref(told), with, true).calls.into_iter().next()
    }

    /// That Google does not know the made-up click shows that everything before it was right.
    fn checked(&self, sent: &Prepared, answer: &Answered) -> Verdict {
        let verdict = self.read(sent, answer).into_iter().next().unwrap_or(Verdict::Delivered);
        match partial::only_the_click(answer) {
            true => Verdict::Delivered,
            false => verdict,
        }
    }
}

fn rendered(settings: &Google, told: &[Told], with: &Context<'_>, only_try: bool) -> Rendered {
    let batch = Batch::write(told, (&settings.mapping, TAKES), with, |told, worth| {
        match way(settings, told) {
            Way::Ingest(_) => ingest::event(settings, told, worth),
            Way::Upload => upload::conversion(settings, told, worth),
            Way::Adjust => Ok(adjust::adjustment(settings, told, worth)),
        }
    });
    batch.by_kind(
        |place| way(settings, &told[place]),
        |way, events, of| match &way {
            Way::Ingest(action) => {
                let body = ingest::body(settings, action, events, only_try);
                let key = bearer(with.token.unwrap_or_default());
                post(address(DATA_MANAGER, &["events:ingest"]), Some(key), &body, of)
            }
            Way::Upload => {
                ads(settings, with, &upload::body(events, only_try), ("uploadClickConversions", of))
            }
            Way::Adjust => ads(
                settings,
                with,
                &adjust::body(events, only_try),
                ("uploadConversionAdjustments", of),
            ),
        },
    )
}

/// Which call tells it.
fn way(settings: &Google, told: &Told) -> Way {
    let ads = settings.uploads == GoogleUploads::GoogleAds;
    match told.change {
        Change::New if ads => Way::Upload,
        Change::Adjusted if ads => Way::Adjust,
        Change::Retracted if settings.developer_token.is_set() => Way::Adjust,
        _ => Way::Ingest(settings.mapping.event(&told.what, "").unwrap_or_default().to_owned()),
    }
}

/// A call of the Google Ads API.
fn ads(
    settings: &Google,
    with: &Context<'_>,
    body: &Value,
    (method, of): (&str, Vec<usize>),
) -> Prepared {
    let url = customer(settings, method);
    let mut call = post(url, Some(bearer(with.token.unwrap_or_default())), body, of);
    let developer = HeaderName::from_static("developer-token");
    put_secret(&mut call.headers, developer, settings.developer_token.expose());
    let login = HeaderValue::from_str(&settings.login_customer_id);
    if let (Ok(login), false) = (login, settings.login_customer_id.is_empty()) {
        call.headers.insert(HeaderName::from_static("login-customer-id"), login);
    }
    call
}

fn customer(settings: &Google, method: &str) -> Url {
    address(ADS, &["customers", &format!("{}:{method}", settings.customer_id)])
}

/// The first click ID of those that Google knows; a conversion carries one.
fn click<'t>(settings: &Google, told: &'t Told) -> Option<(&'static str, &'t str)> {
    let of = |name| settings.mapping.click_id(told, name).map(|id| (name, id));
    of("gclid").or_else(|| of("gbraid")).or_else(|| of("wbraid"))
}

/// Hashes of email and phone number, for enhanced conversions for leads.
fn identifiers(settings: &Google, told: &Told) -> (Option<String>, Option<String>) {
    let mapping = &settings.mapping;
    let email = hash_of(mapping, told, "em", hashing::google_email);
    (email, hash_of(mapping, told, "ph", hashing::phone_e164))
}

fn nothing_to_match() -> Verdict {
    let reason =
        "neither a click ID (gclid, gbraid, wbraid) nor an email or phone number was recorded";
    Verdict::Refused { reason: reason.into() }
}

/// `2026-11-01 12:00:00+00:00`, as the Google Ads API wants times.
fn date_time(ms: u64) -> String {
    let at = Timestamp::from_second((ms / 1_000) as i64).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M:%S+00:00").to_string()
}

/// `{"error": {"status", "message", "details"}}` of both interfaces.
fn fault(sent: &Prepared, answer: &Answered) -> Verdict {
    let body = answers::json(answer);
    let said = body["error"]["message"].as_str().unwrap_or_default();
    if body.to_string().contains("CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE") {
        let reason = "Google takes no new users of the Google Ads API's uploads: \
                      set uploads to data-manager";
        return Verdict::Again { reason: reason.into(), after: None };
    }
    match answer.status.as_u16() {
        403 => key_refused("Google", said),
        _ => answers::by_status("Google", sent, answer, said),
    }
}

fn consent(wish: Wish, granted: &'static str, denied: &'static str) -> Option<Value> {
    let word = match wish {
        Wish::Granted => granted,
        Wish::Limited => denied,
        Wish::Unknown => return None,
    };
    Some(serde_json::json!({"adUserData": word, "adPersonalization": word}))
}

/// The conversion action's resource name.
fn action(settings: &Google, worth: Worth<'_>) -> String {
    format!("customers/{}/conversionActions/{}", settings.customer_id, worth.event)
}
