//! What is told → the JSON that webhooks and middleware services get: `{"type", "timestamp", "data"}`.
//! Promise: fields are only ever added; money is a decimal string, times are RFC 3339.

use crate::ids::EntityId;
use crate::told::{Change, Told, What};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The body for `told`.
pub fn body(told: &Told) -> String {
    let (at_ms, data) = match &told.what {
        What::Conversion | What::Event(_) => (told.changed_at_ms, conversion(told)),
        What::Visit => (told.hit_at_ms, visit(told)),
        What::Alert(text) => (told.at_ms, alert(text, told)),
    };
    whole(kind(told), at_ms, data)
}

/// What a middleware service is asked of a visitor, who is described as in `node.visited`.
#[derive(Clone, Debug)]
pub struct Asking<'a> {
    /// The visitor, the hit that is about to be made, and the visit.
    pub told: &'a Told,
    /// The visitor's tags.
    pub tags: &'a [EntityId],
    /// Whether the visitor is new.
    pub new_visitor: bool,
    /// The URL they asked for.
    pub url: &'a str,
}

/// The body of a question.
pub fn question(asking: &Asking<'_>) -> String {
    let Asking { told, tags, new_visitor, url } = asking;
    let mut data = visit(told);
    let own =
        json!({"tags": tags, "newVisitor": new_visitor, "url": url, "bot": text(&told.facts.bot)});
    join(&mut data, own);
    whole("middleware.asked", told.hit_at_ms, data)
}

/// The body of a test call.
pub fn test_body(now_ms: u64) -> String {
    whole("test.ping", now_ms, json!({"message": "Runnel can reach this webhook."}))
}

fn whole(kind: &str, at_ms: u64, data: Value) -> String {
    json!({"type": kind, "timestamp": moment(at_ms), "data": data}).to_string()
}

fn kind(told: &Told) -> &'static str {
    match (&told.what, told.change) {
        (What::Conversion, Change::New) => "conversion.created",
        (What::Conversion, Change::Adjusted) => "conversion.updated",
        (What::Conversion, Change::Retracted) => "conversion.rejected",
        (What::Event(_), Change::New) => "event.created",
        (What::Event(_), Change::Adjusted) => "event.updated",
        (What::Event(_), Change::Retracted) => "event.rejected",
        (What::Visit, _) => "node.visited",
        (What::Alert(_), _) => "alert.raised",
    }
}

fn conversion(told: &Told) -> Value {
    let mut data = visit(told);
    let own = json!({
        "conversion": told.conversion,
        "event": told.event(),
        "entry": told.entry,
        "tx": told.tx,
        "status": told.status,
        "statusBefore": text(&told.status_before),
        "revenue": told.revenue_true,
        "revenueBefore": told.revenue_before,
        "currency": told.currency,
        "convertedAt": moment(told.at_ms),
        "parameters": told.parameters,
    });
    join(&mut data, own);
    data
}

fn visit(told: &Told) -> Value {
    let facts = &told.facts;
    json!({
        "hit": told.hit,
        "hitAt": moment(told.hit_at_ms),
        "visitor": told.vid,
        "visit": told.visit,
        "visitAt": moment(told.visit_at_ms),
        "funnel": told.funnel,
        "funnelName": told.names.funnel,
        "source": told.source,
        "sourceName": told.names.source,
        "node": told.node,
        "nodeName": told.names.node,
        "page": text(&told.page),
        "pageName": text(&told.names.page),
        "fields": told.fields,
        "data": told.buffer,
        "facts": {
            "ip": facts.ip,
            "country": facts.country,
            "region": facts.region,
            "city": facts.city,
            "device": facts.device.as_str(),
            "os": facts.os,
            "osVersion": facts.os_version,
            "browser": facts.browser,
            "browserVersion": facts.browser_version,
            "language": facts.language,
            "isp": facts.isp,
            "asn": facts.asn,
        },
        "userAgent": told.user_agent,
        "referrer": told.referrer,
        "domain": told.domain,
    })
}

fn alert(kind: &str, told: &Told) -> Value {
    json!({"kind": kind, "about": told.parameters})
}

fn join(data: &mut Value, more: Value) {
    let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) else { return };
    data.extend::<Map<String, Value>>(more);
}

fn text(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn moment(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or_default();
    Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Micros;

    fn told(what: What) -> Told {
        Told {
            what,
            conversion: "cnv000000001".into(),
            status: "approved".into(),
            revenue_true: Micros(12_500_000),
            hit: "h".into(),
            hit_at_ms: 1_795_334_400_000,
            at_ms: 1_795_334_401_000,
            changed_at_ms: 1_795_334_402_000,
            fields: [("external".into(), "x".into())].into(),
            ..Told::default()
        }
    }

    fn read(body: String) -> Value {
        serde_json::from_str(&body).unwrap()
    }

    #[test]
    fn a_body_names_what_happened_when_and_to_whom() {
        let body = read(body(&told(What::Conversion)));
        assert_eq!(body["type"], "conversion.created");
        assert_eq!(body["timestamp"], "2026-11-22T08:00:02Z");
        assert_eq!(body["data"]["revenue"], "12.50");
        assert_eq!(body["data"]["convertedAt"], "2026-11-22T08:00:01Z");
        assert_eq!(body["data"]["fields"]["external"], "x");
        assert!(body["data"]["event"].is_null() && body["data"]["page"].is_null());
    }

    #[test]
    fn every_kind_has_its_word() {
        let words = |what: What| {
            [Change::New, Change::Adjusted, Change::Retracted].map(|change| {
                let told = Told { change, ..told(what.clone()) };
                read(super::body(&told))["type"].as_str().unwrap().to_owned()
            })
        };
        let event = ["event.created", "event.updated", "event.rejected"];
        assert_eq!(words(What::Event("lead".into())), event);
        assert_eq!(words(What::Visit)[0], "node.visited");
        assert_eq!(words(What::Alert("feed_stopped".into()))[0], "alert.raised");
        assert_eq!(read(test_body(0))["type"], "test.ping");
    }
}
