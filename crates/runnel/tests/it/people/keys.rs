//! API keys: shown once, scoped, ended by time or by revocation.

use crate::office::{As, NOW_MS, Office};
use runnel::admin::Role;
use runnel::store::people::secret;
use serde_json::{Value, json};

#[tokio::test]
async fn a_key_is_shown_once_works_and_is_stored_only_as_a_hash() {
    let office = Office::open().await;
    let admin = office.key(Role::Admin).await;
    let body = json!({"name": "CI", "role": "editor"});
    let made = office.call(&admin, "POST", "/api-keys", body).await.is(201).body;
    let plain = made["key"].as_str().unwrap().to_owned();
    assert!(plain.starts_with("rk_") && plain.ends_with(made["hint"].as_str().unwrap()));
    let me = office.get(&As::Key(plain.clone()), "/me").await.is(200).body;
    assert_eq!(
        (&me["name"], &me["role"], &me["via"]),
        (&json!("CI"), &json!("editor"), &json!("key"))
    );
    let list = office.get(&admin, "/api-keys").await.is(200).body;
    assert!(!list.to_string().contains(&plain));
    let hashes: Vec<String> = sqlx::query_scalar("SELECT key_hash FROM api_keys")
        .fetch_all(&office.app.database.pool)
        .await
        .unwrap();
    assert!(hashes.contains(&secret::hash(&plain)));
    assert!(!hashes.iter().any(|hash| hash.contains(&plain[3..])));
}

#[tokio::test]
async fn a_key_is_taken_from_either_header() {
    let office = Office::open().await;
    let As::Key(key) = office.key(Role::Viewer).await else { unreachable!() };
    let sent = http::Request::builder().uri("/api/v1/me").header("x-api-key", key);
    office.send(sent, axum::body::Body::empty()).await.is(200);
}

#[tokio::test]
async fn a_revoked_or_expired_key_opens_nothing() {
    let office = Office::open().await;
    let admin = office.key(Role::Admin).await;
    let (id, key) = office.key_until(Role::Viewer, None).await;
    office.get(&key, "/me").await.is(200);
    office.call(&admin, "DELETE", &format!("/api-keys/{id}"), Value::Null).await.is(204);
    office.get(&key, "/me").await.is(401);
    let shown = office.get(&admin, &format!("/api-keys/{id}")).await.is(200).body;
    assert_eq!(shown["revokedAt"], "2026-11-22T00:00:00Z");

    let body = json!({"role": "viewer", "expiresAt": "2026-11-22T01:00:00Z"});
    let made = office.call(&admin, "POST", "/api-keys", body).await.is(201).body;
    let key = As::Key(made["key"].as_str().unwrap().into());
    office.get(&key, "/me").await.is(200);
    office.clock.advance_ms(60 * 60 * 1000);
    office.get(&key, "/me").await.is(401);
    let past = json!({"role": "viewer", "expiresAt": "2026-11-22T01:00:00Z"});
    let reply = office.call(&admin, "POST", "/api-keys", past).await.is(400);
    assert_eq!(reply.fields(), ["expiresAt"]);
}

#[tokio::test]
async fn nobody_makes_or_revokes_a_key_above_their_own_role() {
    let office = Office::open().await;
    let admin = office.key(Role::Admin).await;
    office.call(&admin, "POST", "/api-keys", json!({"role": "owner"})).await.is(403);
    let (id, owner) = office.key_until(Role::Owner, None).await;
    office.call(&admin, "DELETE", &format!("/api-keys/{id}"), Value::Null).await.is(403);
    office.get(&owner, "/me").await.is(200);
}

#[tokio::test]
async fn last_use_is_kept_to_the_minute() {
    let office = Office::open().await;
    let (id, key) = office.key_until(Role::Admin, None).await;
    let path = format!("/api-keys/{id}");
    let used = office.get(&key, &path).await.is(200).body["usedAt"].clone();
    assert_eq!(used, "2026-11-22T00:00:00Z");
    office.clock.advance_ms(59_000);
    assert_eq!(office.get(&key, &path).await.is(200).body["usedAt"], used);
    office.clock.advance_ms(1_000);
    assert_eq!(office.get(&key, &path).await.is(200).body["usedAt"], "2026-11-22T00:01:00Z");
    assert_eq!(office.clock.now_ms(), NOW_MS + 60_000);
}
