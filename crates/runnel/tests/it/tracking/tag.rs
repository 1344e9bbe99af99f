//! What the universal tag asks of the server: the script itself, views in all the ways they come about,
//! cookies on other people's sites (product.md §8). That browsers do what is assumed here is shown in `tag/tests`.

use super::{LANDER, OFFER, Road, road};
use crate::world::{IPHONE, World, location, parameter};
use reqwest::Response;
use serde_json::{Value, json};

async fn script(world: &World, headers: &[(&str, &str)]) -> Response {
    let request = world.client.get(world.track("/js/flux.js"));
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn send(world: &World, headers: &[(&str, &str)], body: &Value) -> Response {
    let request = world.client.post(world.track("/js/funnel")).header("user-agent", IPHONE);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(body.to_string()).send().await.unwrap()
}

/// A view; the answer's hit and visitor.
async fn view(world: &World, body: Value) -> (String, String) {
    let response = send(world, &[("content-type", "text/plain;charset=UTF-8")], &body).await;
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["error"], "", "{body} {answer}");
    let hit = answer["resolvedTokens"]["{hit}"].as_str().unwrap().to_owned();
    (hit, answer["skv"].as_str().unwrap().to_owned())
}

async fn counts(world: &World) -> [u64; 3] {
    let totals = world.report(json!([])).await["totals"].clone();
    ["visits", "landerViews", "offerViews"].map(|name| totals[name].as_u64().unwrap())
}

