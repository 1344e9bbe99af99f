//! Access tokens that are asked for with a refresh token: kept while they last, asked for again when they end or
//! are refused, and in no log. A refresh token that the provider replaces is kept in its place.

use super::sample::{google, microsoft, with};
use super::street::{Street, answers};
use crate::world::parameter;
use runnel::publish;
use runnel::store::people::Caller;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const MINUTE_MS: u64 = 60_000;
const GOOGLE_TOKENS: &str = "/oauth2.googleapis.com/token";
const MICROSOFT_TOKENS: &str = "/login.microsoftonline.com/common/oauth2/v2.0/token";

impl Street {
    /// The platform gives `granted-1`, `granted-2`, … for an hour each, and takes everything.
    fn grants(&self, tokens: &'static str) {
        let given = AtomicU64::new(0);
        self.platform.behave(move |heard| {
            if heard.target != tokens {
                return answers("200 OK", json!({}));
            }
            let token = format!("granted-{}", given.fetch_add(1, Ordering::SeqCst) + 1);
            answers(
                "200 OK",
                json!({"access_token": token, "expires_in": 3600, "refresh_token": "renewed-secret"}),
            )
        });
    }

    /// A new visitor converts, and the platform has it.
    async fn converts(&self, click: &str) {
        let hit = self.hit(click, false).await;
        self.books(&format!("hit={hit}&rev=1")).await;
        let rows = self.settled().await;
        assert!(rows.iter().all(|row| row["state"] == "delivered"), "{rows:#?}");
    }

