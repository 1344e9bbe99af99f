//! The road as a network, a browser and an analyst drive it: the real program over HTTP, every
//! figure worked out by hand below.
//!
//! Funnel: root → rotator (unseen first) → L1, L2; action 1 of both → condition: `c1` is gold → O1,
//! else → O2; action 1 of O1 → U, the upsell.
//!
//! | visitor | what they do | what is booked |
//! |---|---|---|
//! | D, a year ago | enters at L1, clicks to O2 | today by hit: 7.00 |
//! | A, gold, visit 1 | clicks to O1 | pending 8, approved 10, rejected |
//! | A, visit 2 (other lander) | clicks to O1, then to U | O1 by hit 20.00, by vid alone: U's payout 30.00 |
//! | B, iron, visit 1 | sees a lander | |
//! | B, visit 2 (other lander) | clicks to O2 | O2's payout 5.00 |
//! | a bot | enters | |
//!
//! Each entrance costs 0.10.

use crate::binary::{Binary, owner_key};
use crate::world::{location, parameter};
use serde_json::{Value, json};
use std::path::Path;

const YEAR_SECONDS: &str = "31536000";
const ROOT: &str = "RoadRoot0001";
const ROTATOR: &str = "RoadRotator1";
const L1: &str = "RoadLander01";
const L2: &str = "RoadLander02";
const CONDITION: &str = "RoadCondit01";
const O1: &str = "RoadOffer001";
const O2: &str = "RoadOffer002";
const UPSELL: &str = "RoadUpsell01";

/// A browser: remembers only its visitor ID, which every address carries.
struct Browser<'a> {
    server: &'a Binary,
    vid: String,
}

impl<'a> Browser<'a> {
    async fn enter(server: &'a Binary, link: &str, query: &str) -> (Self, String) {
        let page = location(&server.get(&format!("{link}?c=0.10&{query}")).await);
        (Self { server, vid: parameter(&page, "vid") }, page)
    }

    async fn enter_again(&self, link: &str, query: &str) -> String {
        let path = format!("{link}?c=0.10&vid={}&{query}", self.vid);
        location(&self.server.get(&path).await)
    }

    /// Takes action 1 out of the page at `page`, whose address names node and visitor.
    async fn click(&self, page: &str) -> String {
        let path = format!("/action/1?vid={}&n={}", self.vid, parameter(page, "n"));
        location(&self.server.get(&path).await)
    }
}

