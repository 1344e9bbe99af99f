//! Ad platforms as part of a traffic source: faults at their fields, secrets shown to nobody.

use super::desk::Desk;
use runnel::store::people::Role;
use serde_json::{Value, json};

fn source(integration: Value) -> Value {
    json!({"name": "S", "integration": integration})
}

#[tokio::test]
async fn each_platform_names_what_is_missing() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    for (kind, fields) in [
        ("meta", vec!["pixelId", "accessToken"]),
        (
            "google",
            vec!["customerId", "clientId", "clientSecret", "refreshToken", "mapping.events"],
        ),
        ("tiktok", vec!["pixelCode", "accessToken"]),
        (
            "microsoft",
            vec![
                "customerId",
                "accountId",
                "developerToken",
                "clientId",
                "refreshToken",
                "mapping.events",
            ],
        ),
        ("snapchat", vec!["pixelId", "accessToken"]),
        ("pinterest", vec!["adAccountId", "accessToken"]),
        ("reddit", vec!["pixelId", "accessToken"]),
    ] {
        let answer = editor.post("/traffic-sources", source(json!({"kind": kind}))).await;
        let expected: Vec<_> = fields.iter().map(|field| format!("integration.{field}")).collect();
        assert_eq!(answer.faults(), expected, "{kind}");
    }
    let odd = json!({"kind": "google", "customerId": "123-456", "clientId": "c",
        "clientSecret": "s", "refreshToken": "r t", "uploads": "google-ads",
        "mapping": {"events": {"conversion": "Sale"}, "person": {"iban": "x"}}});
    let expected = [
        "integration.customerId",
        "integration.developerToken",
        "integration.mapping.events.conversion",
        "integration.refreshToken",
        "integration.mapping.person.iban",
    ];
    assert_eq!(editor.post("/traffic-sources", source(odd)).await.faults(), expected);
    for (unknown, field) in [
        (json!({"kind": "myspace"}), "integration.kind"),
        (json!({"kind": "meta", "pixel": "1"}), "integration"),
    ] {
        let faults = editor.post("/traffic-sources", source(unknown)).await.faults();
        assert!(faults.len() == 1 && faults[0].starts_with(field), "{faults:?}");
    }
}

#[tokio::test]
async fn a_secret_is_shown_to_nobody_and_kept_when_its_mask_comes_back() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let meta = json!({"kind": "meta", "pixelId": "77", "accessToken": "t0p-s3cret",
        "mapping": {"events": {"conversion": "Lead"}}});
    let made = editor.post("/traffic-sources", source(meta)).await.expect(201);
    assert_eq!(made["integration"]["accessToken"], "•••");
    assert_eq!(made["integration"]["mapping"]["events"]["conversion"], "Lead");
    let path = format!("/traffic-sources/{}", made["id"].as_str().unwrap());
    let read = editor.get(&path).await.expect(200);
    let list = editor.get("/traffic-sources").await.expect(200);
    let again = editor.put(&path, read.clone()).await.expect(200);
    for shown in [&read, &list, &again] {
        assert!(!shown.to_string().contains("t0p-s3cret"));
    }
    assert_eq!(token_in_force(&desk), ["t0p-s3cret"]);

    let mut other = again.clone();
    other["integration"]["accessToken"] = json!("an0ther");
    editor.put(&path, other).await.expect(200);
    assert_eq!(token_in_force(&desk), ["an0ther"]);

    let tiktok = json!({"kind": "tiktok", "pixelCode": "C4", "accessToken": "•••"});
    let answer = editor.post("/traffic-sources", source(tiktok.clone())).await;
    assert_eq!(answer.faults(), ["integration.accessToken"]);
    let mut moved = editor.get(&path).await.expect(200);
    moved["integration"] = tiktok;
    assert_eq!(editor.put(&path, moved).await.faults(), ["integration.accessToken"]);

    let log: Vec<String> = sqlx::query_scalar(
        "SELECT coalesce(before_json, '') || coalesce(after_json, '') FROM audit_log",
    )
    .fetch_all(&desk.app.database.pool)
    .await
    .unwrap();
    assert!(log.iter().any(|line| line.contains("\"kind\":\"meta\"")));
    for secret in ["t0p-s3cret", "an0ther"] {
        assert!(log.iter().all(|line| !line.contains(secret)), "{secret}");
    }
}

fn token_in_force(desk: &Desk) -> Vec<String> {
    let snapshot = desk.app.snapshot.load();
    let held = snapshot.sources.values().filter_map(|held| held.asset.integration.as_ref());
    let secrets = held.flat_map(|integration| integration.secrets());
    secrets.map(|(_, secret)| secret.expose().to_owned()).collect()
}
