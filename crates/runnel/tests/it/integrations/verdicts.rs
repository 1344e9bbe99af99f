//! What platforms' answers mean, and what is never asked of them.

use super::sample::*;
use runnel::deliver::{Change, Told, Verdict, What};
use serde_json::{Value, json};
use std::time::Duration;

/// The verdicts of `settings` on `told` after an answer.
fn read(settings: Value, told: &[Told], status: u16, body: Value) -> Vec<Verdict> {
    let adapter = speaks(settings);
    let rendered = adapter.render(told, &NOW);
    adapter.read(&rendered.calls[0], &answered(status, body))
}

fn refused(reason: &str) -> Verdict {
    Verdict::Refused { reason: reason.into() }
}

fn again(reason: &str, seconds: Option<u64>) -> Verdict {
    Verdict::Again { reason: reason.into(), after: seconds.map(Duration::from_secs) }
}

#[test]
fn late_events_are_isolated() {
    let mut old = told("fbclid", "old");
    old.at_ms = NOW.now_ms - 7 * DAY_MS - 1;
    let mut just = told("fbclid", "just");
    just.at_ms = NOW.now_ms - 7 * DAY_MS;
    let rendered = speaks(meta()).render(&[old, just], &NOW);
    let reason = "the platform takes nothing older than 7 days".to_owned();
    assert_eq!(rendered.settled, [(0, Verdict::TooLate { reason })]);
    assert_eq!(rendered.calls.len(), 1);
    assert_eq!(rendered.calls[0].of, [1]);
}

