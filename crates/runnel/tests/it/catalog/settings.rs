//! The account's settings.

use super::desk::Desk;
use runnel::admin::Role;
use serde_json::json;

#[tokio::test]
async fn settings_begin_with_defaults_and_are_replaced_by_version() {
    let desk = Desk::open().await;
    let admin = desk.person(Role::Admin).await;
    let start = admin.get("/settings").await.expect(200);
    assert_eq!(start["version"], 0);
    assert_eq!(start["sessionTtlSeconds"], 4 * 24 * 3600);
    assert_eq!(start["pendingRevenue"], "0.01");
    let mut changed = start.clone();
    changed["pendingRevenue"] = "0.10".into();
    changed["exchangeRates"] = json!({"EUR": "1.10"});
    let saved = admin.put("/settings", changed.clone()).await.expect(200);
    assert_eq!((&saved["version"], &saved["pendingRevenue"]), (&json!(1), &json!("0.10")));
    admin.put("/settings", changed).await.expect(409);
    let again = admin.put("/settings", saved).await.expect(200);
    assert_eq!(again["version"], 2);
    assert_eq!(admin.get("/settings").await.expect(200)["version"], 2);
    assert_eq!(desk.app.snapshot.load().settings.pending_revenue.to_string(), "0.10");
}

#[tokio::test]
async fn faults_are_named_and_nothing_is_saved() {
    let desk = Desk::open().await;
    let admin = desk.person(Role::Admin).await;
    for (field, value, at) in [
        ("defaultHomepage", json!("nowhere"), "defaultHomepage"),
        ("sessionTtlSeconds", json!(0), "sessionTtlSeconds"),
        ("sessionTtlSeconds", json!(-1), "sessionTtlSeconds"),
        ("pendingRevenue", json!("-0.01"), "pendingRevenue"),
        ("currency", json!(""), "currency"),
        ("exchangeRates", json!({"EUR": "0"}), "exchangeRates.EUR"),
        ("exchangeRates", json!({"euro": "1"}), "exchangeRates.euro"),
        ("exchangeRates", json!({"USD": "2"}), "exchangeRates.USD"),
        ("appSchemes", json!(["market", "javascript"]), "appSchemes[1]"),
        ("appSchemes", json!(["Market"]), "appSchemes[0]"),
        ("maximumCost", json!("-1"), "maximumCost"),
        ("postbackLogDays", json!(0), "postbackLogDays"),
        ("colour", json!(0), "colour"),
    ] {
        let body = json!({"version": 0, field: value});
        assert_eq!(admin.put("/settings", body).await.faults(), [at], "{field}");
    }
    assert_eq!(admin.put("/settings", json!({"cookies": false})).await.faults(), ["version"]);
    assert_eq!(admin.get("/settings").await.expect(200)["version"], 0);
}

#[tokio::test]
async fn a_scheme_that_a_funnel_needs_is_not_taken_away() {
    let desk = Desk::open().await;
    let admin = desk.person(Role::Admin).await;
    let market = json!({"version": 0, "appSchemes": ["market"]});
    admin.put("/settings", market).await.expect(200);
    let store = json!({"name": "Store", "nodes": [{"id": "storeRoot001", "kind": "traffic"},
        {"id": "storeAway001", "kind": "external", "url": "market://details?id=x"}],
        "connections": [{"from": "storeRoot001", "to": "storeAway001"}]});
    admin.post("/funnels", store).await.expect(201);
    let refused = admin.put("/settings", json!({"version": 1, "appSchemes": []})).await.expect(409);
    assert!(refused["faults"][0]["field"].as_str().unwrap().contains("Store"), "{refused:#}");
}
