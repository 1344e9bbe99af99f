//! An app with its API in process: people with keys and cookies, a clock that tests move.

use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use runnel::admin::people::accounts::{Tools, create};
use runnel::admin::{Caller, Role};
use runnel::app::App;
use runnel::clock::Clock;
use runnel::config::Config;
use runnel::store::people::users::User;
use runnel::store::people::{keys, secret, sessions, users};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

/// 2026-11-22T00:00:00Z.
pub const NOW_MS: u64 = 1_795_305_600_000;
/// A password that the rules allow.
pub const PASSWORD: &str = "correct horse battery";

/// A server with its own folder.
pub struct Office {
    pub app: Arc<App>,
    pub clock: Clock,
    router: axum::Router,
    _folder: tempfile::TempDir,
}

/// What proves who asks.
#[derive(Clone, Debug)]
pub enum As {
    Nobody,
    Key(String),
    /// A browser on the console's own pages.
    Cookie(String),
}

/// A status, headers and a JSON body (null when empty or none).
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Office {
    pub async fn open() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::fake(NOW_MS);
        let config = Config { data: folder.path().to_owned(), ..config };
        let app = App::open(config, clock.clone()).await.unwrap();
        let router = runnel::admin::router(Arc::clone(&app));
        Self { app, clock, router, _folder: folder }
    }

    /// A key of this role that ends at `expires_ms`.
    pub async fn key_until(&self, role: Role, expires_ms: Option<i64>) -> (String, As) {
        let mut connection = self.app.database.pool.acquire().await.unwrap();
        let caller = Caller::command_line(NOW_MS);
        let new = keys::NewKey { name: role.as_str(), role, expires_ms };
        let (key, plain) = keys::create(&mut connection, &self.clock, &caller, new).await.unwrap();
        (key.id, As::Key(plain))
    }

    pub async fn key(&self, role: Role) -> As {
        self.key_until(role, None).await.1
    }

    /// A user whose password is [`PASSWORD`].
    pub async fn user(&self, email: &str, role: Role) -> String {
        let owner = Caller::command_line(self.clock.now_ms());
        let new = json!({"email": email, "role": role, "password": PASSWORD});
        let new = serde_json::from_value(new).unwrap();
        create(Tools::of(&self.app), &owner, new).await.unwrap().0.id
    }

    /// A session of a user of this role, without the work of a real log-in.
    pub async fn session(&self, role: Role) -> As {
        let email = format!("{role}@example.com");
        let mut transaction = self.app.database.begin_write().await.unwrap();
        let found = users::by_email(&mut transaction, &email).await.unwrap();
        let id = match found {
            Some(user) => user.id,
            None => {
                let user = bare_user(&self.clock, &email, role);
                users::insert(&mut transaction, &user).await.unwrap().unwrap();
                user.id
            }
        };
        let from = sessions::From { address: "192.0.2.9".into(), agent: "test" };
        let begun = sessions::begin(&mut transaction, &self.clock, &id, from).await.unwrap();
        transaction.commit().await.unwrap();
        As::Cookie(begun.1)
    }

    /// Logs in; gives the cookie.
    pub async fn log_in(&self, email: &str) -> As {
        let reply = self.try_log_in(email, PASSWORD, None).await;
        reply.is(200).cookie()
    }

    pub async fn try_log_in(&self, email: &str, password: &str, code: Option<&str>) -> Reply {
        let body = json!({"email": email, "password": password, "code": code});
        self.call(&As::Nobody, "POST", "/login", body).await
    }

    pub async fn get(&self, who: &As, path: &str) -> Reply {
        self.call(who, "GET", path, Value::Null).await
    }

    pub async fn call(&self, who: &As, method: &str, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { Body::empty() } else { body.to_string().into() };
        self.send(request(who, method, &format!("/api/v1{path}")), body).await
    }

    pub async fn send(&self, request: http::request::Builder, body: Body) -> Reply {
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let is_json = parts
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("json")));
        // An event stream never ends: only JSON is read.
        let bytes = if is_json { body.collect().await.unwrap().to_bytes() } else { "".into() };
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

/// A JSON request of `who`.
pub fn request(who: &As, method: &str, uri: &str) -> http::request::Builder {
    let request =
        Request::builder().method(method).uri(uri).header("content-type", "application/json");
    match who {
        As::Nobody => request,
        As::Key(key) => request.header("authorization", format!("Bearer {key}")),
        As::Cookie(token) => request
            .header("cookie", format!("runnel_session={token}"))
            .header("sec-fetch-site", "same-origin"),
    }
}

fn bare_user(clock: &Clock, email: &str, role: Role) -> User {
    User {
        id: clock.entity_id().to_string(),
        version: 1,
        email: email.into(),
        name: String::new(),
        role,
        password: secret::hash("never right"),
        totp_secret: None,
        totp_on: false,
        totp_step: 0,
        created_ms: clock.now_ms() as i64,
    }
}

impl Reply {
    /// Itself, after a check of the status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:#}", self.body);
        self
    }

    /// The session that it sets.
    #[track_caller]
    pub fn cookie(&self) -> As {
        let cookie = self.headers["set-cookie"].to_str().unwrap();
        let token = cookie.strip_prefix("runnel_session=").unwrap().split(';').next().unwrap();
        As::Cookie(token.into())
    }

    /// The fields at fault.
    pub fn fields(&self) -> Vec<&str> {
        let faults = self.body["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
        faults.iter().filter_map(|fault| fault["field"].as_str()).collect()
    }

    pub fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default()
    }
}

/// Whether the guard refused.
pub fn refused(reply: &Reply) -> bool {
    matches!(reply.status, 401 | 403)
}
