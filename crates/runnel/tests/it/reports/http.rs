//! Reports over HTTP: from the journal's bytes to the API's JSON and files.

use super::world::{START_MS, World, id};
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use rules::record::Record;
use runnel::app::App;
use runnel::clock::Clock;
use runnel::config::Config;
use runnel::feed::Feed;
use runnel::store::people::{Caller, Role, keys};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

/// A server's stores with a world in its journal, and feed running.
struct Server {
    app: Arc<App>,
    router: axum::Router,
    key: String,
    world: World,
    _feed: Feed,
    _folder: tempfile::TempDir,
}

struct Answered {
    status: u16,
    kind: String,
    body: Vec<u8>,
}

impl Answered {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

impl Server {
    async fn with(visits: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().into(), ..Config::default() };
        let app = App::open(config, Clock::fake(START_MS)).await.unwrap();
        let world = World::random(7, visits);
        let mut last = 0;
        for record in &world.records {
            last = app.journal.append(record.request.as_u128(), record.to_bytes()).unwrap();
        }
        app.journal.synced(last).await.unwrap();
        let feed = Feed::of(&app).unwrap();
        let key = key(&app, Role::Editor).await;
        let router = runnel::admin::router(app.clone());
        let server = Self { app, router, key, world, _feed: feed, _folder: folder };
        while server.app.facts.as_of_ms() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        server
    }

    async fn post(&self, path: &str, body: Value) -> Answered {
        self.post_as(&self.key, path, body).await
    }

