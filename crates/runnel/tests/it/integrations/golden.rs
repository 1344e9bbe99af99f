//! Each platform's requests, whole, against files written by hand.

use super::sample::*;
use runnel::deliver::{Change, Prepared};
use serde_json::{Map, Value, json};

/// What a request says, as the files have it.
fn seen(call: &Prepared) -> Value {
    let headers = call.headers.iter();
    let headers: Map<_, _> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into())).collect();
    let text = std::str::from_utf8(&call.body).unwrap();
    let body = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    json!({"method": call.method.as_str(), "url": call.url.as_str(), "headers": headers,
        "body": body})
}

#[track_caller]
fn as_written(call: &Prepared, file: &str) {
    let golden: Value = serde_json::from_str(file).unwrap();
    assert_eq!(seen(call), golden, "\n{:#}", seen(call));
    assert_eq!(call.of, [0]);
}

#[test]
fn meta_is_told_as_documented() {
    let meta = speaks(with(meta(), json!({"testEventCode": "TEST42"})));
    let call = only(meta.render(&[told("fbclid", "IwAR0click")], &NOW));
    as_written(&call, include_str!("golden/meta.json"));
}

#[test]
fn tiktok_is_told_as_documented() {
    let call = only(speaks(tiktok()).render(&[told("ttclid", "E.C.P.click")], &NOW));
    as_written(&call, include_str!("golden/tiktok.json"));
}

#[test]
fn snapchat_is_told_as_documented() {
    let call = only(speaks(snapchat()).render(&[told("ScCid", "snap-click")], &NOW));
    as_written(&call, include_str!("golden/snapchat.json"));
    let check = speaks(snapchat()).check(&told("ScCid", "snap-click"), &NOW).unwrap();
    assert_eq!(check.url.path(), "/v3/0a1b-pixel/events/validate");
}

#[test]
fn pinterest_is_told_as_documented() {
    let call = only(speaks(pinterest()).render(&[told("epik", "dj0y-epik")], &NOW));
    as_written(&call, include_str!("golden/pinterest.json"));
    let check = speaks(pinterest()).check(&told("epik", "dj0y-epik"), &NOW).unwrap();
    assert_eq!(check.url.query(), Some("test=true"));
}

#[test]
fn reddit_is_told_as_documented() {
    let reddit = speaks(with(reddit(), json!({"testId": "t2_test"})));
    let call = only(reddit.render(&[told("rdt_cid", "rdt-click")], &NOW));
    as_written(&call, include_str!("golden/reddit.json"));
}

#[test]
fn google_gives_tokens_as_documented() {
    let call = speaks(google("data-manager", "")).grant(AT_MS).unwrap();
    as_written(&call, include_str!("golden/google-token.json"));
}

#[test]
fn google_is_told_by_either_interface_as_documented() {
    let told = [told("gclid", "Cj0Kclick")];
    let call = only(speaks(google("data-manager", "")).render(&told, &NOW));
    as_written(&call, include_str!("golden/google-ingest.json"));
    let call = only(speaks(google("google-ads", "dev-token")).render(&told, &NOW));
    as_written(&call, include_str!("golden/google-upload.json"));
}

#[test]
fn google_is_told_of_changes_as_documented() {
    let told = |change| [later(told("gclid", "Cj0Kclick"), change)];
    let ads = speaks(google("google-ads", "dev-token"));
    let call = only(ads.render(&told(Change::Adjusted), &NOW));
    as_written(&call, include_str!("golden/google-restatement.json"));
    let call = only(ads.render(&told(Change::Retracted), &NOW));
    as_written(&call, include_str!("golden/google-retraction.json"));
    // The Data Manager API restates by the same transaction ID; retractions need the other one.
    let both = speaks(google("data-manager", "dev-token"));
    let call = only(both.render(&told(Change::Retracted), &NOW));
    as_written(&call, include_str!("golden/google-retraction.json"));
    for (change, value) in [(Change::Adjusted, 20.0), (Change::Retracted, 0.0)] {
        let alone = speaks(google("data-manager", ""));
        let mut golden: Value =
            serde_json::from_str(include_str!("golden/google-ingest.json")).unwrap();
        golden["body"]["events"][0]["conversionValue"] = json!(value);
        assert_eq!(seen(&only(alone.render(&told(change), &NOW))), golden);
    }
}

#[test]
fn microsoft_is_told_as_documented() {
    let microsoft = speaks(microsoft());
    let call = microsoft.grant(AT_MS).unwrap();
    as_written(&call, include_str!("golden/microsoft-token.json"));
    let told = told("msclkid", "5b1cms");
    let call = only(microsoft.render(std::slice::from_ref(&told), &NOW));
    as_written(&call, include_str!("golden/microsoft.json"));
    let call = only(microsoft.render(&[later(told.clone(), Change::Adjusted)], &NOW));
    as_written(&call, include_str!("golden/microsoft-restatement.json"));
    let call = only(microsoft.render(&[later(told, Change::Retracted)], &NOW));
    as_written(&call, include_str!("golden/microsoft-retraction.json"));
}

#[test]
fn what_is_new_goes_before_what_corrects_it() {
    let (first, second) = (told("gclid", "A"), told("gclid", "B"));
    let batch = [later(first.clone(), Change::Retracted), second, first];
    let rendered = speaks(google("google-ads", "dev-token")).render(&batch, &NOW);
    let calls: Vec<_> =
        rendered.calls.iter().map(|call| (call.url.path(), call.of.clone())).collect();
    assert_eq!(
        calls,
        [
            ("/v26/customers/1112223333:uploadClickConversions", vec![1, 2]),
            ("/v26/customers/1112223333:uploadConversionAdjustments", vec![0]),
        ]
    );
}

#[test]
fn keys_are_named_as_secrets_and_hidden_in_debug_forms() {
    for (settings, secrets) in [
        (meta(), vec!["meta-token"]),
        (google("data-manager", "dev-token"), vec!["dev-token", "client-secret", "1//refresh"]),
        (microsoft(), vec!["ms-dev-token", "M.C5refresh"]),
    ] {
        let adapter = speaks(settings);
        assert_eq!(adapter.secrets(), secrets);
        let rendered = adapter.render(&[told("fbclid", "x")], &NOW);
        let debug = format!("{:?}", rendered.calls.iter().map(|c| &c.headers).collect::<Vec<_>>());
        assert!(secrets.iter().all(|secret| !debug.contains(secret)), "{debug}");
        assert!(!debug.contains("granted-token"), "{debug}");
    }
}