#[test]
fn corrections_and_unnamed_events_are_not_sent_where_nobody_takes_them() {
    let corrected = later(told("fbclid", "x"), Change::Adjusted);
    let verdict = settled(speaks(meta()).render(&[corrected], &NOW));
    assert_eq!(verdict, refused("the platform takes no corrections"));
    let lead = Told { what: What::Event("lead".into()), ..told("fbclid", "x") };
    let verdict = settled(speaks(meta()).render(std::slice::from_ref(&lead), &NOW));
    assert_eq!(verdict, refused("the settings name no event of the platform for it"));
    let named = with(meta(), json!({"mapping": {"events": {"lead": "Lead"}}}));
    let call = only(speaks(named).render(&[lead], &NOW));
    assert!(std::str::from_utf8(&call.body).unwrap().contains(r#""event_name":"Lead""#));
    let mut nobody = told("other", "x");
    nobody.parameters.clear();
    for settings in [google("data-manager", ""), google("google-ads", "d"), microsoft()] {
        let verdict = settled(speaks(settings).render(std::slice::from_ref(&nobody), &NOW));
        assert!(matches!(verdict, Verdict::Refused { .. }));
    }
}

#[test]
fn meta_refuses_a_batch_whole_so_it_is_halved() {
    let bad = json!({"error": {"message": "Invalid parameter", "code": 100}});
    let (one, two) = (vec![told("fbclid", "a")], vec![told("fbclid", "a"), told("fbclid", "b")]);
    assert_eq!(read(meta(), &two, 400, bad.clone()), [Verdict::Split]);
    assert_eq!(read(meta(), &one, 400, bad), [refused("Invalid parameter")]);
    let received = json!({"events_received": 2, "messages": [], "fbtrace_id": "x"});
    assert_eq!(read(meta(), &two, 200, received), [Verdict::Delivered]);
    let old = json!({"error": {"message": "m", "code": 100, "error_subcode": 2804003,
        "error_user_msg": "Event timestamp too old"}});
    let late = Verdict::TooLate { reason: "Event timestamp too old".into() };
    assert_eq!(read(meta(), &one, 400, old), [late]);
}

#[test]
fn meta_says_whether_the_key_the_rate_or_itself_is_at_fault() {
    let one = [told("fbclid", "a")];
    let fault = |code: i64| json!({"error": {"message": "words", "code": code}});
    let key = again("Meta does not accept the access token: words", None);
    assert_eq!(read(meta(), &one, 401, fault(190)), [key]);
    assert_eq!(read(meta(), &one, 400, fault(80004)), [again("too many calls: words", Some(300))]);
    let broken = again("answered 500 Internal Server Error: words", None);
    assert_eq!(read(meta(), &one, 500, fault(2)), [broken]);
    let unreadable = again("answered 502 Bad Gateway: ", None);
    assert_eq!(read(meta(), &one, 502, json!("<html>")), [unreadable]);
}

#[test]
fn tiktok_counts_code_0_alone() {
    let two = [told("ttclid", "a"), told("ttclid", "b")];
    let ok = json!({"code": 0, "message": "OK", "data": {}});
    assert_eq!(read(tiktok(), &two, 200, ok), [Verdict::Delivered]);
    let bad = json!({"code": 40002, "message": "invalid event"});
    assert_eq!(read(tiktok(), &two, 200, bad.clone()), [Verdict::Split]);
    assert_eq!(read(tiktok(), &two[..1], 200, bad), [refused("invalid event")]);
    let key = json!({"code": 40105, "message": "revoked"});
    let expected = again("TikTok does not accept the access token: revoked", None);
    assert_eq!(read(tiktok(), &two, 200, key), [expected]);
    let rate = json!({"code": 40100, "message": "slow down"});
    assert_eq!(read(tiktok(), &two, 200, rate), [again("too many calls: slow down", Some(300))]);
    let part = json!({"code": 20001, "message": "partial", "data": {
        "failed_events": [{"order_in_batch": 1, "error_message": "no user"}]}});
    assert_eq!(read(tiktok(), &two, 200, part), [Verdict::Delivered, refused("no user")]);
}

#[test]
fn snapchat_pinterest_and_reddit_each_have_their_way() {
    let two = |name| [told(name, "a"), told(name, "b")];
    let valid = json!({"status": "VALID", "reason": "Events have been processed successfully."});
    assert_eq!(read(snapchat(), &two("sc_click_id"), 200, valid), [Verdict::Delivered]);
    let invalid = json!({"status": "INVALID", "reason": "pixel"});
    assert_eq!(read(snapchat(), &two("sc_click_id")[..1], 200, invalid), [refused("pixel")]);
    let each = json!({"num_events_received": 2, "num_events_processed": 1, "events": [
        {"status": "processed"}, {"status": "failed", "error_message": "too old"}]});
    let expected = [Verdict::Delivered, refused("too old")];
    assert_eq!(read(pinterest(), &two("epik"), 200, each), expected);
    let mut nobody = told("epik", "a");
    nobody.parameters.clear();
    nobody.facts.ip = None;
    let verdict = settled(speaks(pinterest()).render(&[nobody], &NOW));
    assert!(matches!(verdict, Verdict::Refused { .. }));
    let bad = json!({"error": {"code": 400, "message": "invalid click"}});
    assert_eq!(read(reddit(), &two("rdt_cid"), 400, bad), [Verdict::Split]);
}

/// An answer of `uploadClickConversions` in which the operation at `index` failed with `code`.
fn partial(index: u64, code: &str) -> Value {
    json!({"partialFailureError": {"code": 3, "message": "Multiple errors", "details": [{
        "@type": "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure",
        "errors": [{"errorCode": {"conversionUploadError": code}, "message": "words",
            "location": {"fieldPathElements": [
                {"fieldName": "conversions", "index": index}, {"fieldName": "gclid"}]}}]}]},
        "results": [{}, {}]})
}

#[test]
fn google_fails_in_part() {
    let two = [told("gclid", "a"), told("gclid", "b")];
    let ads = || google("google-ads", "dev-token");
    for (code, verdict) in [
        ("UNPARSEABLE_GCLID", refused("UNPARSEABLE_GCLID: words")),
        ("EXPIRED_EVENT", Verdict::TooLate { reason: "EXPIRED_EVENT: words".into() }),
        ("TOO_RECENT_EVENT", again("TOO_RECENT_EVENT: words", Some(21_600))),
        ("CLICK_CONVERSION_ALREADY_EXISTS", Verdict::Delivered),
    ] {
        let verdicts = read(ads(), &two, 200, partial(1, code));
        assert_eq!(verdicts, [Verdict::Delivered, verdict], "{code}");
    }
    let all = [Verdict::Delivered, Verdict::Delivered];
    assert_eq!(read(ads(), &two, 200, json!({"results": [{}, {}]})), all);
    assert_eq!(read(ads(), &two, 401, json!({})), [Verdict::TokenExpired]);
    let new = json!({"error": {"code": 403, "message": "m", "details": [{"errors": [
        {"errorCode": {"notAllowlistedError": "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"}}]}]}});
    let text = "Google takes no new users of the Google Ads API's uploads: \
        set uploads to data-manager";
    assert_eq!(read(ads(), &two, 403, new), [again(text, None)]);
    // The Data Manager API fails fast and whole.
    let bad = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "bad"}});
    assert_eq!(read(google("data-manager", ""), &two, 400, bad), [Verdict::Split]);
}

