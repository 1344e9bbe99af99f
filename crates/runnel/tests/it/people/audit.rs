//! The audit log: who, what, before, after.

use crate::office::{Office, PASSWORD};
use runnel::admin::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn every_change_has_its_line_with_before_and_after_and_no_secret() {
    let office = Office::open().await;
    let (key_id, admin) = office.key_until(Role::Admin, None).await;
    let body = json!({"email": "ann@example.com", "role": "viewer", "password": PASSWORD});
    let ann = office.call(&admin, "POST", "/users", body).await.is(201).body;
    let id = ann["id"].as_str().unwrap();
    let path = format!("/users/{id}");
    let change = json!({"version": 1, "email": "ann@example.com", "role": "editor",
        "password": "another password"});
    office.clock.advance_ms(1);
    office.call(&admin, "PUT", &path, change).await.is(200);
    office.clock.advance_ms(1);
    office.call(&admin, "DELETE", &path, Value::Null).await.is(204);

    let log = office.get(&admin, &format!("/audit?target={id}")).await.is(200).body;
    assert_eq!(log["total"], 3);
    let actions: Vec<_> = log["items"].as_array().unwrap().iter().map(|l| &l["action"]).collect();
    assert_eq!(actions, ["delete", "update", "create"]);
    let update = &log["items"][1];
    assert_eq!((&update["who"], &update["via"]), (&json!(key_id), &json!("key")));
    assert_eq!(
        (&update["before"]["role"], &update["after"]["role"]),
        (&json!("viewer"), &json!("editor"))
    );
    assert_eq!(update["at"], "2026-11-22T00:00:00.001Z");
    let text = log.to_string();
    assert!(
        !text.contains(PASSWORD) && !text.contains("another password") && !text.contains("argon2")
    );
}

#[tokio::test]
async fn lines_are_filtered_and_paged() {
    let office = Office::open().await;
    let admin = office.key(Role::Admin).await;
    for name in ["one", "two", "three"] {
        office.clock.advance_ms(1000);
        let body = json!({"name": name, "role": "viewer"});
        office.call(&admin, "POST", "/api-keys", body).await.is(201);
    }
    let names = |log: Value| -> Vec<String> {
        let lines = log["items"].as_array().unwrap().iter();
        lines.map(|line| line["after"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let get = async |query: &str| office.get(&admin, &format!("/audit?{query}")).await;
    assert_eq!(names(get("kind=api-keys").await.is(200).body), ["three", "two", "one"]);
    assert_eq!(names(get("kind=api-keys&limit=1&offset=1").await.is(200).body), ["two"]);
    assert_eq!(get("limit=1").await.is(200).body["total"], 3);
    let window = "from=2026-11-22T00:00:02Z&to=2026-11-22T00:00:03Z";
    assert_eq!(names(get(window).await.is(200).body), ["two"]);
    assert_eq!(get("action=revoke").await.is(200).body["total"], 0);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("offset=-1", "offset"),
        ("from=yesterday", "from"),
        ("foo=1", "foo"),
    ] {
        assert_eq!(get(query).await.is(400).fields(), [field], "{query}");
    }
}

#[tokio::test]
async fn a_change_that_fails_leaves_no_line() {
    let office = Office::open().await;
    let admin = office.key(Role::Admin).await;
    office.user("ann@example.com", Role::Viewer).await;
    let before = office.get(&admin, "/audit").await.is(200).body["total"].clone();
    let body = json!({"email": "ann@example.com", "role": "viewer", "password": PASSWORD});
    office.call(&admin, "POST", "/users", body).await.is(400);
    assert_eq!(office.get(&admin, "/audit").await.is(200).body["total"], before);
}
