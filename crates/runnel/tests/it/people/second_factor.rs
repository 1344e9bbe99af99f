//! A second factor from enrolment to log-in and back.

use crate::office::{As, Office, PASSWORD};
use runnel::access::Totp;
use runnel::admin::Role;
use serde_json::{Value, json};

/// The stored secret of the only enrolled user.
async fn totp(office: &Office) -> Totp {
    let users = runnel::store::people::users::list(&office.app.database).await.unwrap();
    Totp::from_hex(users.iter().find_map(|user| user.totp_secret.as_deref()).unwrap()).unwrap()
}

async fn enrolled() -> (Office, As, Totp) {
    let office = Office::open().await;
    office.user("ann@example.com", Role::Owner).await;
    let ann = office.log_in("ann@example.com").await;
    let again = json!({"password": PASSWORD});
    let reply = office.call(&ann, "POST", "/me/totp", again).await.is(201);
    let totp = totp(&office).await;
    assert_eq!(reply.body["secret"], totp.to_base32());
    assert!(reply.body["url"].as_str().unwrap().contains(&totp.to_base32()));
    (office, ann, totp)
}

#[tokio::test]
async fn codes_are_asked_for_only_after_one_was_confirmed_and_work_once() {
    let (office, ann, totp) = enrolled().await;
    office.log_in("ann@example.com").await;
    let wrong = office.call(&ann, "POST", "/me/totp/confirm", json!({"code": "000000"})).await;
    assert_eq!(wrong.is(400).fields(), ["code"]);
    let code = totp.code(office.clock.now_ms()).unwrap();
    office.call(&ann, "POST", "/me/totp/confirm", json!({"code": code})).await.is(204);

    let reply = office.try_log_in("ann@example.com", PASSWORD, None).await.is(401);
    assert_eq!((reply.kind(), reply.fields()), ("code-needed", vec!["code"]));
    // The code that confirmed is used up.
    office.try_log_in("ann@example.com", PASSWORD, Some(&code)).await.is(401);
    office.clock.advance_ms(30_000);
    let code = totp.code(office.clock.now_ms()).unwrap();
    let reply = office.try_log_in("ann@example.com", PASSWORD, Some(&code)).await.is(200);
    assert_eq!(reply.body["totp"], true);
    office.try_log_in("ann@example.com", PASSWORD, Some(&code)).await.is(401);
    // A wrong password never says whether there is a second factor.
    let reply = office.try_log_in("ann@example.com", "wrong password", None).await.is(401);
    assert_eq!(reply.kind(), "wrong-password");
}

#[tokio::test]
async fn it_is_disabled_by_password_or_by_an_administrator() {
    let (office, ann, totp) = enrolled().await;
    let code = totp.code(office.clock.now_ms()).unwrap();
    office.call(&ann, "POST", "/me/totp/confirm", json!({"code": code})).await.is(204);
    let wrong = json!({"password": "wrong password"});
    office.call(&ann, "POST", "/me/totp/disable", wrong).await.is(400);
    office.call(&ann, "POST", "/me/totp/disable", json!({"password": PASSWORD})).await.is(204);
    office.log_in("ann@example.com").await;

    office.call(&ann, "POST", "/me/totp", json!({"password": PASSWORD})).await.is(201);
    let code = self::totp(&office).await.code(office.clock.now_ms()).unwrap();
    office.call(&ann, "POST", "/me/totp/confirm", json!({"code": code})).await.is(204);
    let owner = office.key(Role::Owner).await;
    let mut user = office.get(&owner, "/users").await.is(200).body["items"][0].clone();
    assert_eq!(user["totp"], true);
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    user.as_object_mut().unwrap().retain(|field, _| field != "id" && field != "createdAt");
    user["totp"] = json!(false);
    office.call(&owner, "PUT", &path, user).await.is(200);
    office.get(&ann, "/me").await.is(401);
    office.log_in("ann@example.com").await;
}

#[tokio::test]
async fn a_key_has_no_second_factor() {
    let office = Office::open().await;
    let key = office.key(Role::Owner).await;
    for path in ["/me/totp", "/me/totp/disable"] {
        office.call(&key, "POST", path, json!({"password": "x"})).await.is(409);
    }
    office.call(&key, "POST", "/me/totp/confirm", json!({"code": "1"})).await.is(409);
    office.call(&key, "DELETE", "/me/sessions", Value::Null).await.is(409);
}
