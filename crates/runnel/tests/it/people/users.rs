//! Users: who may make, change and remove whom.

use crate::office::{As, Office, PASSWORD};
use runnel::admin::Role;
use serde_json::{Value, json};

async fn add(office: &Office, who: &As, email: &str, role: &str) -> Value {
    let body = json!({"email": email, "role": role, "password": PASSWORD});
    office.call(who, "POST", "/users", body).await.is(201).body
}

fn change(user: &Value, field: &str, value: Value) -> (String, Value) {
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    let mut body =
        json!({"version": user["version"], "email": user["email"], "role": user["role"]});
    body[field] = value;
    (path, body)
}

#[tokio::test]
async fn an_administrator_adds_changes_and_removes_people() {
    let office = Office::open().await;
    let admin = office.key(Role::Admin).await;
    let ann = add(&office, &admin, "ann@example.com", "viewer").await;
    assert_eq!(ann["password"], Value::Null);
    let session = office.log_in("ann@example.com").await;
    let (path, body) = change(&ann, "role", json!("editor"));
    let changed = office.call(&admin, "PUT", &path, body.clone()).await.is(200).body;
    assert_eq!((&changed["role"], &changed["version"]), (&json!("editor"), &json!(2)));
    office.get(&session, "/me").await.is(401);
    office.call(&admin, "PUT", &path, body).await.is(409);
    let session = office.log_in("ann@example.com").await;
    office.call(&admin, "DELETE", &path, Value::Null).await.is(204);
    office.get(&session, "/me").await.is(401);
    office.get(&admin, &path).await.is(404);
    office.try_log_in("ann@example.com", PASSWORD, None).await.is(401);
}

#[tokio::test]
async fn a_password_that_is_left_out_is_made_and_shown_once() {
    let office = Office::open().await;
    let admin = office.key(Role::Admin).await;
    let body = json!({"email": "ann@example.com", "role": "viewer"});
    let ann = office.call(&admin, "POST", "/users", body).await.is(201).body;
    let made = ann["password"].as_str().unwrap();
    office.try_log_in("ann@example.com", made, None).await.is(200);
    let path = format!("/users/{}", ann["id"].as_str().unwrap());
    assert_eq!(office.get(&admin, &path).await.is(200).body["password"], Value::Null);
}

#[tokio::test]
async fn nobody_reaches_above_their_own_role() {
    let office = Office::open().await;
    let (admin, owner) = (office.key(Role::Admin).await, office.key(Role::Owner).await);
    let body = json!({"email": "a@example.com", "role": "owner", "password": PASSWORD});
    office.call(&admin, "POST", "/users", body).await.is(403);
    let boss = add(&office, &owner, "boss@example.com", "owner").await;
    let ann = add(&office, &admin, "ann@example.com", "admin").await;
    for (user, field, value) in [
        (&ann, "role", json!("owner")),
        (&boss, "role", json!("viewer")),
        (&boss, "password", json!("a new password")),
    ] {
        let (path, body) = change(user, field, value);
        office.call(&admin, "PUT", &path, body).await.is(403);
    }
    let path = format!("/users/{}", boss["id"].as_str().unwrap());
    office.call(&admin, "DELETE", &path, Value::Null).await.is(403);
}

#[tokio::test]
async fn the_last_owner_stays() {
    let office = Office::open().await;
    let owner = office.key(Role::Owner).await;
    let one = add(&office, &owner, "one@example.com", "owner").await;
    let (path, demotion) = change(&one, "role", json!("admin"));
    office.call(&owner, "PUT", &path, demotion.clone()).await.is(409);
    office.call(&owner, "DELETE", &path, Value::Null).await.is(409);
    add(&office, &owner, "two@example.com", "owner").await;
    office.call(&owner, "PUT", &path, demotion).await.is(200);
    assert_eq!(office.get(&owner, "/users").await.is(200).body["total"], 2);
}

#[tokio::test]
async fn an_email_belongs_to_one_person() {
    let office = Office::open().await;
    let admin = office.key(Role::Admin).await;
    add(&office, &admin, "ann@example.com", "viewer").await;
    let bob = add(&office, &admin, "bob@example.com", "viewer").await;
    let body = json!({"email": "ANN@example.com", "role": "viewer", "password": PASSWORD});
    let taken = office.call(&admin, "POST", "/users", body).await.is(400);
    assert_eq!(taken.fields(), ["email"]);
    let (path, body) = change(&bob, "email", json!("ann@example.com"));
    assert_eq!(office.call(&admin, "PUT", &path, body).await.is(400).fields(), ["email"]);
}
