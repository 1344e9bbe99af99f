//! The one-time set-up link.

use crate::office::{As, Office, PASSWORD};
use runnel::admin::people::setup;
use serde_json::{Value, json};

fn body(token: &str) -> Value {
    json!({"token": token, "email": "Owner@example.com", "password": PASSWORD, "name": "Olga"})
}

async fn token(office: &Office) -> Option<String> {
    let link = setup::link(&office.app, office.app.config.admin).await.unwrap()?;
    assert!(link.starts_with("http://127.0.0.1:8081/setup?token="), "{link}");
    Some(link.split_once("token=").unwrap().1.to_owned())
}

#[tokio::test]
async fn the_link_makes_the_owner_once() {
    let office = Office::open().await;
    let token = token(&office).await.unwrap();
    assert_eq!(office.get(&As::Nobody, "/setup").await.is(200).body, json!({"needed": true}));
    let reply = office.call(&As::Nobody, "POST", "/setup", body(&token)).await.is(201);
    assert_eq!(reply.body["role"], "owner");
    office.get(&reply.cookie(), "/users").await.is(200);
    assert_eq!(office.get(&As::Nobody, "/setup").await.is(200).body, json!({"needed": false}));
    let again = office.call(&As::Nobody, "POST", "/setup", body(&token)).await.is(400);
    assert_eq!(again.fields(), ["token"]);
    assert_eq!(setup::link(&office.app, office.app.config.admin).await.unwrap(), None);
    office.log_in("owner@example.com").await;
}

#[tokio::test]
async fn a_new_start_replaces_the_link_and_a_wrong_token_makes_nobody() {
    let office = Office::open().await;
    let first = token(&office).await.unwrap();
    let second = token(&office).await.unwrap();
    assert_ne!(first, second);
    for wrong in ["", "0000", &first] {
        office.call(&As::Nobody, "POST", "/setup", body(wrong)).await.is(400);
    }
    office.call(&As::Nobody, "POST", "/setup", body(&second)).await.is(201);
}

#[tokio::test]
async fn of_two_at_once_one_becomes_the_owner() {
    let office = Office::open().await;
    let token = token(&office).await.unwrap();
    let (one, two) = tokio::join!(
        office.call(&As::Nobody, "POST", "/setup", body(&token)),
        office.call(&As::Nobody, "POST", "/setup", body(&token)),
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 400]);
}

#[tokio::test]
async fn the_owner_needs_a_proper_email_and_password() {
    let office = Office::open().await;
    let token = token(&office).await.unwrap();
    for (field, value) in [("email", "nobody"), ("password", "short"), ("name", "a\nb")] {
        let mut asked = body(&token);
        asked[field] = json!(value);
        let reply = office.call(&As::Nobody, "POST", "/setup", asked).await.is(400);
        assert_eq!(reply.fields(), [field]);
    }
}