    async fn post_as(&self, key: &str, path: &str, body: Value) -> Answered {
        self.send(key, "POST", &format!("reports/{path}"), body).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Answered {
        self.send(&self.key, method, path, body).await
    }

    async fn send(&self, key: &str, method: &str, path: &str, body: Value) -> Answered {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        Answered { status, kind, body }
    }
}

async fn key(app: &App, role: Role) -> String {
    let new = keys::NewKey { name: "test", role, expires_ms: None };
    let caller = Caller::command_line(START_MS);
    let mut connection = app.database.pool.acquire().await.unwrap();
    keys::create(&mut connection, &app.clock, &caller, new).await.unwrap().1
}

fn query(more: Value) -> Value {
    let mut query = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"});
    query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    query
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_down_has_the_shape_that_others_rely_on() {
    let server = Server::with(20).await;
    let groupings = json!([{"by": "lander"}, {"by": "country", "include": ["US"]}]);
    let sort = json!({"by": "revenue", "desc": true});
    let body = query(json!({
        "timezone": "UTC", "clock": "visit", "groupings": groupings, "filters": [],
        "sort": sort, "limit": 100, "offset": 0, "bots": "include",
    }));
    let report = server.post("drilldown", body).await;
    assert_eq!(report.status, 200, "{}", report.text());
    let report = report.json();
    let entrances = |r: &&Record| r.is_entrance() && r.facts.country == "US";
    let visits = server.world.records.iter().filter(entrances).count();
    assert_eq!(report["totals"]["visits"], json!(visits));
    assert_eq!(report["totals"]["leftOut"], json!({"visits": 0, "cost": "0.00"}));
    let first = &report["rows"][0];
    assert_eq!(first["level"], json!(0));
    assert!(first["key"].as_str().is_some_and(|key| key.len() == 12));
    assert!(first["metrics"]["revenue"].is_string());
    assert_eq!(first["children"][0]["key"], json!("US"));
    assert_eq!(first["children"][0]["metrics"], first["metrics"]);
    assert_eq!(report["columns"][0]["name"], json!("visits"));
    assert!(report["asOf"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_named_at_its_field() {
    let server = Server::with(1).await;
    let faults = [
        (json!({"groupings": [{"by": "lander"}, {"by": "1;drop"}]}), "groupings[1].by"),
        (json!({"groupings": [{"by": "lander"}, {"by": "lander"}]}), "groupings[1].by"),
        (json!({"filters": [{"by": "node", "exclude": ["x"]}]}), "filters[0].exclude"),
        (json!({"filters": [{"by": "hour", "include": ["25"]}]}), "filters[0].include[0]"),
        (json!({"columns": ["visits", "vists"]}), "columns[1]"),
        (json!({"sort": {"by": "f.visits"}}), "sort.by"),
        (json!({"timezone": "Mars/Olympus"}), "timezone"),
        (json!({"to": "2026-09-01T00:00:00Z"}), "to"),
        (json!({"limit": 10_001}), "limit"),
        (json!({"grouping": []}), "grouping"),
    ];
    for (body, field) in faults {
        let answer = server.post("drilldown", query(body.clone())).await;
        assert_eq!((answer.status, &*answer.kind), (400, "application/problem+json"), "{body}");
        assert_eq!(answer.json()["faults"][0]["field"], json!(field), "{body}");
    }
    let eleven: Vec<_> = (1..=11).map(|n| json!({"by": format!("c{n}")})).collect();
    let answer = server.post("drilldown", query(json!({"groupings": eleven}))).await;
    assert_eq!(answer.json()["faults"][0]["field"], json!("groupings"));
    let ten: Vec<_> = (1..=10).map(|n| json!({"by": format!("c{n}")})).collect();
    let answer = server.post("drilldown", query(json!({"groupings": ten}))).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_level_are_the_level() {
    let server = Server::with(30).await;
    let asked = |limit: u32, offset: u32, by: &str, sort: &str| {
        let sort = json!({"by": sort, "desc": true});
        query(json!({"groupings": [{"by": by}, {"by": "offer"}], "sort": sort, "limit": limit,
            "offset": offset, "bots": "include"}))
    };
    // Some are cut by the store, those with many keys before most is summed; a path's are cut here.
    let asked_for =
        [("date", "roi"), ("country", "visits"), ("ip", "roi"), ("tx", "cost"), ("node", "visits")];
    for (by, sort) in asked_for {
        let whole = server.post("drilldown", asked(100, 0, by, sort)).await.json();
        let whole = whole["rows"].as_array().unwrap().clone();
        let mut paged = Vec::new();
        for page in 0..whole.len().div_ceil(2) as u32 {
            let answer = server.post("drilldown", asked(2, page * 2, by, sort)).await.json();
            assert_eq!(answer["rowsTotal"], json!(whole.len()), "{by}");
            paged.extend(answer["rows"].as_array().unwrap().clone());
        }
        assert_eq!(paged, whole, "{by}");
        let weights: Vec<f64> = whole
            .iter()
            .filter(|row| !row["key"].is_null())
            .map(|row| row["metrics"][sort].as_f64().unwrap())
            .collect();
        assert!(weights.is_sorted_by(|a, b| a >= b), "{by}: {weights:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flat_lines_and_files_sum_to_the_total() {
    let server = Server::with(20).await;
    let groupings = json!([{"by": "source"}, {"by": "lander"}, {"by": "offer"}]);
    let columns = json!(["visits", "cost", "roi"]);
    let body =
        json!({"groupings": groupings, "columns": columns, "shape": "flat", "bots": "include"});
    let body = query(body);
    let report = server.post("drilldown", body.clone()).await.json();
    let rows = report["rows"].as_array().unwrap();
    let sum: i64 = rows.iter().map(|row| row["metrics"]["visits"].as_i64().unwrap()).sum();
    assert_eq!(json!(sum), report["totals"]["visits"]);

    let csv = server.post("drilldown/export?format=csv", body.clone()).await;
    assert_eq!((csv.status, &*csv.kind), (200, "text/csv; charset=utf-8"));
    let csv = csv.text();
    let header = "source-key,source,lander-key,lander,offer-key,offer,visits,cost,roi";
    assert_eq!(csv.lines().next(), Some(header));
    assert_eq!(csv.lines().count(), rows.len() + 1);

    let json = server.post("drilldown/export?format=json", body.clone()).await.json();
    assert_eq!(json["rows"].as_array().unwrap().len(), rows.len());

    let parquet = server.post("drilldown/export?format=parquet", body).await;
    assert_eq!(parquet.status, 200, "{}", String::from_utf8_lossy(&parquet.body));
    assert!(parquet.body.starts_with(b"PAR1") && parquet.body.ends_with(b"PAR1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_hits_are_the_records_newest_first() {
    let server = Server::with(20).await;
    let all = server.post("hits", query(json!({"limit": 1000}))).await;
    assert_eq!(all.status, 200, "{}", all.text());
    let all = all.json();
    let hits: usize = server.world.records.iter().map(|record| record.steps.len()).sum();
    assert_eq!(all["rows"].as_array().unwrap().len(), hits);
    let touches = |record: &&Record| record.kind != rules::record::RequestKind::Touch;
    let requests = server.world.records.iter().filter(touches).count();
    assert_eq!(all["requestsTotal"], json!(requests));
    let newest = server.world.records.iter().rfind(touches).unwrap();
    assert_eq!(all["rows"][0]["hit"], json!(newest.hit(0).unwrap().to_string()));
    assert_eq!(all["rows"][0]["country"], json!(newest.facts.country));

    let filter =
        json!({"filters": [{"by": "offer", "include": [id(202).to_string()]}], "limit": 1000});
    let some = server.post("hits", query(filter)).await.json();
    let steps = server.world.records.iter().flat_map(|record| &record.steps);
    let expected = steps
        .filter(|s| s.page == Some(id(202)) && s.kind == rules::record::PassedKind::Offer)
        .count();
    assert_eq!(some["rows"].as_array().unwrap().len(), expected);
    assert!(
        some["rows"].as_array().unwrap().iter().all(|r| r["page"] == json!(id(202).to_string()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_said_afterwards_counts_and_can_be_taken_back() {
    let server = Server::with(30).await;
    let country = async || {
        let body = query(json!({"groupings": [{"by": "country"}], "columns": ["cost", "visits"]}));
        let report = server.post("drilldown", body).await.json();
        let rows = report["rows"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["key"] == "US").unwrap()["metrics"].clone()
    };
    let before = country().await;
    let update = |dry: bool| query(json!({"countries": ["US"], "total": "100", "dryRun": dry}));
    let dry = server.call("PUT", "updates/costs", update(true)).await;
    assert_eq!(dry.status, 200, "{}", dry.text());
    assert_eq!(dry.json()["id"], Value::Null);
    assert_eq!(dry.json()["visits"], before["visits"]);
    assert_eq!(dry.json()["costBefore"], before["cost"]);
    assert_eq!(country().await, before);

    let said = server.call("PUT", "updates/costs", update(false)).await.json();
    assert_eq!(said["costAfter"], json!("100.00"));
    while country().await["cost"] != json!("100.00") {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let undo = format!("updates/costs/{}/undo", said["id"].as_str().unwrap());
    assert_eq!(server.call("POST", &undo, json!({})).await.status, 200);
    while country().await["cost"] != before["cost"] {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(server.call("POST", &undo, json!({})).await.status, 409);

    for (more, field) in [
        (json!({"total": "1", "perEntrance": "1"}), "total"),
        (json!({"perEntrance": "-0.01"}), "perEntrance"),
        (json!({"total": "1", "countries": ["XX"]}), "from"),
        (json!({"total": "1", "fields": {"c21": ["a"]}}), "fields.c21"),
    ] {
        let answer = server.call("PUT", "updates/costs", query(more.clone())).await;
        assert_eq!(answer.status, 400, "{more}");
        assert_eq!(answer.json()["faults"][0]["field"], json!(field), "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_reads_reports_but_no_raw_hits() {
    let server = Server::with(1).await;
    let viewer = key(&server.app, Role::Viewer).await;
    for (path, status) in
        [("drilldown", 200), ("hits", 403), ("events", 403), ("drilldown/export", 403)]
    {
        assert_eq!(server.post_as(&viewer, path, query(json!({}))).await.status, status, "{path}");
    }
    assert_eq!(server.post_as("none", "drilldown", query(json!({}))).await.status, 401);
}