/// What the tag sends from a page that is an entrance without redirects.
fn direct(road: &Road, cause: &str) -> Value {
    json!({"url": "https://lander.example/?zone=7", "referrer": "https://news.example/", "cause": cause,
        "data": {"f": road.funnel, "ts": road.source, "n": LANDER}})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_is_cached_compressed_and_says_when_it_is_unchanged() {
    let world = World::new().await;
    let plain = script(&world, &[]).await;
    assert_eq!(header(&plain, "content-type"), "text/javascript; charset=utf-8");
    assert!(header(&plain, "cache-control").starts_with("public, max-age=300"));
    assert_eq!(header(&plain, "vary"), "accept-encoding");
    let etag = header(&plain, "etag").to_owned();
    let text = plain.text().await.unwrap();
    assert!(!text.contains("RUNNEL_SETTINGS") && text.contains("\"domains\":[]"), "{text}");

    let zipped = script(&world, &[("accept-encoding", "gzip, br;q=0.5")]).await;
    assert_eq!(header(&zipped, "content-encoding"), "gzip");
    let zipped_etag = header(&zipped, "etag").to_owned();
    let zipped = zipped.bytes().await.unwrap();
    let mut unzipped = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&zipped[..]), &mut unzipped)
        .unwrap();
    assert_eq!(unzipped, text);

    // What browsers make of it is shown in `tag/tests`; its end stands there as it is.
    let brotli = script(&world, &[("accept-encoding", "gzip, deflate, br")]).await;
    assert_eq!(header(&brotli, "content-encoding"), "br");
    assert_eq!(header(&brotli, "vary"), "accept-encoding");
    let brotli_etag = header(&brotli, "etag").to_owned();
    let brotli = brotli.bytes().await.unwrap();
    assert!(brotli.len() < zipped.len(), "{} of {}", brotli.len(), zipped.len());
    let end = text.find("({\"domains\"").map(|at| &text.as_bytes()[at + 1..]).unwrap();
    assert_eq!(&brotli[brotli.len() - 1 - end.len()..], [end, &[3]].concat());

    // Each form has its own tag, and only a copy of the form that would be sent is still good.
    assert!(etag != zipped_etag && zipped_etag != brotli_etag && brotli_etag != etag);
    for (coding, own) in [("identity", &etag), ("gzip", &zipped_etag), ("gzip, br", &brotli_etag)] {
        for held in [&etag, &zipped_etag, &brotli_etag] {
            let asked = [("accept-encoding", coding), ("if-none-match", held)];
            let answer = script(&world, &asked).await;
            assert_eq!(answer.status(), if held == own { 304 } else { 200 }, "{coding} {held}");
            assert_eq!(
                (header(&answer, "etag"), header(&answer, "vary")),
                (&**own, "accept-encoding")
            );
            if held == own {
                assert_eq!(answer.bytes().await.unwrap().len(), 0);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_come_with_the_script() {
    let world = World::new().await;
    for name in ["go.example.com", "click.example.com"] {
        world.make("domains", json!({"name": name})).await;
    }
    let asked = [("host", "go.example.com:8443")];
    let before = script(&world, &asked).await;
    let etag = header(&before, "etag").to_owned();
    let text = before.text().await.unwrap();
    let settings = r#"{"domains":["go.example.com","click.example.com"],"off":[],"consent":""}"#;
    assert!(text.contains(settings), "{text}");
    let settings = json!({"version": 0, "cookies": false,
        "tag": {"address": false, "consentRequired": true}});
    world.api("PUT", "/settings", settings).await;
    let after = script(&world, &[asked[0], ("if-none-match", &etag)]).await;
    assert_eq!(after.status(), 200);
    let text = after.text().await.unwrap();
    assert!(text.contains(r#""off":["address","storage"],"consent":"required"}"#), "{text}");
    // A name that nobody registered is not written into what caches keep.
    let stranger = script(&world, &[("host", "evil\".example")]).await.text().await.unwrap();
    assert!(!stranger.contains("evil"), "{stranger}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_load_from_elsewhere_is_a_new_visit_of_the_same_visitor() {
    let world = World::new().await;
    let road = road(&world).await;
    let (first, vid) = view(&world, direct(&road, "navigate")).await;
    let mut again = direct(&road, "navigate");
    again["known"] = json!({"vid": vid});
    again["seen"] = json!([first]);
    let (second, same) = view(&world, again.clone()).await;
    assert_eq!(same, vid);
    assert_ne!(second, first);
    assert_eq!(counts(&world).await, [2, 2, 0]);
    // From a page of the account's own, it is a step within the visit.
    again["referrer"] = json!("https://offer.example/");
    again["seen"] = json!([first, second]);
    view(&world, again).await;
    assert_eq!(counts(&world).await, [2, 3, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_repeats_no_view_even_when_another_tab_went_on() {
    let world = World::new().await;
    let road = road(&world).await;
    let (lander, vid) = view(&world, direct(&road, "navigate")).await;
    world.get(&format!("/action/1?vid={vid}&n={LANDER}")).await;
    let mut refreshed = direct(&road, "reload");
    refreshed["known"] = json!({"vid": vid});
    refreshed["seen"] = json!([lander]);
    assert_eq!(view(&world, refreshed).await, (lander, vid));
    assert_eq!(counts(&world).await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirects_hit_is_viewed_once_and_coming_back_is_another_view() {
    let world = World::new().await;
    let road = road(&world).await;
    let page = location(&world.get(&road.entrance()).await);
    let (hit, vid) = (parameter(&page, "h"), parameter(&page, "vid"));
    let url = format!("https://lander.example/?hit={hit}&vid={vid}");
    let loaded = json!({"url": url, "cause": "navigate"});
    assert_eq!(view(&world, loaded).await, (hit.clone(), vid.clone()));
    for cause in ["reload", "same"] {
        let told = json!({"url": url, "cause": cause, "known": {"hit": hit}, "seen": [hit]});
        assert_eq!(view(&world, told).await.0, hit, "{cause}");
    }
    assert_eq!(counts(&world).await, [1, 1, 0]);
    let mut latest = hit.clone();
    for cause in ["back", "back_forward", "navigate"] {
        let known = json!({"hit": latest, "vid": vid, "node": LANDER});
        let told = json!({"url": url, "cause": cause, "known": known, "seen": [latest, hit]});
        let (other, same) = view(&world, told).await;
        assert_ne!(other, latest, "{cause}");
        assert_eq!(same, vid);
        latest = other;
    }
    assert_eq!(counts(&world).await, [1, 4, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_found_by_its_own_address() {
    let world = World::new().await;
    let road = road(&world).await;
    let mut entering = direct(&road, "navigate");
    entering["data"] = json!({"f": road.funnel, "ts": road.source});
    let (_, vid) = view(&world, entering).await;
    let moved = json!({"url": "https://offer.example/?step=2#top", "cause": "moved",
        "known": {"vid": vid, "node": LANDER}, "data": {"n": LANDER}});
    let response = send(&world, &[], &moved).await;
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["resolvedTokens"]["{current-node-id}"], OFFER, "{answer}");
    assert_eq!((&answer["page"], &answer["offer"]), (&json!(road.offer), &json!(true)));
    assert_eq!(counts(&world).await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_gets_partitioned_cookies_over_https() {
    let world = World::proxied().await;
    let road = road(&world).await;
    let https = ("x-forwarded-proto", "https");
    let cases = [
        (
            vec![https, ("sec-fetch-site", "cross-site")],
            false,
            "SameSite=None; Secure; Partitioned",
        ),
        (
            vec![https, ("sec-fetch-site", "same-origin")],
            true,
            "SameSite=None; Secure; Partitioned",
        ),
        (vec![https, ("sec-fetch-site", "same-site")], false, "SameSite=Lax; Secure"),
        (vec![("sec-fetch-site", "cross-site")], false, "SameSite=Lax"),
    ];
    for (headers, framed, expected) in cases {
        let mut told = direct(&road, "navigate");
        told["framed"] = json!(framed);
        let response = send(&world, &headers, &told).await;
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies.len(), 2);
        for cookie in cookies {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.ends_with(&format!("; HttpOnly; {expected}")), "{cookie}");
        }
    }
    let mut told = direct(&road, "navigate");
    told["data"]["storage"] = json!("off");
    let response = send(&world, &[https], &told).await;
    assert!(response.headers().get("set-cookie").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_the_settings_name_may_call() {
    let world = World::new().await;
    let road = road(&world).await;
    let origin = [("origin", "https://checkout.example")];
    assert_eq!(send(&world, &origin, &direct(&road, "navigate")).await.status(), 403);
    let settings = json!({"version": 0, "tag": {"sites": ["checkout.example"]}});
    world.api("PUT", "/settings", settings).await;
    assert_eq!(send(&world, &origin, &direct(&road, "navigate")).await.status(), 200);
    assert_eq!(counts(&world).await, [1, 1, 0], "the first one stored nothing");
    for site in ["https://a.example", "A.example", "a.example/x", "a.example:8443", ""] {
        let settings = json!({"version": 1, "tag": {"sites": [site]}});
        let (status, answer) = world.try_api("PUT", "/settings", settings).await;
        assert_eq!(status, 400, "{site} {answer}");
    }
}
