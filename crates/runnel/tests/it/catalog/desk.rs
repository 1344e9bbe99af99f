//! Somebody at the API with a key: requests in process, answers as JSON.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use runnel::admin::{Caller, Role};
use runnel::app::App;
use runnel::clock::Clock;
use runnel::config::Config;
use runnel::store::people::keys::{self, NewKey};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

/// 2026-11-22T00:00:00Z.
pub const NOW_MS: u64 = 1_795_305_600_000;

/// A server with its own folder.
pub struct Desk {
    pub app: Arc<App>,
    router: axum::Router,
    folder: tempfile::TempDir,
}

impl Desk {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path()).await;
        Self { router: runnel::admin::router(Arc::clone(&app)), app, folder }
    }

    /// The same folder, opened by a new process.
    pub async fn reopen(self) -> Self {
        let Self { app, folder, router } = self;
        app.database.pool.close().await;
        drop((app, router));
        let app = self::app(folder.path()).await;
        Self { router: runnel::admin::router(Arc::clone(&app)), app, folder }
    }

    pub async fn key(&self, role: Role) -> String {
        let mut connection = self.app.database.pool.acquire().await.unwrap();
        let caller = Caller::command_line(NOW_MS);
        let new = NewKey { name: role.as_str(), role, expires_ms: None };
        keys::create(&mut connection, &self.app.clock, &caller, new).await.unwrap().1
    }

    /// Somebody with a key of this role.
    pub async fn person(&self, role: Role) -> Person<'_> {
        Person { desk: self, key: self.key(role).await }
    }
}

async fn app(folder: &std::path::Path) -> Arc<App> {
    let config = Config { data: folder.to_owned(), ..Config::default() };
    App::open(config, Clock::fake(NOW_MS)).await.unwrap()
}

/// Somebody with a key.
pub struct Person<'a> {
    desk: &'a Desk,
    key: String,
}

/// A status and a JSON body (null when empty).
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
}

impl Reply {
    /// The body, after a check of the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// The fields at fault, after a check for 400.
    #[track_caller]
    pub fn faults(self) -> Vec<String> {
        let body = self.expect(400);
        assert_eq!(body["type"], "invalid");
        let faults = body["faults"].as_array().unwrap().iter();
        faults.map(|fault| fault["field"].as_str().unwrap().to_owned()).collect()
    }
}

impl Person<'_> {
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, Body::empty()).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, body.to_string().into()).await
    }

    /// A POST without a body.
    pub async fn press(&self, path: &str) -> Reply {
        self.send(Method::POST, path, Body::empty()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, body.to_string().into()).await
    }

    /// Adds an asset; returns its ID.
    pub async fn add(&self, kind: &str, body: Value) -> String {
        let added = self.post(&format!("/{kind}"), body).await.expect(201);
        added["id"].as_str().unwrap().to_owned()
    }

    async fn send(&self, method: Method, path: &str, body: Body) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(body)
            .unwrap();
        let response = self.desk.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Reply { status, body }
    }
}

/// Lander → offer, with a traffic node before.
pub fn funnel(lander: &str, offer: &str) -> Value {
    json!({"name": "Demo",
        "nodes": [
            {"id": "nodeTraffic1", "kind": "traffic"},
            {"id": "nodeLander01", "kind": "lander", "pages": [{"page": lander, "weight": 1}]},
            {"id": "nodeOffer001", "kind": "offer", "pages": [{"page": offer, "weight": 1}]}],
        "connections": [
            {"id": "connection01", "from": "nodeTraffic1", "to": "nodeLander01", "weight": 1},
            {"id": "connection02", "from": "nodeLander01", "to": "nodeOffer001", "actions": [1],
             "fire": [{"conversion": {"rev": "2.50"}}]}]})
}