    /// What was called: the token that was asked for, or the one that was used.
    fn used(&self) -> Vec<String> {
        let heard = self.platform.heard();
        let bearer = |headers: &str| {
            let lines =
                headers.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));
            lines.map_or("asked for".to_owned(), str::to_owned)
        };
        heard.iter().map(|heard| bearer(&heard.headers)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_used_while_it_lasts_and_then_another_is_asked_for() {
    for (settings, click, tokens) in [
        (google("data-manager", ""), "gclid", GOOGLE_TOKENS),
        (microsoft(), "msclkid", MICROSOFT_TOKENS),
    ] {
        let street = Street::to(settings, click).await;
        street.grants(tokens);
        street.converts(&format!("{click}=a")).await;
        street.clock.advance_ms(50 * MINUTE_MS);
        street.converts(&format!("{click}=b")).await;
        // It lasts for an hour, of which the last two minutes are not used.
        street.clock.advance_ms(9 * MINUTE_MS);
        street.converts(&format!("{click}=c")).await;
        let expected = ["asked for", "granted-1", "granted-1", "asked for", "granted-2"];
        assert_eq!(street.used(), expected, "{tokens}");
        let told = street.told().await;
        for secret in ["granted-", "renewed-secret", "1//refresh", "M.C5refresh", "client-secret"] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
}

impl Street {
    /// With which refresh token each access token was asked for.
    fn asked_with(&self) -> Vec<String> {
        let bodies = self.platform.heard().into_iter().map(|heard| heard.body);
        let asked = bodies.filter(|body| body.starts_with("grant_type=refresh_token"));
        asked.map(|body| parameter(&format!("http://h/?{body}"), "refresh_token")).collect()
    }

    /// The refresh token that is in force.
    fn refresh_token(&self) -> String {
        let picture = self.running().app.snapshot.load();
        let source = &picture.sources[&self.source.parse().unwrap()].asset;
        let secrets = source.integration.as_ref().unwrap().secrets();
        secrets.into_iter().find(|(name, _)| *name == "refreshToken").unwrap().1.expose().to_owned()
    }

    async fn refresh_token_becomes(&self, token: &str) {
        let patience = Instant::now() + Duration::from_secs(30);
        while self.refresh_token() != token {
            assert!(Instant::now() < patience, "it is still {}", self.refresh_token());
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_the_provider_replaces_is_asked_with_next_time() {
    for (settings, click, tokens, first) in [
        (google("data-manager", ""), "gclid", GOOGLE_TOKENS, "1//refresh"),
        (microsoft(), "msclkid", MICROSOFT_TOKENS, "M.C5refresh"),
    ] {
        let street = Street::to(settings, click).await;
        let path = format!("/traffic-sources/{}", street.source);
        let seen = street.api("GET", &path, Value::Null).await;
        street.grants(tokens);
        street.converts(&format!("{click}=a")).await;
        street.refresh_token_becomes("renewed-secret").await;
        street.clock.advance_ms(60 * MINUTE_MS);
        street.converts(&format!("{click}=b")).await;
        assert_eq!(street.asked_with(), [first, "renewed-secret"]);
        // Who saw the source before may save it: its version is the same, and the mask stands for the
        // token in force.
        street.api("PUT", &path, seen).await;
        assert_eq!(street.refresh_token(), "renewed-secret");
        let log = street.api("GET", "/audit?limit=10", Value::Null).await.to_string();
        assert!(log.contains("renew-token") && log.contains(&street.source), "{log}");
        for secret in [first, "renewed-secret"] {
            assert!(!log.contains(secret), "{secret} in {log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_somebody_entered_meanwhile_stays() {
    let street = Street::to(microsoft(), "msclkid").await;
    street.grants(MICROSOFT_TOKENS);
    let app = &street.running().app;
    let caller = Caller::command_line(street.clock.now_ms());
    let source = street.source.parse().unwrap();
    for (before, expected) in [("of yesterday", "M.C5refresh"), ("M.C5refresh", "of the provider")]
    {
        let edit = publish::Edit::begin(app, &caller).await;
        publish::renew(edit, source, before, "of the provider").await.unwrap();
        assert_eq!(street.refresh_token(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_is_asked_for_with_is_written_as_the_provider_wants_it() {
    let street = Street::to(microsoft(), "msclkid").await;
    street.grants(MICROSOFT_TOKENS);
    street.converts("msclkid=a").await;
    let asked = &street.platform.heard()[0];
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", MICROSOFT_TOKENS));
    assert!(asked.headers.contains("content-type: application/x-www-form-urlencoded"));
    // A public client has no secret.
    assert_eq!(
        asked.body,
        "grant_type=refresh_token&client_id=client&refresh_token=M.C5refresh\
         &scope=https%3A%2F%2Fads.microsoft.com%2Fmsads.manage+offline_access"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_microsoft_token_that_is_refused_early_is_renewed_once() {
    let street = Street::to(microsoft(), "msclkid").await;
    let given = AtomicU64::new(0);
    street.platform.behave(move |heard| {
        let expired = json!({"Errors": [{"Code": 109, "ErrorCode": "AuthenticationTokenExpired"}]});
        match (heard.target.as_str(), heard.headers.contains("Bearer granted-2")) {
            (MICROSOFT_TOKENS, _) => {
                let token = format!("granted-{}", given.fetch_add(1, Ordering::SeqCst) + 1);
                answers("200 OK", json!({"access_token": token, "expires_in": 3600}))
            }
            (_, true) => answers("200 OK", json!({})),
            (_, false) => answers("401 Unauthorized", expired),
        }
    });
    street.converts("msclkid=a").await;
    assert_eq!(street.used(), ["asked for", "granted-1", "asked for", "granted-2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_wait_until_a_new_refresh_token_is_entered() {
    let street = Street::to(microsoft(), "msclkid").await;
    street.platform.behave(|heard| {
        let gone = json!({"error": "invalid_grant", "error_description": "AADSTS70000: revoked"});
        match (heard.target.as_str(), heard.body.contains("refresh_token=M.C6new")) {
            (MICROSOFT_TOKENS, true) => {
                answers("200 OK", json!({"access_token": "granted", "expires_in": 3600}))
            }
            (MICROSOFT_TOKENS, false) => answers("400 Bad Request", gone),
            _ => answers("200 OK", json!({})),
        }
    });
    let hit = street.hit("msclkid=a", false).await;
    street.books(&format!("hit={hit}&rev=1")).await;
    let rows = street.deliveries_become(|rows| rows[0]["attempts"] == 1).await;
    assert_eq!(rows[0]["state"], "owed");
    let reason =
        "Microsoft no longer accepts the refresh token: make a new one (AADSTS70000: revoked)";
    assert_eq!(rows[0]["reason"], reason);
    assert_eq!(street.used(), ["asked for"], "nothing is sent without a token");

    let path = format!("/traffic-sources/{}", street.source);
    let mut source = street.api("GET", &path, Value::Null).await;
    source["integration"] = with(microsoft(), json!({"refreshToken": "M.C6new"}));
    street.api("PUT", &path, source).await;
    // The first repetition comes within five minutes.
    street.clock.advance_ms(5 * MINUTE_MS);
    let rows = street.settled().await;
    assert_eq!(rows[0]["state"], "delivered", "{rows:#?}");
    assert_eq!(street.used(), ["asked for", "asked for", "granted"]);
}
