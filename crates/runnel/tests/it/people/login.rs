//! Log-in, log-out, sessions, the brake, and other sites' pages.

use crate::office::{As, NOW_MS, Office, PASSWORD, request};
use axum::body::Body;
use runnel::admin::Role;
use serde_json::{Value, json};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

async fn with_ann() -> Office {
    let office = Office::open().await;
    office.user("ann@example.com", Role::Editor).await;
    office
}

#[tokio::test]
async fn a_person_logs_in_is_known_and_logs_out() {
    let office = with_ann().await;
    let reply = office.try_log_in(" Ann@Example.com", PASSWORD, None).await.is(200);
    assert_eq!(reply.body["role"], "editor");
    let flags = reply.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(flags.contains("HttpOnly") && flags.contains("SameSite=Strict"), "{flags}");
    let ann = reply.cookie();
    let me = office.get(&ann, "/me").await.is(200).body;
    assert_eq!((&me["name"], &me["via"]), (&json!("ann@example.com"), &json!("session")));
    office.call(&ann, "POST", "/logout", Value::Null).await.is(204);
    office.get(&ann, "/me").await.is(401);
}

#[tokio::test]
async fn wrong_password_and_unknown_user_look_the_same() {
    let office = with_ann().await;
    let wrong = office.try_log_in("ann@example.com", "wrong password", None).await.is(401);
    let unknown = office.try_log_in("bob@example.com", "wrong password", None).await.is(401);
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.kind(), "wrong-password");
}

#[tokio::test]
async fn the_eleventh_attempt_in_a_quarter_of_an_hour_waits_even_with_the_right_password() {
    let office = with_ann().await;
    for _ in 0..10 {
        office.try_log_in("ann@example.com", "wrong password", None).await.is(401);
    }
    let braked = office.try_log_in("ann@example.com", PASSWORD, None).await.is(429);
    assert_eq!(braked.headers["retry-after"], "900");
    assert_eq!(braked.body["retryAfter"], 900);
    office.clock.advance_ms(15 * 60 * 1000);
    office.log_in("ann@example.com").await;
}

#[tokio::test]
async fn a_session_ends_after_seven_idle_days_and_after_thirty_in_any_case() {
    let office = with_ann().await;
    let idle = office.log_in("ann@example.com").await;
    office.clock.advance_ms(7 * DAY_MS);
    office.get(&idle, "/me").await.is(401);
    let busy = office.log_in("ann@example.com").await;
    for _ in 0..4 {
        office.clock.advance_ms(6 * DAY_MS);
        office.get(&busy, "/me").await.is(200);
    }
    office.clock.advance_ms(6 * DAY_MS);
    office.get(&busy, "/me").await.is(401);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_only() {
    let office = with_ann().await;
    office.user("bob@example.com", Role::Owner).await;
    let (here, there) =
        (office.log_in("ann@example.com").await, office.log_in("ann@example.com").await);
    let bob = office.log_in("bob@example.com").await;
    let list = office.get(&here, "/me/sessions").await.is(200).body["items"].clone();
    assert_eq!(list.as_array().unwrap().len(), 2);
    let other = list.as_array().unwrap().iter().find(|s| s["current"] == false).unwrap();
    let path = format!("/me/sessions/{}", other["id"].as_str().unwrap());
    office.call(&bob, "DELETE", &path, Value::Null).await.is(404);
    office.call(&here, "DELETE", &path, Value::Null).await.is(204);
    office.get(&there, "/me").await.is(401);
    office.get(&here, "/me").await.is(200);
    let third = office.log_in("ann@example.com").await;
    office.call(&here, "DELETE", "/me/sessions", Value::Null).await.is(204);
    office.get(&third, "/me").await.is(401);
    office.get(&here, "/me").await.is(200);
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_other_sessions() {
    let office = with_ann().await;
    let (here, there) =
        (office.log_in("ann@example.com").await, office.log_in("ann@example.com").await);
    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    let path = "/me/password";
    let reply = office.call(&here, "PUT", path, change("wrong", "another password")).await.is(400);
    assert_eq!(reply.fields(), ["current"]);
    let reply = office.call(&here, "PUT", path, change(PASSWORD, "short")).await.is(400);
    assert_eq!(reply.fields(), ["new"]);
    office.call(&here, "PUT", path, change(PASSWORD, "another password")).await.is(204);
    office.get(&here, "/me").await.is(200);
    office.get(&there, "/me").await.is(401);
    office.try_log_in("ann@example.com", PASSWORD, None).await.is(401);
    office.try_log_in("ann@example.com", "another password", None).await.is(200);
}

#[tokio::test]
async fn another_sites_page_changes_nothing_with_a_session() {
    let office = with_ann().await;
    let As::Cookie(token) = office.log_in("ann@example.com").await else { unreachable!() };
    for (header, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("origin", "https://evil.example", 403),
        ("x-nothing", "", 403),
        ("origin", "http://tracker.example:8081", 204),
    ] {
        let sent = request(&As::Nobody, "DELETE", "/api/v1/me/sessions")
            .header("cookie", format!("runnel_session={token}"))
            .header("host", "tracker.example:8081")
            .header(header, value);
        office.send(sent, Body::empty()).await.is(status);
    }
}

#[tokio::test]
async fn a_log_in_sent_by_another_sites_page_is_refused() {
    let office = with_ann().await;
    let sent = request(&As::Nobody, "POST", "/api/v1/login").header("sec-fetch-site", "cross-site");
    let body = json!({"email": "ann@example.com", "password": PASSWORD}).to_string();
    office.send(sent, body.into()).await.is(403);
}

#[tokio::test]
async fn the_least_used_of_twenty_sessions_gives_way() {
    let office = with_ann().await;
    let first = office.session(Role::Viewer).await;
    for _ in 0..20 {
        office.clock.advance_ms(1000);
        office.session(Role::Viewer).await;
    }
    office.get(&first, "/me").await.is(401);
    assert_eq!(office.clock.now_ms(), NOW_MS + 20_000);
}
