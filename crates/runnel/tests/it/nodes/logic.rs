//! Logic nodes through real HTTP: saved, walked, explained, tried out, and refused with their place.

use crate::world::{World, location, parameter};
use serde_json::{Value, json};

const FUNNEL: &str = "F00000000001";
const SOURCE: &str = "Z00000000001";

/// traffic → logic → `yes`, `no` or `default`, each away to an address of its own.
fn funnel(expression: &str) -> Value {
    let away = |n: usize, key: &str| {
        json!({"id": format!("N0000000001{n}"), "kind": "external",
            "url": format!("https://away.example/{key}?h={{hit}}")})
    };
    let way = |n: usize, key: &str| {
        json!({"id": format!("C0000000001{n}"), "from": "N00000000002",
            "to": format!("N0000000001{n}"), "route": key})
    };
    json!({"id": FUNNEL, "name": "F", "nodes": [
            {"id": "N00000000001", "kind": "traffic"},
            {"id": "N00000000002", "kind": "logic", "expression": expression, "routes": ["yes", "no"]},
            away(1, "yes"), away(2, "no"), away(3, "default")],
        "connections": [{"id": "C00000000001", "from": "N00000000001", "to": "N00000000002"},
            way(1, "yes"), way(2, "no"), way(3, "default")]})
}

async fn world(expression: &str) -> World {
    let world = World::new().await;
    world.make("traffic-sources", json!({"id": SOURCE, "name": "Z"})).await;
    world.make("funnels", funnel(expression)).await;
    world
}

async fn sent_to(world: &World, query: &str) -> (String, Value) {
    let to = location(&world.get(&format!("/fts/{FUNNEL}-{SOURCE}?{query}")).await);
    let path = reqwest::Url::parse(&to).unwrap().path()[1..].to_owned();
    let hit = parameter(&to, "h");
    let found = world.api("GET", &format!("/explorer/hit/{hit}"), Value::Null).await;
    (path, found["route"].clone())
}

#[tokio::test]
async fn a_visitor_goes_where_the_expression_says_and_the_record_says_why() {
    let world = world(
        r#"if data.age == "" { return 7; }
           if number(data.age) >= 18 { "yes" } else { "no" }"#,
    )
    .await;
    for (query, path, why) in [
        ("age=42", "yes", "the expression gave “yes”"),
        ("age=17", "no", "the expression gave “no”"),
        ("", "default", "the expression gave no text, so “default” was taken"),
    ] {
        let (to, explained) = sent_to(&world, query).await;
        assert_eq!(to, path);
        assert_eq!(explained["equal"], true, "{explained}");
        assert_eq!(explained["steps"][1]["kind"], "logic");
        assert_eq!(explained["steps"][1]["why"], why, "{explained}");
    }
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_its_place() {
    let world = World::new().await;
    world.make("traffic-sources", json!({"id": SOURCE, "name": "Z"})).await;
    let (status, refused) =
        world.try_api("POST", "/funnels", funnel("let x = 1;\nif cuntry == 2 { \"yes\" }")).await;
    assert_eq!(status, 400, "{refused}");
    assert_eq!(
        refused["faults"],
        json!([{"field": "nodes[1].expression", "message": "line 2, column 4: Undefined variable: cuntry"}])
    );
    let checked = world.api("POST", "/funnels/validate", funnel("\"yes\" +")).await;
    assert_eq!(checked["problems"][0]["node"], "N00000000002", "{checked}");
}

#[tokio::test]
async fn an_expression_is_tried_on_a_made_up_visitor() {
    let world = World::new().await;
    let test = |expression: &str, sample: Value| json!({"expression": expression, "routes": ["yes"], "timezone": "Asia/Kolkata", "sample": sample});
    let body = test(
        r#"if country == "US" && c1 == "z" && data.age == "42" && hour == 5 { "yes" } else { "other" }"#,
        json!({"facts": {"country": "US"}, "fields": {"c1": "z"}, "data": {"age": "42"},
            "at": "2026-11-22T00:00:00Z"}),
    );
    assert_eq!(
        world.api("POST", "/funnels/logic-test", body).await,
        json!({"route": "yes", "gave": "yes"})
    );
    let unknown = test(r#""other""#, json!({}));
    let answer = world.api("POST", "/funnels/logic-test", unknown).await;
    assert_eq!((&answer["route"], &answer["failure"]), (&json!("default"), &json!("unknown_key")));
    let broken = world.api("POST", "/funnels/logic-test", test("1 +\n  / 2", json!({}))).await;
    assert_eq!((&broken["line"], &broken["column"]), (&json!(2), &json!(3)), "{broken}");
    let (status, refused) = world
        .try_api("POST", "/funnels/logic-test", test("1", json!({"facts": {"cuntry": "US"}})))
        .await;
    assert_eq!((status, &refused["faults"][0]["field"]), (400, &json!("sample.facts.cuntry")));
}
