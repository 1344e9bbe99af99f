//! Actions: which page is the visitor on? Back, two tabs, Referer, cookie, forms, age (product.md §3.2).

use super::entrance::sent_back;
use super::{LANDER, ROOT, road};
use crate::world::{IPHONE, World, location, parameter};
use reqwest::Response;
use rules::ids::Vid;
use serde_json::json;

const SECOND: &str = "NodeLander02";

/// Root → L1 (action 1) → L2; L1's action 2 and L2's action 1 → offer that echoes where it came from.
async fn two_pages(world: &World) -> String {
    let source = world.make("traffic-sources", json!({"name": "S"})).await;
    let page = |name: &str| json!({"name": name, "url": format!("https://{name}.example/page?n={{node-id}}")});
    let (l1, l2) =
        (world.make("landers", page("l1")).await, world.make("landers", page("l2")).await);
    let from = |from: &str| json!({"name": from, "url": format!("https://{from}.example/?e={{data-email}}")});
    let (o1, o2) = (world.make("offers", from("o1")).await, world.make("offers", from("o2")).await);
    let node = |id: &str, kind: &str, page: &str| json!({"id": id, "kind": kind, "pages": [{"page": page}]});
    let act = |id: &str, from: &str, to: &str, n: u8| json!({"id": id, "from": from, "to": to, "actions": [n]});
    let funnel = json!({"name": "F", "nodes": [{"id": ROOT, "kind": "traffic"},
            node(LANDER, "lander", &l1), node(SECOND, "lander", &l2),
            node("NodeOffer001", "offer", &o1), node("NodeOffer002", "offer", &o2)],
        "connections": [{"id": "ConnA0000001", "from": ROOT, "to": LANDER},
            act("ConnA0000002", LANDER, SECOND, 1), act("ConnA0000003", LANDER, "NodeOffer001", 2),
            act("ConnA0000004", SECOND, "NodeOffer002", 2)]});
    let funnel = world.make("funnels", funnel).await;
    format!("/fts/{funnel}-{source}")
}