async fn postback(server: &Binary, query: &str) -> String {
    let answer = server.get(&format!("/pb/?{query}")).await;
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// Makes the funnel; returns its entrance link.
async fn draw(server: &Binary) -> String {
    let source = json!({"name": "Push", "fields": {"c1": {"name": "metal"}}});
    let source = server.make("traffic-sources", source).await;
    let network = json!({"name": "Network", "parameters": {"sub": "{hit}", "n": "{node-id}"}});
    let network = server.make("offer-sources", network).await;
    let lander =
        |name: &str| json!({"name": name, "url": format!("https://{name}.example/?n={{node-id}}")});
    let (l1, l2) =
        (server.make("landers", lander("l1")).await, server.make("landers", lander("l2")).await);
    let offer = |name: &str, payout: &str| json!({"name": name, "url": format!("https://{name}.example/"), "offerSource": network, "payout": payout});
    let o1 = server.make("offers", offer("o1", "15")).await;
    let o2 = server.make("offers", offer("o2", "5")).await;
    let upsell = server.make("offers", offer("upsell", "30")).await;
    let page = |id: &str, kind: &str, page: &str| json!({"id": id, "kind": kind, "pages": [{"page": page, "weight": 1}]});
    let gold = json!({"key": "gold", "groups": [{"rules": [{"test": "c1", "op": "is", "values": ["gold"]}]}]});
    let join = |id: &str, from: &str, to: &str| json!({"id": id, "from": from, "to": to});
    let act =
        |id: &str, from: &str, to: &str| json!({"id": id, "from": from, "to": to, "actions": [1]});
    let way = |id: &str, to: &str, route: &str| json!({"id": id, "from": CONDITION, "to": to, "route": route});
    let funnel = json!({"name": "Road", "nodes": [
            {"id": ROOT, "kind": "traffic"},
            {"id": ROTATOR, "kind": "rotator", "unseenFirst": true},
            page(L1, "lander", &l1), page(L2, "lander", &l2),
            {"id": CONDITION, "kind": "condition", "routes": [gold]},
            page(O1, "offer", &o1), page(O2, "offer", &o2), page(UPSELL, "offer", &upsell)],
        "connections": [
            join("RoadConn0001", ROOT, ROTATOR),
            join("RoadConn0002", ROTATOR, L1), join("RoadConn0003", ROTATOR, L2),
            act("RoadConn0004", L1, CONDITION), act("RoadConn0005", L2, CONDITION),
            way("RoadConn0006", O1, "gold"), way("RoadConn0007", O2, "default"),
            act("RoadConn0008", O1, UPSELL)]});
    let funnel = server.make("funnels", funnel).await;
    format!("/fts/{funnel}-{source}")
}

/// Waits until the report's totals hold so many visits and conversions.
async fn reported(server: &Binary, groupings: Value, visits: u64, conversions: u64) -> Value {
    for _ in 0..200 {
        let report = server.report(groupings.clone()).await;
        let totals = &report["totals"];
        if totals["visits"] == visits && totals["conversions"] == conversions {
            return report;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never reported: {}", server.report(groupings).await);
}

/// Checks named metrics of the row with this key.
fn expect(report: &Value, key: Value, metrics: Value) {
    let rows = report["rows"].as_array().unwrap();
    let row =
        rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no {key}: {report:#}"));
    same(&row["metrics"], &metrics, &key.to_string());
}

fn same(found: &Value, expected: &Value, of: &str) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&found[name], value, "{name} of {of}");
    }
}

async fn drive_a_year_ago(data: &Path, key: &str) -> (String, String) {
    let offset = format!("-{YEAR_SECONDS}");
    let server = Binary::start_with(data, key, &["--clock-offset-seconds", &offset]);
    let link = draw(&server).await;
    let (d, page) = Browser::enter(&server, &link, &format!("n={L1}")).await;
    let offer = d.click(&page).await;
    assert!(offer.starts_with("https://o2.example/"), "{offer}");
    let hit = parameter(&offer, "sub");
    server.stop();
    (link, hit)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_road_with_figures_worked_out_by_hand() {
    let data = tempfile::tempdir().unwrap();
    let key = owner_key(data.path());
    let (link, last_year) = drive_a_year_ago(data.path(), &key).await;

    let server = Binary::start(data.path(), &key);
    let (a, first) = Browser::enter(&server, &link, "metal=gold").await;
    let hit = parameter(&a.click(&first).await, "sub");
    assert_eq!(postback(&server, &format!("hit={hit}&tx=A1&rev=8&status=pending")).await, "OK");
    assert_eq!(postback(&server, &format!("hit={hit}&tx=A1&rev=10&status=approved")).await, "OK");
    let vid = a.vid.clone();
    server.stop();

    // The session is there after the restart: the rotator shows the other lander.
    let server = Binary::start(data.path(), &key);
    let a = Browser { server: &server, vid };
    assert_eq!(postback(&server, &format!("hit={hit}&tx=A1&status=rejected")).await, "OK");
    let second = a.enter_again(&link, "metal=gold").await;
    assert_ne!(parameter(&first, "n"), parameter(&second, "n"), "unseen first");
    let offer = a.click(&second).await;
    let hit = parameter(&offer, "sub");
    let upsell = a.click(&offer).await;
    assert!(upsell.starts_with("https://upsell.example/"), "{upsell}");
    assert_eq!(postback(&server, &format!("cid={hit}&txid=A2&payout=20.00")).await, "OK");
    assert_eq!(postback(&server, &format!("vid={}&tx=A3", a.vid)).await, "OK");

    let (b, first) = Browser::enter(&server, &link, "metal=iron").await;
    let second = b.enter_again(&link, "metal=iron").await;
    assert_ne!(parameter(&first, "n"), parameter(&second, "n"));
    let hit_b = parameter(&b.click(&second).await, "sub");
    // The process dies here; everything that was answered is there afterwards.
    server.kill();

    let server = Binary::start(data.path(), &key);
    assert_eq!(postback(&server, &format!("hit={hit_b}")).await, "OK");
    assert_eq!(postback(&server, &format!("hit={last_year}&rev=7")).await, "OK");
    let bot = format!("{}{link}?c=0.10&metal=gold", server.track);
    let crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    let answer = server.client.get(bot).header("user-agent", crawler).send().await.unwrap();
    assert!(location(&answer).contains(".example/"));

    check_nodes(&server).await;
    check_fields(&server).await;
    check_history(&server, &last_year).await;
    server.stop();
}

/// By node each conversion counts once at each node on the visitor's path up to its hit.
async fn check_nodes(server: &Binary) {
    let report = reported(server, json!([{"by": "node"}]), 5, 4).await;
    let metrics = |visits: u32, cost: &str, conversions: u32, revenue: &str| json!({"visits": visits, "cost": cost, "conversions": conversions, "revenue": revenue});
    // D enters at L1 and never passes the root: 4 visits, and A's 20 + 30 and B's 5.
    expect(&report, json!(ROOT), metrics(4, "0.40", 3, "55.00"));
    expect(&report, json!(ROTATOR), metrics(4, "0.40", 3, "55.00"));
    // A and B saw both landers, one in each visit; D saw L1.
    expect(&report, json!(L1), metrics(3, "0.30", 4, "62.00"));
    expect(&report, json!(L2), metrics(2, "0.20", 3, "55.00"));
    // A twice, B once, D once.
    expect(&report, json!(CONDITION), metrics(4, "0.40", 4, "62.00"));
    // A's two visits; 20 direct and 30 as an assist. A1 was rejected here.
    expect(&report, json!(O1), metrics(2, "0.20", 2, "50.00"));
    expect(&report, json!(O2), metrics(2, "0.20", 2, "12.00"));
    expect(&report, json!(UPSELL), metrics(1, "0.10", 1, "30.00"));
    let totals = json!({
        "visits": 5, "visitors": 3, "cost": "0.50", "conversions": 4, "revenue": "62.00",
        "profit": "61.50", "approved": 4, "pending": 0, "rejected": 1,
        // Every visit shows a lander; A twice, B and D once click on. A sees O1 twice and U, B and D O2.
        "landerViews": 5, "landerClicks": 4, "offerViews": 5, "offerClicks": 1,
        // 100·61.5/0.5, 100·4/5, 100·4/5, 62/5, 62/4, 0.5/5, 0.5/4, 0.5/4, 62/4.
        "roi": 12300.0, "cv": 80.0, "landerCtr": 80.0, "epv": "12.40", "epc": "15.50",
        "cpv": "0.10", "cpc": "0.125", "cpa": "0.125", "aov": "15.50"});
    same(&report["totals"], &totals, "totals");
}

async fn check_fields(server: &Binary) {
    let report = reported(server, json!([{"by": "c1"}]), 5, 4).await;
    let metrics = |visits: u32, conversions: u32, revenue: &str| json!({"visits": visits, "conversions": conversions, "revenue": revenue});
    expect(&report, json!("gold"), metrics(2, 2, "50.00"));
    expect(&report, json!("iron"), metrics(2, 1, "5.00"));
    expect(&report, json!(null), metrics(1, 1, "7.00"));
}

/// A rejected conversion keeps its history; last year's hit says why it went to O2.
async fn check_history(server: &Binary, last_year: &str) {
    let seen = server.api("GET", &format!("/explorer/hit/{last_year}"), Value::Null).await;
    assert_eq!(seen["route"]["equal"], true, "{seen:#}");
    assert_eq!(seen["conversions"][0]["revenue"], "7.00");
    let rejected =
        server.api("POST", "/reports/conversions", json!({"statuses": ["rejected"]})).await;
    let rejected = &rejected["rows"][0];
    let history = format!("/conversions/{}", rejected["id"].as_str().unwrap());
    let history = server.api("GET", &history, Value::Null).await;
    let after: Vec<_> =
        history["entries"].as_array().unwrap().iter().map(|e| &e["after"]).collect();
    let told: Vec<_> = after
        .iter()
        .map(|a| (a["status"].as_str().unwrap(), a["revenue"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("pending", "0.01"), ("approved", "10.00"), ("rejected", "0.00")]);
}
