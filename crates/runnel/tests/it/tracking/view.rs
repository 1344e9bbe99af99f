//! Views from JavaScript (product.md §8): after a redirect, as the entrance, refreshed, come back.

use super::{LANDER, OFFER, Road, road};
use crate::world::{IPHONE, World, location, parameter};
use serde_json::{Value, json};

async fn report(world: &World, body: Value) -> (u16, Value) {
    let request = world.client.post(world.track("/js/funnel")).header("user-agent", IPHONE);
    let response = request.json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn views(world: &World) -> Value {
    world.report(json!([])).await["totals"].clone()
}

fn direct(road: &Road, node: &str) -> Value {
    json!({"url": "https://lander.example/?zone=7", "f": road.funnel, "ts": road.source, "n": node})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_a_redirect_led_to_makes_no_second_hit() {
    let world = World::new().await;
    let road = road(&world).await;
    let page = location(&world.get(&road.entrance()).await);
    let (hit, vid) = (parameter(&page, "h"), parameter(&page, "vid"));
    for body in
        [json!({"url": page, "hit": hit}), json!({"url": page, "f": road.funnel, "n": LANDER})]
    {
        let (status, answer) = report(&world, body).await;
        assert_eq!((status, &answer["error"]), (200, &json!("")));
        assert_eq!(answer["skv"], vid.as_str());
        let tokens = &answer["resolvedTokens"];
        assert_eq!((&tokens["{hit}"], &tokens["{visitor}"]), (&json!(hit), &json!(vid)));
        assert_eq!(tokens["{current-node-id}"], LANDER);
    }
    let totals = views(&world).await;
    assert_eq!((&totals["visits"], &totals["landerViews"]), (&json!(1), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redirects_the_view_is_the_entrance() {
    let world = World::new().await;
    let road = road(&world).await;
    let (status, answer) = report(&world, direct(&road, LANDER)).await;
    assert_eq!(status, 200, "{answer}");
    let (hit, vid) = (answer["resolvedTokens"]["{hit}"].clone(), answer["skv"].clone());
    let seen =
        world.api("GET", &format!("/explorer/hit/{}", hit.as_str().unwrap()), json!(null)).await;
    assert_eq!(
        (&seen["request"]["kind"], &seen["request"]["fields"]["c1"]),
        (&json!("entrance"), &json!("7"))
    );
    assert_eq!(seen["route"]["equal"], true, "{seen}");
    // An action goes on from there.
    let vid = vid.as_str().unwrap();
    let offer = world.get(&format!("/action/1?vid={vid}&n={LANDER}")).await;
    assert!(location(&offer).starts_with("https://offer.example/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_repeats_no_view_and_coming_back_does() {
    let world = World::new().await;
    let road = road(&world).await;
    let (_, first) = report(&world, direct(&road, LANDER)).await;
    let vid = first["skv"].clone();
    let at = |node: &str| json!({"f": road.funnel, "n": node, "vid": vid});
    let (_, refreshed) = report(&world, at(LANDER)).await;
    assert_eq!(refreshed["resolvedTokens"]["{hit}"], first["resolvedTokens"]["{hit}"]);
    report(&world, at(OFFER)).await;
    let (_, back) = report(&world, at(LANDER)).await;
    assert_ne!(back["resolvedTokens"]["{hit}"], first["resolvedTokens"]["{hit}"]);
    let totals = views(&world).await;
    assert_eq!(
        (&totals["visits"], &totals["landerViews"], &totals["offerViews"]),
        (&json!(1), &json!(2), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_placed_names_the_parameter() {
    let world = World::new().await;
    let road = road(&world).await;
    let cases = [
        (json!({}), "f"),
        (json!({"f": "UnknownFnl01", "ts": road.source, "n": LANDER}), "f"),
        (json!({"f": road.funnel, "ts": "x", "n": LANDER}), "ts"),
        (json!({"f": road.funnel, "ts": road.source, "n": "UnknownNode1"}), "n"),
        (json!({"f": 7}), "body"),
        (json!("text"), "body"),
    ];
    for (body, parameter) in cases {
        let (status, answer) = report(&world, body.clone()).await;
        let error = answer["error"].as_str().unwrap();
        assert_eq!(status, 400, "{body}");
        assert!(error.starts_with(&format!("{parameter}:")), "{body}: {error}");
    }
    assert_eq!(views(&world).await["visits"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_sites_page_is_refused() {
    let world = World::new().await;
    let road = road(&world).await;
    for (origin, status) in
        [("https://evil.example", 403), ("null", 403), ("https://lander.example", 200)]
    {
        let request = world.client.post(world.track("/js/funnel")).header("origin", origin);
        let response = request.json(&direct(&road, LANDER)).send().await.unwrap();
        assert_eq!(response.status(), status, "{origin}");
        let allowed = response.headers().get("access-control-allow-origin");
        assert_eq!(allowed.is_some(), status == 200, "{origin}");
    }
    assert_eq!(
        views(&world).await["visits"],
        0,
        "the client is a bot, and strangers are not recorded"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_address_shows_the_page_in_a_visit_of_ones_own() {
    let world = World::new().await;
    let road = road(&world).await;
    let theirs = location(&world.get(&format!("{}?zone=7", road.entrance())).await);
    let own = super::entrance::sent_back(&world.get(&road.entrance()).await);
    for body in [json!({"url": theirs, "hit": parameter(&theirs, "h")}), json!({"url": theirs})] {
        let request = world.client.post(world.track("/js/funnel")).header("user-agent", IPHONE);
        let answer: Value =
            request.header("cookie", &own).json(&body).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["error"], "", "{body}");
        assert!(own.contains(answer["skv"].as_str().unwrap()), "{answer}");
        let hit = answer["resolvedTokens"]["{hit}"].as_str().unwrap();
        let seen = world.api("GET", &format!("/explorer/hit/{hit}"), json!(null)).await;
        assert_eq!(seen["request"]["fields"], json!({}), "nothing of the other's visit");
        assert_eq!(seen["route"]["equal"], true, "{seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_address_carries_only_the_visitor_is_found_by_its_url() {
    let world = World::new().await;
    let road = road(&world).await;
    let page = location(&world.get(&road.entrance()).await);
    let vid = parameter(&page, "vid");
    let (status, answer) =
        report(&world, json!({"url": format!("https://lander.example/?vid={vid}")})).await;
    assert_eq!((status, &answer["error"]), (200, &json!("")));
    assert_eq!(answer["resolvedTokens"]["{hit}"], parameter(&page, "h").as_str());
    // Without cookies, the Referer's address and visitor are enough for an action.
    let referrer = format!("https://lander.example/?vid={vid}");
    let request = world.client.get(world.track("/action/1")).header("referer", referrer);
    let acted = request.header("user-agent", IPHONE).send().await.unwrap();
    assert!(location(&acted).starts_with("https://offer.example/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_request_cannot_ask_for_a_large_answer() {
    let world = World::new().await;
    let road = road(&world).await;
    let mut bomb = direct(&road, LANDER);
    bomb["tokens"] = json!(["{country}".repeat(3000), "{zone}"]);
    let (status, answer) = report(&world, bomb).await;
    assert_eq!(status, 200);
    let mut names: Vec<_> = answer["resolvedTokens"].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["{current-node-id}", "{hit}", "{visitor}", "{zone}"]);
    let mut long = direct(&road, LANDER);
    long["referrer"] = json!("x".repeat(3000));
    let (status, answer) = report(&world, long).await;
    assert_eq!((status, &answer["error"]), (400, &json!("referrer: is too long")));
}
