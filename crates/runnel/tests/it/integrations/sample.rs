//! Settings of each platform, and one conversion that all of them are told.

use http::{HeaderMap, StatusCode};
use rules::assets::Integration;
use rules::facts::Facts;
use rules::money::Micros;
use runnel::deliver::integrations::adapter;
use runnel::deliver::{Adapter, Answered, Change, Context, Prepared, Rendered, Told, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// 2026-11-01T12:00:00Z: when the conversion happened.
pub const AT_MS: u64 = 1_793_534_400_000;
pub const DAY_MS: u64 = 86_400_000;

/// A minute after the conversion, with a token.
pub const NOW: Context<'static> = Context { now_ms: AT_MS + 60_000, token: Some("granted-token") };

pub fn meta() -> Value {
    json!({"kind": "meta", "pixelId": "1234567890", "accessToken": "meta-token"})
}

pub fn tiktok() -> Value {
    json!({"kind": "tiktok", "pixelCode": "C4PIXEL", "accessToken": "tiktok-token"})
}

pub fn snapchat() -> Value {
    json!({"kind": "snapchat", "pixelId": "0a1b-pixel", "accessToken": "snap-token"})
}

pub fn pinterest() -> Value {
    json!({"kind": "pinterest", "adAccountId": "549755813", "accessToken": "pin-token"})
}

pub fn reddit() -> Value {
    json!({"kind": "reddit", "pixelId": "a2_pixel", "accessToken": "reddit-token"})
}

pub fn google(uploads: &str, developer_token: &str) -> Value {
    json!({"kind": "google", "customerId": "1112223333", "loginCustomerId": "9998887777",
        "uploads": uploads, "developerToken": developer_token, "clientId": "client",
        "clientSecret": "client-secret", "refreshToken": "1//refresh",
        "mapping": {"events": {"conversion": "700800900", "lead": "700800901"}}})
}

pub fn microsoft() -> Value {
    json!({"kind": "microsoft", "customerId": "55", "accountId": "66",
        "developerToken": "ms-dev-token", "clientId": "client", "refreshToken": "M.C5refresh",
        "mapping": {"events": {"conversion": "Sale"}}})
}

/// `settings` with `changes` laid over them.
pub fn with(mut settings: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        settings[name] = value.clone();
    }
    settings
}

pub fn speaks(settings: Value) -> Box<dyn Adapter> {
    let integration: Integration = serde_json::from_value(settings).unwrap();
    adapter(&integration)
}

/// The conversion, reached by the click `value` of a platform's parameter `name`.
pub fn told(name: &str, value: &str) -> Told {
    let map = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect::<BTreeMap<_, _>>()
    };
    Told {
        delivery: "delivery".into(),
        conversion: "00ABCdef1234".into(),
        status: "approved".into(),
        at_ms: AT_MS,
        changed_at_ms: AT_MS,
        visit_at_ms: AT_MS - 600_000,
        revenue: Micros(12_500_000),
        revenue_true: Micros(12_500_000),
        currency: "EUR".into(),
        tx: "T-1".into(),
        vid: "0123456789abcdefghjkmnpq".into(),
        fields: map(&[("external", value), (name, value)]),
        parameters: map(&[
            ("em", " John_Smith@gmail.com "),
            ("phone", "+1 (650) 555-1212"),
            ("fn", "Mary"),
        ]),
        facts: Facts { ip: "198.51.100.7".parse().ok(), country: "US".into(), ..Facts::default() },
        user_agent: "Mozilla/5.0 (X11)".into(),
        page_url: "https://offer.example/thanks".into(),
        referrer: "https://www.example.com/".into(),
        ..Told::default()
    }
}

/// The same a day later: worth 20, or rejected.
pub fn later(told: Told, change: Change) -> Told {
    Told { change, changed_at_ms: AT_MS + DAY_MS, revenue: Micros(20_000_000), ..told }
}

pub fn answered(status: u16, body: Value) -> Answered {
    let status = StatusCode::from_u16(status).unwrap();
    let body = body.to_string().into();
    Answered { status, headers: HeaderMap::new(), body, cut: false }
}

/// The only call of `rendered`.
pub fn only(rendered: Rendered) -> Prepared {
    assert!(rendered.settled.is_empty(), "{:?}", rendered.settled);
    let [call] = <[_; 1]>::try_from(rendered.calls).unwrap();
    call
}

/// The only verdict of `rendered`, which makes no call.
pub fn settled(rendered: Rendered) -> Verdict {
    assert!(rendered.calls.is_empty());
    let [(place, verdict)] = <[_; 1]>::try_from(rendered.settled).unwrap();
    assert_eq!(place, 0);
    verdict
}