async fn act(world: &World, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = world.client.get(world.track(path)).header("user-agent", IPHONE);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn host(response: &Response) -> String {
    reqwest::Url::parse(&location(response)).unwrap().host_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn back_and_two_tabs_go_right_when_link_or_referer_tells_the_node() {
    let world = World::new().await;
    let link = two_pages(&world).await;
    let entered = world.get(&link).await;
    let (first, cookie) = (location(&entered), sent_back(&entered));
    let vid = parameter(&first, "vid");
    let second = location(&act(&world, &format!("/action/1?vid={vid}&n={LANDER}"), &[]).await);
    assert!(second.starts_with("https://l2.example/"));
    // The latest page is L2, but the visitor pressed Back and takes action 2 on L1.
    let by_link = format!("/action/2?vid={vid}&n={LANDER}");
    assert_eq!(host(&act(&world, &by_link, &[]).await), "o1.example");
    let by_referer = act(&world, "/action/2", &[("referer", &first)]).await;
    assert_eq!(host(&by_referer), "o1.example");
    let by_page = [("referer", "https://l1.example/page"), ("cookie", &cookie)];
    assert_eq!(host(&act(&world, "/action/2", &by_page).await), "o1.example");
    let by_node = act(&world, &format!("/action/2?n={LANDER}"), &[("cookie", &cookie)]).await;
    assert_eq!(host(&by_node), "o1.example");
    // And from L2.
    assert_eq!(host(&act(&world, "/action/2", &[("referer", &second)]).await), "o2.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_word_the_cookies_last_page_counts() {
    let world = World::new().await;
    let link = two_pages(&world).await;
    let cookie = sent_back(&world.get(&link).await);
    let acted = act(&world, "/action/1", &[("cookie", &cookie)]).await;
    assert_eq!(host(&acted), "l2.example");
    let nobody = act(&world, "/action/1", &[]).await;
    assert_eq!(nobody.status(), 404);
    let no_such_action = act(&world, "/action/9", &[("cookie", &cookie)]).await;
    assert_eq!(no_such_action.status(), 404);
    for path in ["/action/0", "/action/256", "/action/x", "/action/"] {
        assert_eq!(act(&world, path, &[("cookie", &cookie)]).await.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn posted_fields_reach_the_next_page() {
    let world = World::new().await;
    let link = two_pages(&world).await;
    let page = location(&world.get(&link).await);
    let path = format!("/action/2?vid={}&n={LANDER}", parameter(&page, "vid"));
    let form = [("email", "a@b.example"), ("vid", "x")];
    let posted = world.client.post(world.track(&path)).form(&form).send().await.unwrap();
    assert_eq!(parameter(&location(&posted), "e"), "a@b.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_in_the_link_is_enough_at_any_age_and_after_a_restart() {
    let mut world = World::new().await;
    let road = road(&world).await;
    let page = location(&world.get(&format!("{}?zone=7", road.entrance())).await);
    let hit = parameter(&page, "h");
    world.clock.advance_ms(400 * 24 * 3600 * 1000);
    world.restart().await;
    let acted = world.get(&format!("/action/1?hit={hit}")).await;
    let offer = location(&acted);
    assert!(offer.starts_with("https://offer.example/"), "{offer}");
    let seen = format!("/explorer/hit/{}", parameter(&offer, "clickid"));
    let seen = world.api("GET", &seen, json!(null)).await;
    assert_eq!(seen["request"]["fields"]["c1"], "7", "the visit goes on");
    assert_eq!(seen["request"]["action"]["from"], hit.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_restarts_for_four_days_after_the_last_activity() {
    let mut world = World::new().await;
    let link = two_pages(&world).await;
    let vid = parameter(&location(&world.get(&link).await), "vid");
    let path = format!("/action/1?vid={vid}&n={LANDER}");
    let day = 24 * 3600 * 1000;
    world.clock.advance_ms(3 * day);
    world.restart().await;
    assert_eq!(host(&world.get(&path).await), "l2.example");
    world.clock.advance_ms(4 * day - 1000);
    world.restart().await;
    assert_eq!(host(&world.get(&path).await), "l2.example", "activity extends the session");
    world.clock.advance_ms(4 * day + 1);
    assert_eq!(world.get(&path).await.status(), 404, "it is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_on_a_copied_page_begins_a_visit_of_their_own() {
    let world = World::new().await;
    let road = road(&world).await;
    let page = location(&world.get(&road.entrance()).await);
    let own = sent_back(&world.get(&road.entrance()).await);
    let path = format!("/action/1?hit={}", parameter(&page, "h"));
    let offer = location(&act(&world, &path, &[("cookie", &own)]).await);
    assert_ne!(parameter(&offer, "vid"), parameter(&page, "vid"));
    let totals = world.report(json!([])).await["totals"].clone();
    assert_eq!((&totals["visits"], &totals["visitors"]), (&json!(3), &json!(2)));
    let hit = parameter(&offer, "clickid");
    let seen = world.api("GET", &format!("/explorer/hit/{hit}"), json!(null)).await;
    assert_eq!(seen["route"]["equal"], true, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acts_from_where_they_entered_is_still_in_the_same_place() {
    let (ours, known) = (tempfile::tempdir().unwrap(), ".setup/knowledge/country.mmdb");
    let countries = ours.path().join("country.mmdb");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../../").to_owned() + known, &countries)
        .unwrap();
    let world = World::knowing(ours.path()).await;
    let link = two_pages(&world).await;
    let entered = act(&world, &link, &[("x-forwarded-for", "8.8.8.8")]).await;
    let vid = parameter(&location(&entered), "vid");
    // Nothing is known of any address from now on.
    std::fs::remove_file(&countries).unwrap();
    let app = &world.running().app;
    app.enricher.reload();
    for (address, country, own) in [("8.8.8.8", "US", None), ("8.8.4.4", "US", Some(""))] {
        let path = format!("/action/1?vid={vid}&n={LANDER}");
        location(&act(&world, &path, &[("x-forwarded-for", address)]).await);
        let session = app.sessions.of(Vid::parse(&vid, &app.keys).unwrap());
        let record = app.record_of(session.hits.last().unwrap().hit).unwrap();
        assert_eq!(record.facts.country, country, "{address}: the visit's");
        assert_eq!(record.own_facts.as_ref().map(|own| own.country.as_str()), own, "{address}");
    }
    // Somebody else there begins a visit of their own, of whose place nothing is known.
    let other = Vid::new(1, 2, &app.keys);
    let (cookie, path) = (format!("rn_vid={other}"), format!("/action/1?vid={vid}&n={LANDER}"));
    act(&world, &path, &[("x-forwarded-for", "8.8.8.8"), ("cookie", &cookie)]).await;
    let session = app.sessions.of(other);
    assert_eq!(session.visits.last().unwrap().facts.country, "");
}
