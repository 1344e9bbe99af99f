//! Bad input to every endpoint: always an answer below 500, and problem+json that names the field.

use super::sample::{fitting, hostile, mutations};
use super::{Operation, document, operations};
use crate::office::{As, Office, Reply, request};
use axum::body::Body;
use runnel::admin::Role;
use runnel::config::Config;
use serde_json::{Value, json};

/// What is wrong with an answer to bad input, if anything.
fn fault(reply: &Reply) -> Option<String> {
    let told = &reply.body;
    // Only a report store that is not open may say so.
    let closed = reply.status == 503 && told["type"] == "unavailable";
    if reply.status >= 500 && !closed {
        return Some(format!("{} {told}", reply.status));
    }
    if reply.status < 400 {
        return None;
    }
    let is_problem =
        reply.headers.get("content-type").is_some_and(|kind| kind == "application/problem+json");
    let complete =
        told["type"].is_string() && told["title"].is_string() && told["status"] == reply.status;
    if !is_problem || !complete {
        return Some(format!("{} is no problem+json: {told}", reply.status));
    }
    let fields = reply.fields();
    if reply.status == 400 && (fields.is_empty() || fields.contains(&"")) {
        return Some(format!("400 names no field: {told}"));
    }
    None
}

struct Siege {
    office: Office,
    owner: As,
    faults: Vec<String>,
}

impl Siege {
    async fn begin() -> Self {
        let office = Office::with(Config { api_body_bytes: 200_000, ..Config::default() }).await;
        let owner = office.key(Role::Owner).await;
        Self { office, owner, faults: Vec::new() }
    }

    async fn send(&mut self, operation: &Operation, path: &str, body: impl Into<Body>) -> Reply {
        let sent = request(&self.owner, &operation.method, &format!("/api/v1{path}"));
        let reply = self.office.send(sent, body.into()).await;
        if let Some(fault) = fault(&reply) {
            self.faults.push(format!("{}: {fault}", operation.name()));
        }
        reply
    }

    fn expect(&mut self, operation: &Operation, what: &str, reply: &Reply, right: bool) {
        if !right {
            let told = format!("{} {}", reply.status, reply.body);
            self.faults.push(format!("{}: {what} → {told}", operation.name()));
        }
    }

    #[track_caller]
    fn end(mut self) {
        self.faults.sort();
        self.faults.dedup();
        let (count, some) = (self.faults.len(), self.faults.iter().take(60));
        let some: Vec<_> = some.map(|f| f.chars().take(400).collect::<String>()).collect();
        assert!(some.is_empty(), "{count} faults: {some:#?}");
    }
}

fn with_body(document: &Value) -> Vec<Operation> {
    operations(document).into_iter().filter(|operation| operation.body().is_some()).collect()
}

#[tokio::test]
async fn bodies_that_are_no_json_or_no_object_are_refused() {
    let mut siege = Siege::begin().await;
    let document = document();
    for operation in with_body(&document) {
        let path = operation.path_with("doesNotExist");
        for bad in ["{", "", "nonsense", "[]", "7", "\"text\"", "null", "{\"a\":1}}", "\u{feff}{}"]
        {
            let reply = siege.send(&operation, &path, bad).await;
            let left_out = bad.is_empty() && !operation.needs_body();
            siege.expect(&operation, bad, &reply, reply.status == 400 || left_out);
        }
        for bad in [vec![0xff, 0xfe], "[".repeat(100_000).into_bytes()] {
            let reply = siege.send(&operation, &path, bad).await;
            siege.expect(&operation, "bytes", &reply, reply.status == 400);
        }
    }
    siege.end();
}

#[tokio::test]
async fn unknown_fields_are_named() {
    let mut siege = Siege::begin().await;
    let document = document();
    for operation in with_body(&document) {
        // The version is there because some look for it before anything else.
        let body = json!({"notAField": 1, "version": 1}).to_string();
        let path = operation.path_with("doesNotExist");
        let reply = siege.send(&operation, &path, body).await;
        let named = reply.status == 400 && reply.fields().contains(&"notAField");
        siege.expect(&operation, "unknown field", &reply, named);
    }
    siege.end();
}

#[tokio::test]
async fn oversize_bodies_and_other_kinds_are_refused_by_status() {
    let mut siege = Siege::begin().await;
    let document = document();
    for operation in with_body(&document) {
        let path = operation.path_with("doesNotExist");
        let large = format!("{{\"x\":\"{}\"}}", "x".repeat(200_000));
        let reply = siege.send(&operation, &path, large).await;
        siege.expect(&operation, "oversize", &reply, reply.status == 413);
        let As::Key(key) = siege.owner.clone() else { unreachable!() };
        let sent = http::Request::builder()
            .method(operation.method.as_str())
            .uri(format!("/api/v1{path}"))
            .header("x-api-key", key)
            .header("content-type", "text/plain");
        let reply = siege.office.send(sent, "{}".into()).await;
        siege.expect(&operation, "text/plain", &reply, reply.status == 415);
    }
    siege.end();
}

#[tokio::test]
async fn no_part_of_a_body_can_be_changed_into_a_server_error() {
    let mut siege = Siege::begin().await;
    let (document, instead) = (document(), hostile());
    for operation in with_body(&document) {
        let sample = fitting(&document, operation.body().unwrap());
        let path = operation.path_with("doesNotExist");
        siege.send(&operation, &path, sample.to_string()).await;
        for changed in mutations(&sample, &instead) {
            siege.send(&operation, &path, changed.to_string()).await;
        }
    }
    siege.end();
}

const BAD_VALUES: [&str; 10] = [
    "",
    "x",
    "-1",
    "99999999999999999999999",
    "1e400",
    "%00",
    "%ff%fe",
    "%0d%0aX:y",
    "..%2f..%2fetc",
    "%F0%9F%92%A9",
];

#[tokio::test]
async fn bad_paths_and_queries_are_refused_or_harmless() {
    let mut siege = Siege::begin().await;
    let document = document();
    for operation in operations(&document) {
        let body = |operation: &Operation| operation.body().map_or("", |_| "{}");
        for bad in BAD_VALUES.into_iter().filter(|bad| !bad.is_empty()) {
            if operation.path.contains('{') {
                let path = operation.path_with(bad);
                siege.send(&operation, &path, body(&operation)).await;
            }
        }
        let path = operation.path_with("doesNotExist");
        for name in operation.parameters("query") {
            for bad in BAD_VALUES {
                siege.send(&operation, &format!("{path}?{name}={bad}"), body(&operation)).await;
            }
            let twice = format!("{path}?{name}=1&{name}=2");
            siege.send(&operation, &twice, body(&operation)).await;
        }
    }
    siege.end();
}
