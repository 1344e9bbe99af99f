//! Every rule of validity as a request: the fault stands at its field.

use super::desk::{Desk, Person};
use runnel::admin::Role;
use serde_json::{Value, json};

const LANDER: &str = "Lander000001";
const OFFER: &str = "Offer0000001";
const SOURCE: &str = "Source000001";
const TAG: &str = "Tag000000001";
const CONDITION: &str = "Condition001";
const NOTHING: &str = "Nothing00001";

async fn furnished<'a>(desk: &'a Desk) -> Person<'a> {
    let admin = desk.person(Role::Admin).await;
    let named = |id: &str, name: &str| json!({"id": id, "name": name});
    admin.add("landers", json!({"id": LANDER, "name": "L", "url": "https://l.example/"})).await;
    admin.add("offers", json!({"id": OFFER, "name": "O", "url": "https://o.example/"})).await;
    admin.add("traffic-sources", named(SOURCE, "S")).await;
    admin.add("tags", named(TAG, "T")).await;
    admin.add("events", json!({"name": "lead"})).await;
    let us = json!({"id": CONDITION, "name": "US", "routes": [{"key": "us", "groups": [
        {"rules": [{"test": "country", "op": "is", "values": ["US"]}]}]}]});
    admin.add("conditions", us).await;
    admin
}

/// Puts `value` at a JSON pointer of `body`; a place past the end of a list adds to it.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Array(list) => match key.parse::<usize>() {
            Ok(place) if place < list.len() => list[place] = value,
            _ => list.push(value),
        },
        object => object[key] = value,
    }
    body
}

async fn refused(person: &Person<'_>, kind: &str, good: Value, cases: &[(&str, Value, &[&str])]) {
    person.post(&format!("/{kind}"), good.clone()).await.expect(201);
    for (pointer, value, expected) in cases {
        let body = with(good.clone(), pointer, value.clone());
        let mut fields = person.post(&format!("/{kind}"), body).await.faults();
        fields.sort();
        assert_eq!(&fields, expected, "{kind} {pointer} {value}");
    }
}

