//! What the server reports: the drill-down's figures by the visit's own mark.

use crate::server::Server;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const ROWS_A_PAGE: usize = 10_000;
/// A report store that was damaged is made anew, which takes its time.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);

/// Waits until reports are complete up to this moment.
pub(super) async fn wait_until_now(server: &Server, key: &str, patience: Duration) {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let began = Instant::now();
    loop {
        let report = drilldown(server, key, json!([]), 0).await;
        if as_of_ms(&report) > now_ms {
            return;
        }
        assert!(
            began.elapsed() < patience,
            "reports do not catch up: {report}; the log says\n{}",
            server.log()
        );
        tokio::time::sleep(POLL).await;
    }
}

/// The report's figures by the visit's own mark, once reports show everything until now.
pub(super) async fn rows_by_visit(server: &Server, key: &str) -> HashMap<String, Value> {
    wait_until_now(server, key, PATIENCE).await;
    let mut rows = HashMap::new();
    for page in 0.. {
        let report = drilldown(server, key, json!([{"by": "external"}]), page * ROWS_A_PAGE).await;
        let page = report["rows"].as_array().unwrap();
        if page.is_empty() {
            break;
        }
        for row in page {
            let mark = row["key"].as_str().unwrap_or_default().to_owned();
            assert!(rows.insert(mark, row["metrics"].clone()).is_none(), "{row} twice");
        }
    }
    rows
}

async fn drilldown(server: &Server, key: &str, groupings: Value, offset: usize) -> Value {
    let query = json!({"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z",
        "groupings": groupings, "columns": ["visits", "landerClicks", "conversions", "revenue"],
        "sort": {"by": "key"}, "limit": ROWS_A_PAGE, "offset": offset});
    let answer = server.api("POST", "/reports/drilldown", key, query).await;
    if answer.status() == 503 {
        // Killed inside the report store, it serves without reports while it makes them anew.
        return Value::Null;
    }
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{text}; the log says\n{}", server.log());
    serde_json::from_str(&text).unwrap()
}

fn as_of_ms(report: &Value) -> i64 {
    let at = report["asOf"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    at.map_or(0, jiff::Timestamp::as_millisecond)
}
