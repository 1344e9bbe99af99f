//! Visitors who asked for privacy: the platform's flag, or no delivery (product.md §13).

use super::sample::*;
use runnel::deliver::{Told, Verdict};
use serde_json::{Value, json};

fn body(settings: Value, told: Told) -> Value {
    let call = only(speaks(settings).render(&[told], &NOW));
    serde_json::from_slice(&call.body).unwrap()
}

fn with_gpc(name: &str) -> Told {
    let mut told = told(name, "click");
    told.consent.gpc = true;
    told
}

fn who_refused(name: &str) -> Told {
    let mut told = told(name, "click");
    told.buffer.insert("consent".into(), "Denied".into());
    told
}

#[test]
fn the_platforms_own_flag_is_set() {
    for told in [with_gpc, who_refused] {
        let event = &body(meta(), told("fbclid"))["data"][0];
        assert_eq!(event["data_processing_options"], json!(["LDU"]));
        assert_eq!(event["data_processing_options_country"], 0);
        assert_eq!(event["data_processing_options_state"], 0);
        assert_eq!(body(tiktok(), told("ttclid"))["data"][0]["limited_data_use"], true);
        let event = &body(snapchat(), told("sc_click_id"))["data"][0];
        assert_eq!(event["data_processing_options"], json!(["LMU"]));
        assert_eq!(body(pinterest(), told("epik"))["data"][0]["opt_out"], true);
        let event = &body(reddit(), told("rdt_cid"))["data"]["events"][0];
        let options = json!({"modes": ["LDU"], "country": "US"});
        assert_eq!(event["user"]["data_processing_options"], options);
        let event = &body(google("data-manager", ""), told("gclid"))["events"][0];
        let denied = "CONSENT_DENIED";
        let denied = json!({"adUserData": denied, "adPersonalization": denied});
        assert_eq!(event["consent"], denied);
        let event = &body(google("google-ads", "d"), told("gclid"))["conversions"][0];
        assert_eq!(
            event["consent"],
            json!({"adUserData": "DENIED", "adPersonalization": "DENIED"})
        );
    }
}

#[test]
fn where_there_is_no_flag_nothing_is_sent() {
    let verdict = settled(speaks(microsoft()).render(&[with_gpc("msclkid")], &NOW));
    let reason = "withheld: the visitor's browser sends Global Privacy Control".to_owned();
    assert_eq!(verdict, Verdict::Refused { reason });
    let verdict = settled(speaks(microsoft()).render(&[who_refused("msclkid")], &NOW));
    let reason = "withheld: the visitor refused consent".to_owned();
    assert_eq!(verdict, Verdict::Refused { reason });
}

#[test]
fn the_owner_can_withhold_or_ignore() {
    let withhold = with(meta(), json!({"mapping": {"privacy": "withhold"}}));
    let verdict = settled(speaks(withhold.clone()).render(&[with_gpc("fbclid")], &NOW));
    assert!(matches!(verdict, Verdict::Refused { .. }));
    assert!(body(withhold, told("fbclid", "c"))["data"][0]["data_processing_options"].is_null());
    let ignore = json!({"privacy": "ignore", "events": {"conversion": "Sale"}});
    let ignore = with(microsoft(), json!({"mapping": ignore}));
    assert_eq!(
        body(ignore, with_gpc("msclkid"))["OfflineConversions"][0]["ConversionName"],
        "Sale"
    );
}

#[test]
fn consent_is_claimed_only_where_the_visitor_gave_it() {
    let mut agreed = told("gclid", "click");
    agreed.buffer.insert("consent".into(), "granted".into());
    let event = &body(google("data-manager", ""), agreed)["events"][0];
    let granted = "CONSENT_GRANTED";
    let granted = json!({"adUserData": granted, "adPersonalization": granted});
    assert_eq!(event["consent"], granted);
    let event = &body(google("data-manager", ""), told("gclid", "click"))["events"][0];
    assert!(event["consent"].is_null());
}