#[test]
fn a_trial_at_google_is_right_when_only_the_made_up_click_is_unknown() {
    let ads = speaks(google("google-ads", "dev-token"));
    let check = ads.check(&told("gclid", "made-up"), &NOW).unwrap();
    let body: Value = serde_json::from_slice(&check.body).unwrap();
    assert_eq!(body["validateOnly"], true);
    let unknown = answered(200, partial(0, "UNPARSEABLE_GCLID"));
    assert_eq!(ads.checked(&check, &unknown), Verdict::Delivered);
    let wrong = answered(200, partial(0, "INVALID_CONVERSION_ACTION"));
    assert_eq!(ads.checked(&check, &wrong), refused("INVALID_CONVERSION_ACTION: words"));
}

#[test]
fn microsoft_names_places_and_goals() {
    let two = [told("msclkid", "a"), told("msclkid", "b")];
    let part = json!({"PartialErrors": [{"Index": 0, "Code": 5644, "ErrorCode": "GoalNotFound",
        "Message": "No such goal."}]});
    let expected = [refused("GoalNotFound No such goal."), Verdict::Delivered];
    assert_eq!(read(microsoft(), &two, 200, part), expected);
    let all = [Verdict::Delivered, Verdict::Delivered];
    assert_eq!(read(microsoft(), &two, 200, json!({"PartialErrors": null})), all);
    let expired = json!({"Errors": [{"Code": 109, "ErrorCode": "AuthenticationTokenExpired"}]});
    assert_eq!(read(microsoft(), &two, 401, expired), [Verdict::TokenExpired]);

    let microsoft = speaks(microsoft());
    let check = microsoft.check(&two[0], &NOW).unwrap();
    assert!(check.url.path().ends_with("/ConversionGoals/QueryByIds"));
    let goals = |name: &str| answered(200, json!({"ConversionGoals": [{"Name": name}]}));
    assert_eq!(microsoft.checked(&check, &goals("Sale")), Verdict::Delivered);
    let missing = refused("the account has no offline conversion goal named Sale");
    assert_eq!(microsoft.checked(&check, &goals("Other")), missing);
}

#[test]
fn tokens_are_given_or_the_settings_to_renew_are_named() {
    let google = speaks(google("data-manager", ""));
    let token = answered(200, json!({"access_token": "ya29.x", "expires_in": 3599}));
    let grant = google.granted(&token, AT_MS).unwrap();
    assert_eq!((grant.token.as_str(), grant.until_ms), ("ya29.x", AT_MS + 3_539_000));
    let gone = json!({"error": "invalid_grant", "error_description": "Token has been revoked."});
    let reason = "Google no longer accepts the refresh token: make a new one \
        (Token has been revoked.)";
    assert_eq!(google.granted(&answered(400, gone), AT_MS).err(), Some(again(reason, None)));
    let client = json!({"error": "invalid_client"});
    let reason = "Google does not accept client ID or secret (invalid_client)";
    assert_eq!(google.granted(&answered(401, client), AT_MS).err(), Some(again(reason, None)));
}

#[test]
fn platforms_without_a_dry_run_are_tried_only_with_a_test_code() {
    for (settings, code) in
        [(meta(), "testEventCode"), (tiktok(), "testEventCode"), (reddit(), "testId")]
    {
        let told = told("fbclid", "made-up");
        assert!(speaks(settings.clone()).check(&told, &NOW).is_none());
        assert!(speaks(with(settings, json!({code: "T1"}))).check(&told, &NOW).is_some());
    }
}
