//! Every endpoint × every kind of caller: below the declared role refused, at it or above let in.

use super::{Operation, document, operations};
use crate::office::{As, Office, Reply, refused};
use runnel::admin::Role;
use serde_json::{Value, json};

async fn call(office: &Office, who: &As, operation: &Operation) -> Reply {
    let body = if operation.body().is_some() { json!({}) } else { Value::Null };
    office.call(who, &operation.method, &operation.path_with("doesNotExist"), body).await
}

fn least(operation: &Operation) -> Role {
    operation.role().parse().unwrap()
}

fn guarded(document: &Value) -> Vec<Operation> {
    operations(document).into_iter().filter(|operation| operation.role() != "none").collect()
}

#[tokio::test]
async fn keys_reach_as_far_as_their_role_and_no_further() {
    let office = Office::open().await;
    let document = document();
    let mut faults = Vec::new();
    for role in Role::ALL {
        let who = office.key(role).await;
        for operation in guarded(&document) {
            let reply = call(&office, &who, &operation).await;
            let wrong = match role >= least(&operation) {
                true => refused(&reply),
                false => reply.status != 403 || reply.kind() != "forbidden",
            };
            if wrong {
                faults.push(format!("{role}: {} → {}", operation.name(), reply.status));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test]
async fn sessions_reach_as_far_as_their_role_and_no_further() {
    let office = Office::open().await;
    let document = document();
    let mut faults = Vec::new();
    for role in Role::ALL {
        for operation in guarded(&document) {
            // A new one each time: some endpoints end it.
            let who = office.session(role).await;
            let reply = call(&office, &who, &operation).await;
            if refused(&reply) == (role >= least(&operation)) {
                faults.push(format!("{role}: {} → {}", operation.name(), reply.status));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test]
async fn without_a_living_key_every_guarded_endpoint_answers_401() {
    let office = Office::open().await;
    let (id, revoked) = office.key_until(Role::Owner, None).await;
    let owner = office.key(Role::Owner).await;
    office.call(&owner, "DELETE", &format!("/api-keys/{id}"), Value::Null).await.is(204);
    let now_ms = office.clock.now_ms() as i64;
    let expired = office.key_until(Role::Owner, Some(now_ms)).await.1;
    let strangers = [
        As::Nobody,
        revoked,
        expired,
        As::Key("rk_0000".into()),
        As::Key(String::new()),
        As::Cookie("0000".into()),
    ];
    let document = document();
    for who in &strangers {
        for operation in guarded(&document) {
            let reply = call(&office, who, &operation).await;
            assert_eq!(reply.status, 401, "{who:?}: {}", operation.name());
            assert_eq!(reply.headers["content-type"], "application/problem+json");
        }
    }
}

#[tokio::test]
async fn the_served_document_is_the_generated_one_and_unknown_paths_are_problems() {
    let office = Office::open().await;
    let get = |uri: &'static str| crate::office::request(&As::Nobody, "GET", uri);
    let served = office.send(get("/api/openapi.json"), axum::body::Body::empty()).await.is(200);
    assert_eq!(served.body, document());
    let lost = office.send(get("/api/v1/nothing/here"), axum::body::Body::empty()).await.is(404);
    assert_eq!(lost.kind(), "not-found");
    let owner = office.key(Role::Owner).await;
    let odd = office.call(&owner, "PATCH", "/users", Value::Null).await.is(405);
    assert_eq!(odd.kind(), "method-not-allowed");
}

#[test]
fn what_shows_raw_requests_and_calls_of_a_person_is_not_for_viewers() {
    let guarded = guarded(&document());
    for name in ["GET /explorer/hit/{hit}", "GET /explorer/visitor/{vid}", "GET /conversions/{id}"]
    {
        let operation = guarded.iter().find(|operation| operation.name() == name).unwrap();
        assert_eq!(least(operation), Role::Analyst, "{name}");
    }
}
