//! Webhooks as assets: their secret is shown once, changes with an overlap, and signs a test call.

use super::service::{Got, Service};
use crate::world::World;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// A receiver's own check of one signature, written after the specification.
pub fn signed_with(got: &Got, secret: &str) -> bool {
    let header = |name: &str| got.headers[name].to_str().unwrap();
    let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let signed = format!("{}.{}.{}", header("webhook-id"), header("webhook-timestamp"), got.body);
    mac.update(signed.as_bytes());
    let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    header("webhook-signature").split(' ').any(|one| one == expected)
}

async fn ping(world: &World, id: &str) -> Value {
    world.api("POST", &format!("/webhooks/{id}/ping"), Value::Null).await
}

#[tokio::test]
async fn a_test_call_is_signed_with_the_secret_that_was_shown_once() {
    let (world, service) = (World::new().await, Service::start().await);
    let made = world.api("POST", "/webhooks", json!({"name": "Hook", "url": service.url})).await;
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44);

    service.says(202, "thanks");
    let pinged = ping(&world, id).await;
    assert_eq!((&pinged["delivered"], &pinged["status"]), (&json!(true), &json!(202)));
    assert_eq!(pinged["answer"], "thanks");
    let got = service.got().remove(0);
    assert!(signed_with(&got, secret));
    assert!(!signed_with(&Got { body: got.body.replace("ping", "pong"), ..got.clone() }, secret));
    let body: Value = serde_json::from_str(&got.body).unwrap();
    assert_eq!(
        (&body["type"], &body["timestamp"]),
        (&json!("test.ping"), &json!("2026-11-01T12:00:00Z"))
    );

    for path in [
        format!("/webhooks/{id}"),
        "/webhooks".into(),
        format!("/webhooks/{id}/secrets"),
        "/audit".into(),
    ] {
        let answer = world.api("GET", &path, Value::Null).await.to_string();
        assert!(!answer.contains(&secret[6..]), "{path}");
    }
    let copied = world.api("POST", &format!("/webhooks/{id}/duplicate"), json!({})).await;
    assert_ne!(copied["secret"], secret);
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_old_one_until_its_time_is_over() {
    let (mut world, service) = (World::new().await, Service::start().await);
    let made = world.api("POST", "/webhooks", json!({"name": "Hook", "url": service.url})).await;
    let (id, old) = (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap());
    let path = format!("/webhooks/{id}/rotate-secret");
    world.clock.advance_ms(1);
    let new = world.api("POST", &path, json!({"keepHours": 2})).await;
    assert_eq!(new["earlierUntil"], "2026-11-01T14:00:00.001Z");
    let new = new["secret"].as_str().unwrap().to_owned();

    world.restart().await;
    ping(&world, &id).await;
    world.clock.advance_ms(2 * 3_600_000);
    ping(&world, &id).await;
    let got = service.got();
    assert!(signed_with(&got[0], old) && signed_with(&got[0], &new));
    assert!(!signed_with(&got[1], old) && signed_with(&got[1], &new));
    let left = world.api("GET", &format!("/webhooks/{id}/secrets"), Value::Null).await;
    assert_eq!(left["items"].as_array().unwrap().len(), 1);

    let now = world.api("POST", &path, json!({"keepHours": 0})).await;
    ping(&world, &id).await;
    let got = service.got().pop().unwrap();
    assert!(signed_with(&got, now["secret"].as_str().unwrap()) && !signed_with(&got, &new));
}

#[tokio::test]
async fn what_cannot_be_called_is_refused_and_a_dead_address_is_told() {
    let world = World::new().await;
    for (body, field) in [
        (json!({"name": "H", "url": "ftp://a.example/"}), "url"),
        (json!({"name": "H", "url": "https://a.example/{hit}"}), "url"),
        (json!({"name": "H", "url": "https://a.example/", "events": ["alert", "alert"]}), "events"),
        (
            json!({"name": "H", "url": "https://a.example/", "sources": ["Z00000000009"]}),
            "sources[0]",
        ),
    ] {
        let (status, refused) = world.try_api("POST", "/webhooks", body).await;
        assert_eq!((status, &refused["faults"][0]["field"]), (400, &json!(field)), "{refused}");
    }
    let id = world.make("webhooks", json!({"name": "H", "url": "http://10.0.0.1/"})).await;
    let pinged = ping(&world, &id).await;
    assert_eq!(pinged["delivered"], false);
    assert!(pinged["error"].as_str().unwrap().contains("10.0.0.0/8"), "{pinged}");
    let (status, _) = world
        .try_api("POST", &format!("/webhooks/{id}/rotate-secret"), json!({"keepHours": 200}))
        .await;
    assert_eq!(status, 400);
}
