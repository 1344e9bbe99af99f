//! Entrances: cookies, prefetch, HEAD, strangers, costs and redirect modes (product.md §3.1, §3.3, §3.4, §9).

use super::{LANDER, OFFER, road};
use crate::world::{IPHONE, World, location, parameter};
use reqwest::Response;
use serde_json::json;

const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";

fn cookies(response: &Response) -> Vec<String> {
    let all = response.headers().get_all("set-cookie").iter();
    all.map(|value| value.to_str().unwrap().to_owned()).collect()
}

/// `name=value` pairs as a browser sends them back.
pub fn sent_back(response: &Response) -> String {
    let all = cookies(response);
    let pairs = all.iter().map(|cookie| cookie.split(';').next().unwrap().to_owned());
    pairs.collect::<Vec<_>>().join("; ")
}

async fn with_cookie(world: &World, path: &str, cookie: &str) -> Response {
    let request = world.client.get(world.track(path)).header("cookie", cookie);
    request.header("user-agent", IPHONE).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_makes_the_second_load_a_new_visit_of_the_same_visitor() {
    let world = World::new().await;
    let road = road(&world).await;
    let first = world.get(&road.entrance()).await;
    for cookie in cookies(&first) {
        assert!(cookie.ends_with("; Max-Age=63072000; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    }
    let second = with_cookie(&world, &road.entrance(), &sent_back(&first)).await;
    let vid = |response: &Response| parameter(&location(response), "vid");
    assert_eq!(vid(&first), vid(&second));
    let totals = world.report(json!([])).await["totals"].clone();
    assert_eq!((&totals["visits"], &totals["visitors"]), (&json!(2), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_can_turn_cookies_off() {
    let world = World::new().await;
    let road = road(&world).await;
    let mut settings = world.api("GET", "/settings", json!(null)).await;
    settings["cookies"] = json!(false);
    world.api("PUT", "/settings", settings).await;
    let entered = world.get(&road.entrance()).await;
    assert!(cookies(&entered).is_empty());
    assert!(!parameter(&location(&entered), "vid").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn head_and_prefetch_record_nothing() {
    let world = World::new().await;
    let road = road(&world).await;
    let head = world.client.head(world.track(&road.entrance())).send().await.unwrap();
    assert!(location(&head).starts_with("https://lander.example/"));
    assert!(cookies(&head).is_empty());
    for (name, value) in
        [("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch"), ("x-moz", "prefetch")]
    {
        let request = world.client.get(world.track(&road.entrance())).header(name, value);
        let refused = request.send().await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["cache-control"]),
            (503, &"no-store".parse().unwrap())
        );
    }
    assert_eq!(world.report(json!([])).await["totals"]["visits"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_no_funnel_takes_goes_to_the_default_homepage_or_gets_404() {
    let world = World::new().await;
    let road = road(&world).await;
    let funnel = &road.funnel;
    let paths = [
        "/fts/nonsense".to_owned(),
        format!("/fts/{funnel}-UnknownSrc01"),
        format!("/fts/UnknownFnl01-{}", road.source),
        format!("{}?n=UnknownNode1", road.entrance()),
        format!("{}?n=x", road.entrance()),
        "/somewhere/else".to_owned(),
    ];
    for path in &paths {
        assert_eq!(world.get(path).await.status(), 404, "{path}");
    }
    let mut settings = world.api("GET", "/settings", json!(null)).await;
    settings["defaultHomepage"] = json!("https://home.example/");
    world.api("PUT", "/settings", settings).await;
    for path in &paths {
        assert_eq!(location(&world.get(path).await), "https://home.example/", "{path}");
    }
    world.api("POST", &format!("/funnels/{funnel}/archive"), json!(null)).await;
    assert_eq!(location(&world.get(&road.entrance()).await), "https://home.example/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_can_enter_at_any_node() {
    let world = World::new().await;
    let road = road(&world).await;
    let entered = world.get(&format!("{}?n={OFFER}", road.entrance())).await;
    assert!(location(&entered).starts_with("https://offer.example/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vid_that_was_never_issued_is_ignored() {
    let world = World::new().await;
    let road = road(&world).await;
    for vid in ["{vid}", "REPLACE", "000000000000000000000000", "x"] {
        let entered = world.get(&format!("{}?vid={vid}", road.entrance())).await;
        let given = parameter(&location(&entered), "vid");
        assert!(given.len() == 24 && given != vid, "{given}");
    }
    assert_eq!(world.report(json!([])).await["totals"]["visitors"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_a_copied_address_is_somebody_else() {
    let world = World::new().await;
    let road = road(&world).await;
    let first = world.get(&road.entrance()).await;
    let vid = parameter(&location(&first), "vid");
    let link = format!("{}?vid={vid}", road.entrance());
    // The same device and network without a cookie: still the same visitor.
    assert_eq!(parameter(&location(&world.get(&link).await), "vid"), vid);
    // Another device in the same network: still.
    let other = world.client.get(world.track(&link)).header("user-agent", FIREFOX);
    assert_eq!(parameter(&location(&other.send().await.unwrap()), "vid"), vid);
    // Somebody whose own cookie says otherwise.
    let own = world.get(&road.entrance()).await;
    let came = with_cookie(&world, &link, &sent_back(&own)).await;
    assert_eq!(parameter(&location(&came), "vid"), parameter(&location(&own), "vid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn costs_come_from_the_url_or_the_configuration() {
    let world = World::new().await;
    let road = road(&world).await;
    for query in ["c=0.05", "c=cpm_12.34", "c=-1", "c=NaN", "c=99999999", "c=0"] {
        location(&world.get(&format!("{}?{query}", road.entrance())).await);
    }
    // 0.05 + 12.34/1000; the rest is not believed, and nothing else says a cost.
    assert_eq!(world.report(json!([])).await["totals"]["cost"], "0.06234");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_has_its_redirect_mode() {
    let world = World::new().await;
    let road = road(&world).await;
    let path = format!("/landers/{}", road.lander);
    for (mode, status) in [("307", 307), ("302", 302), ("meta", 200)] {
        let mut lander = world.api("GET", &path, json!(null)).await;
        lander["redirect"] = json!(mode);
        world.api("PUT", &path, lander).await;
        let entered = world.get(&road.entrance()).await;
        assert_eq!(entered.status(), status, "{mode}");
        assert_eq!(entered.headers()["cache-control"], "no-store");
        if mode == "meta" {
            assert_eq!(entered.headers()["referrer-policy"], "no-referrer");
            let page = entered.text().await.unwrap();
            assert!(page.contains("content=\"0;url=https://lander.example/?h="), "{page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_walk_but_stay_out_of_the_figures() {
    let world = World::new().await;
    let road = road(&world).await;
    let request = world.client.get(world.track(&road.entrance()));
    let bot = request.header("user-agent", "curl/8.5.0").send().await.unwrap();
    let hit = parameter(&location(&bot), "h");
    assert_eq!(world.report(json!([])).await["totals"]["visits"], 0);
    let seen = world.api("GET", &format!("/explorer/hit/{hit}"), json!(null)).await;
    assert_ne!(seen["request"]["facts"]["bot"], "");
    assert_eq!(seen["request"]["steps"][1]["node"], LANDER);
}

#[tokio::test(flavor = "multi_thread")]
async fn global_privacy_control_is_recorded() {
    let world = World::new().await;
    let road = road(&world).await;
    for (sent, recorded) in [("1", true), ("0", false), ("", false)] {
        let request = world.client.get(world.track(&road.entrance()));
        let request = if sent.is_empty() { request } else { request.header("sec-gpc", sent) };
        let entered = request.header("user-agent", IPHONE).send().await.unwrap();
        let hit = parameter(&location(&entered), "h");
        let app = &world.running().app;
        let hit = rules::ids::HitId::parse(&hit, &app.keys).unwrap();
        assert_eq!(app.record_of(hit).unwrap().gpc, recorded, "{sent}");
    }
}