#[tokio::test]
async fn traffic_sources() {
    let desk = Desk::open().await;
    let admin = furnished(&desk).await;
    let good = json!({"name": "Push", "costModel": "revshare", "defaultCost": "30",
        "fields": {"campaign": {"name": "campaign", "placeholder": "[c]"}, "c1": {"name": "zone"}},
        "postbacks": {"conversion": {"url": "https://s.example/?cid={external}&payout={rev}"}}});
    refused(
        &admin,
        "traffic-sources",
        good,
        &[
            ("/defaultCost", json!("-1"), &["defaultCost"]),
            ("/defaultCost", json!("101"), &["defaultCost"]),
            ("/defaultCost", json!("a lot"), &["defaultCost"]),
            ("/defaultCost", json!(0.5), &["defaultCost"]),
            ("/costModel", json!("cpx"), &["costModel"]),
            ("/costModifierPercent", json!(-101), &["costModifierPercent"]),
            ("/fields/c21", json!({"name": "x"}), &["fields.c21"]),
            ("/fields/c1/name", json!(""), &["fields.c1.name"]),
            ("/fields/c1/name", json!("campaign"), &["fields.c1.name", "fields.c1.name"]),
            ("/fields/c1/name", json!("vid"), &["fields.c1.name"]),
            ("/fields/c1/colour", json!("x"), &["fields.c1.colour"]),
            (
                "/postbacks/conversion/url",
                json!("javascript:alert(1)"),
                &["postbacks.conversion.url"],
            ),
            ("/postbacks/conversion/url", json!("no url"), &["postbacks.conversion.url"]),
            ("/category", json!("x".repeat(201)), &["category"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn offer_sources() {
    let desk = Desk::open().await;
    let admin = furnished(&desk).await;
    let good = json!({"name": "A", "parameters": {"clickid": "{hit}"}, "currency": "USD",
        "postback": {"hit": "{{clickid}}"}, "events": {"reg": "lead", "sale": "conversion"},
        "statuses": {"approved": ["paid"], "pending": ["wait"], "rejected": []},
        "token": {"parameter": "key", "value": "secret"},
        "allowedCidrs": ["192.0.2.0/24", "2001:db8::1"], "maximumRevenue": "100"});
    refused(
        &admin,
        "offer-sources",
        good,
        &[
            ("/parameters/", json!("x"), &["parameters."]),
            ("/parameters/x", json!("x".repeat(2049)), &["parameters.x"]),
            ("/currency", json!("dollar"), &["currency"]),
            ("/events/x", json!("nope"), &["events.x"]),
            ("/statuses/pending/9", json!("P a i d"), &["statuses.pending[1]"]),
            ("/statuses/rejected/0", json!(" "), &["statuses.rejected[0]"]),
            ("/repeats", json!("sometimes"), &["repeats"]),
            ("/token/value", json!(""), &["token.value"]),
            ("/allowedCidrs/0", json!("192.0.2.0/33"), &["allowedCidrs[0]"]),
            ("/maximumRevenue", json!("-0.01"), &["maximumRevenue"]),
            ("/vidParameter", json!("a b"), &["vidParameter"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn pages() {
    let desk = Desk::open().await;
    let admin = furnished(&desk).await;
    let lander = json!({"name": "L", "url": "https://l.example/?h={hit}"});
    refused(
        &admin,
        "landers",
        lander,
        &[
            ("/url", json!(""), &["url"]),
            ("/url", json!("l.example"), &["url"]),
            ("/url", json!("javascript:alert(1)"), &["url"]),
            ("/url", json!("data:text/html,x"), &["url"]),
            ("/url", json!("market://details"), &["url"]),
            ("/url", json!("https://{external}/"), &["url"]),
            ("/redirect", json!("301"), &["redirect"]),
            ("/parameters", json!({"a\n": "x"}), &["parameters.a\n"]),
            ("/payout", json!("1"), &["payout"]),
        ],
    )
    .await;
    let offer = json!({"name": "O", "url": "https://o.example/", "payout": "12.50"});
    refused(
        &admin,
        "offers",
        offer,
        &[
            ("/payout", json!("-1"), &["payout"]),
            ("/payout", json!("10000000.01"), &["payout"]),
            ("/offerSource", json!(NOTHING), &["offerSource"]),
            ("/offerSource", json!(LANDER), &["offerSource"]),
            ("/currency", json!("usd"), &["currency"]),
            ("/browserAmounts", json!("capped"), &["browserMaximum"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn small_ones() {
    let desk = Desk::open().await;
    let admin = furnished(&desk).await;
    refused(
        &admin,
        "events",
        json!({"name": "upsell"}),
        &[
            ("/name", json!("UpSell"), &["name"]),
            ("/name", json!("Conversion"), &["name"]),
            ("/name", json!(" lead2"), &["name"]),
            ("/name", json!("x".repeat(65)), &["name"]),
        ],
    )
    .await;
    refused(
        &admin,
        "domains",
        json!({"name": "go.example"}),
        &[
            ("/name", json!("go.example"), &["name"]),
            ("/name", json!("https://go2.example"), &["name"]),
            ("/name", json!("Go2.example"), &["name"]),
            ("/funnel", json!(NOTHING), &["funnel"]),
        ],
    )
    .await;
    let shared = json!({"name": "C", "routes": [{"key": "us", "groups": [
        {"rules": [{"test": "country", "op": "is", "values": ["US"]}]}]}]});
    let rule = "/routes/0/groups/0/rules/0";
    let at = |field: &str| format!("routes[0].groups[0].rules[0].{field}");
    let (test, values) = (at("test"), at("values[0]"));
    refused(
        &admin,
        "conditions",
        shared,
        &[
            (&format!("{rule}/test"), json!("colour"), &[test.as_str()]),
            (&format!("{rule}/op"), json!("resembles"), &[at("op").as_str()]),
            ("/routes/0/key", json!("default"), &["routes[0].key"]),
            (
                rule,
                json!({"test": "browser", "op": "matches", "values": ["("]}),
                &[values.as_str()],
            ),
            (rule, json!({"test": "ip", "op": "is", "values": ["1.2.3.4/33"]}), &[values.as_str()]),
        ],
    )
    .await;
}

#[tokio::test]
async fn there_are_at_most_thirty_events() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let mut last = String::new();
    for i in 0..30 {
        last = editor.add("events", json!({"name": format!("event{i}")})).await;
    }
    editor.post("/events", json!({"name": "one more"})).await.expect(409);
    editor.press(&format!("/events/{last}/archive")).await.expect(200);
    editor.post("/events", json!({"name": "one more"})).await.expect(201);
    editor.press(&format!("/events/{last}/unarchive")).await.expect(409);
}

/// traffic → condition → lander → (action 1) → offer, and → tag → rotator → external.
fn good() -> Value {
    json!({"name": "Good", "nodes": [
        {"id": "N00000000000", "kind": "traffic"},
        {"id": "N00000000001", "kind": "condition", "condition": CONDITION},
        {"id": "N00000000002", "kind": "lander", "pages": [{"page": LANDER, "weight": 1}]},
        {"id": "N00000000003", "kind": "offer", "pages": [{"page": OFFER}]},
        {"id": "N00000000004", "kind": "tag", "add": [TAG]},
        {"id": "N00000000005", "kind": "rotator"},
        {"id": "N00000000006", "kind": "external", "url": "https://away.example/"}],
    "connections": [
        {"id": "C00000000000", "from": "N00000000000", "to": "N00000000001"},
        {"id": "C00000000001", "from": "N00000000001", "to": "N00000000002", "route": "us"},
        {"id": "C00000000002", "from": "N00000000001", "to": "N00000000004", "route": "default"},
        {"id": "C00000000003", "from": "N00000000002", "to": "N00000000003", "actions": [1],
         "fire": [{"conversion": {"rev": "0.50"}}, {"event": {"name": "lead"}}]},
        {"id": "C00000000004", "from": "N00000000004", "to": "N00000000005"},
        {"id": "C00000000005", "from": "N00000000005", "to": "N00000000006", "weight": 2}]})
}

#[tokio::test]
async fn funnels() {
    let desk = Desk::open().await;
    let admin = furnished(&desk).await;
    let root = json!({"id": "N00000000009", "kind": "traffic"});
    let twin = json!({"id": "C00000000009", "from": "N00000000005", "to": "N00000000006"});
    refused(
        &admin,
        "funnels",
        good(),
        &[
            ("/nodes/9", root, &["nodes[7]"]),
            ("/nodes/0/kind", json!("rotator"), &["nodes"]),
            ("/connections/9", twin, &["connections[6]"]),
            ("/connections/5/to", json!(NOTHING), &["connections[5].to"]),
            ("/connections/2/route", json!("nowhere"), &["connections[2].route", "nodes[1]"]),
            ("/connections/1/route", json!("us2"), &["connections[1].route", "nodes[1]"]),
            ("/connections/5/weight", json!(0), &["connections[5].weight"]),
            ("/nodes/2/pages/0/weight", json!(-1), &["nodes[2]"]),
            ("/connections/5/to", json!("N00000000004"), &["nodes[4]", "nodes[5]"]),
            ("/nodes/2/pages/0/page", json!(NOTHING), &["nodes[2].pages[0].page"]),
            ("/nodes/2/pages", json!([]), &["nodes[2].pages"]),
            ("/nodes/3/page", json!(OFFER), &["nodes[3].page"]),
            ("/nodes/3/kind", json!("cloak"), &["nodes[3].kind"]),
            ("/nodes/1/condition", json!(NOTHING), &["nodes[1].condition"]),
            ("/nodes/4/add/0", json!(NOTHING), &["nodes[4].add[0]"]),
            ("/nodes/6/url", json!("javascript:alert(1)"), &["nodes[6].url"]),
            ("/connections/3/actions", json!([0]), &["connections[3].actions[0]"]),
            ("/connections/3/actions", json!([256]), &["connections[3].actions[0]"]),
            (
                "/connections/3/fire/0/conversion/rev",
                json!("payout"),
                &["connections[3].fire[0].conversion.rev"],
            ),
            (
                "/connections/3/fire/1/event/name",
                json!("nope"),
                &["connections[3].fire[1].event.name"],
            ),
            ("/connections/3/colour", json!(1), &["connections[3].colour"]),
            ("/nodes/3/id", json!("short"), &["nodes[3].id"]),
            ("/group", json!(NOTHING), &["group"]),
            ("/costOverrides", json!({NOTHING: {"amount": "1"}}), &["costOverrides.Nothing00001"]),
            (
                "/costOverrides",
                json!({SOURCE: {"amount": "-1"}}),
                &["costOverrides.Source000001.amount"],
            ),
            ("/defaultCost", json!({"amount": "10000001"}), &["defaultCost.amount"]),
            ("/colour", json!("red"), &["colour"]),
            ("/nodes", json!(null), &["nodes"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_dry_check_names_all_problems_with_their_nodes_and_saves_nothing() {
    let desk = Desk::open().await;
    let admin = furnished(&desk).await;
    let viewer = desk.person(Role::Viewer).await;
    let wrong = with(with(good(), "/nodes/2/pages", json!([])), "/group", json!(NOTHING));
    let verdict = viewer.post("/funnels/validate", wrong).await.expect(200);
    assert_eq!(verdict["valid"], false);
    assert_eq!(verdict["problems"][0]["node"], "N00000000002");
    assert_eq!(verdict["problems"][0]["at"], "nodes[2].pages");
    assert_eq!(verdict["faults"].as_array().unwrap().len(), 1);
    assert_eq!(verdict["faults"][0]["field"], "group");
    let verdict = viewer.post("/funnels/validate", good()).await.expect(200);
    assert_eq!((&verdict["valid"], &verdict["problems"]), (&json!(true), &json!([])));
    assert_eq!(admin.get("/funnels?archived=all").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn warnings_are_told_and_stop_nothing() {
    let desk = Desk::open().await;
    let admin = furnished(&desk).await;
    let fields = |body: Value| {
        let warnings = body["warnings"].as_array().cloned().unwrap_or_default();
        warnings.iter().map(|w| w["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let own_vid = json!({"name": "L", "url": "https://l.example/?vid=mine&z={zoen}"});
    let saved = admin.post("/landers", own_vid).await.expect(201);
    assert_eq!(fields(saved), ["url", "url"]);
    let later = json!({"name": "S", "postbacks": {"sale": {"url": "https://s.example/"}}});
    assert_eq!(fields(admin.post("/traffic-sources", later).await.expect(201)), ["postbacks.sale"]);
    let euro = json!({"name": "O", "url": "https://o.example/", "currency": "EUR"});
    assert_eq!(fields(admin.post("/offers", euro).await.expect(201)), ["currency"]);
    admin.add("funnels", good()).await;
    let twin = admin.post("/funnels", good()).await.expect(201);
    assert_eq!(fields(twin).len(), 7, "each node ID is a node of the other funnel too");
}
