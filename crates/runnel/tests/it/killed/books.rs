//! The client's own record of what was answered, and its comparison with what the server reports.

use super::TASKS;
use super::server::Server;
use runnel::clock::Clock;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// One answered click in so many may be missing: it was answered before its sync …
const MISSING_ONE_IN: usize = 1000;
/// … but in a short test one stall of a busy machine is more than that: what its visitors have been
/// answered meanwhile.
const MISSING_BY_A_STALL: usize = 2 * TASKS;
/// A click answered sooner waited for its sync to the end, for this is how long it would have waited.
pub const CLICK_WAIT: Duration = Duration::from_millis(4);
const EXPLORED: usize = 60;
const ROWS_A_PAGE: usize = 10_000;

/// How a click was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// After its record was on disk.
    Synced,
    /// Perhaps before.
    Perhaps,
}

/// What was answered in one visit.
#[derive(Clone, Debug, Default)]
struct Visit {
    entered: Option<Answered>,
    acted: Option<Answered>,
    booked: bool,
    hits: Vec<String>,
}

#[derive(Default)]
pub struct Books {
    next: AtomicU32,
    visits: Mutex<BTreeMap<u32, Visit>>,
    debts: Mutex<BTreeMap<u32, String>>,
    entrances: watch::Sender<usize>,
    missing: AtomicUsize,
}

impl Books {
    pub fn next_visit(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub fn note_entered(&self, id: u32, hit: &str, answered: Answered) {
        let mut visits = self.visits.lock().unwrap();
        let visit = visits.entry(id).or_default();
        visit.entered = Some(answered);
        visit.hits.push(hit.to_owned());
        self.entrances.send_modify(|entrances| *entrances += 1);
    }

    /// Follows the number of answered entrances.
    pub fn entrances(&self) -> watch::Receiver<usize> {
        self.entrances.subscribe()
    }

    pub fn note_acted(&self, id: u32, hit: &str, answered: Answered) {
        let mut visits = self.visits.lock().unwrap();
        let visit = visits.entry(id).or_default();
        visit.acted = Some(answered);
        visit.hits.push(hit.to_owned());
    }

    pub fn owe(&self, id: u32, hit: &str) {
        self.debts.lock().unwrap().insert(id, hit.to_owned());
    }

    pub fn take_debts(&self) -> BTreeMap<u32, String> {
        std::mem::take(&mut *self.debts.lock().unwrap())
    }

    pub fn note_booked(&self, id: u32) {
        self.visits.lock().unwrap().entry(id).or_default().booked = true;
        self.debts.lock().unwrap().remove(&id);
    }

    /// What the conversion of a visit earns: each another amount.
    pub fn revenue(id: u32) -> String {
        format!("{}.{:02}", id / 100, id % 100)
    }

    pub fn summary(&self) -> String {
        let visits = self.visits.lock().unwrap();
        let count = |of: fn(&Visit) -> bool| visits.values().filter(|visit| of(visit)).count();
        format!(
            "{} entrances, {} actions, {} postbacks answered; {} clicks missing, {} postbacks owed",
            count(|visit| visit.entered.is_some()),
            count(|visit| visit.acted.is_some()),
            count(|visit| visit.booked),
            self.missing.load(Ordering::Relaxed),
            self.debts.lock().unwrap().len(),
        )
    }

    /// Every answered postback is there once with its amount, every answered click at most once, and
    /// almost none is missing.
    pub async fn compare_with_reports(&self, server: &Server, key: &str) {
        let rows = rows_by_visit(server, key).await;
        let visits = self.visits.lock().unwrap();
        let none = json!({"visits": 0, "landerClicks": 0, "conversions": 0, "revenue": "0.00"});
        let (mut answered, mut missing) = (0, Vec::new());
        for id in 0..self.next.load(Ordering::Relaxed) {
            let row = rows.get(&format!("K{id}")).unwrap_or(&none);
            let visit = visits.get(&id).cloned().unwrap_or_default();
            let at_most_once = ["visits", "landerClicks", "conversions"];
            assert!(
                at_most_once.iter().all(|column| row[column].as_u64() <= Some(1)),
                "{id} {row}"
            );
            for (known, column) in [(visit.entered, "visits"), (visit.acted, "landerClicks")] {
                answered += usize::from(known.is_some());
                if known.is_some() && row[column] == 0 {
                    assert_ne!(known, Some(Answered::Synced), "{column} of {id} is missing");
                    missing.push((id, column));
                }
            }
            if visit.booked {
                assert_eq!((&row["conversions"], &row["visits"]), (&json!(1), &json!(1)), "{id}");
            }
            if row["conversions"] == 1 {
                assert_eq!(row["revenue"], Self::revenue(id), "{id}");
            }
        }
        self.missing.store(missing.len(), Ordering::Relaxed);
        assert!(answered > 0 && rows.len() <= self.next.load(Ordering::Relaxed) as usize);
        let most = MISSING_BY_A_STALL.max(answered / MISSING_ONE_IN);
        assert!(missing.len() <= most, "{missing:?} of {answered} are missing");
        // A postback stays unanswered only where its click is gone.
        for id in self.debts.lock().unwrap().keys() {
            assert!(missing.contains(&(*id, "landerClicks")), "postback {id} is refused");
        }
    }

    /// The newest and the oldest hits are found one by one, with their conversions.
    pub async fn compare_with_explorer(&self, server: &Server, key: &str) {
        let visits: Vec<(u32, Visit)> =
            self.visits.lock().unwrap().iter().map(|(id, visit)| (*id, visit.clone())).collect();
        let stride = (visits.len() / EXPLORED).max(1);
        for (id, visit) in visits.iter().filter(|(_, visit)| visit.booked).step_by(stride) {
            for hit in &visit.hits {
                let path = format!("/explorer/hit/{hit}");
                let answer = server.api("GET", &path, key, Value::Null).await;
                assert_eq!(answer.status(), 200, "{id} {hit}");
                let seen: Value = answer.json().await.unwrap();
                assert_eq!(seen["hit"], json!(hit));
                assert_eq!(seen["request"]["fields"]["external"], json!(format!("K{id}")));
                let conversions = seen["conversions"].as_array().unwrap().len();
                assert_eq!(conversions, usize::from(Some(hit) == visit.hits.last()), "{id}");
            }
        }
    }
}

/// The report's figures by the visit's own mark, once reports show everything until now.
async fn rows_by_visit(server: &Server, key: &str) -> HashMap<String, Value> {
    let now_ms = Clock::System.now_ms() as i64;
    while as_of_ms(&drilldown(server, key, json!([]), 0).await) <= now_ms {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
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
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

fn as_of_ms(report: &Value) -> i64 {
    let at = report["asOf"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    at.map_or(0, jiff::Timestamp::as_millisecond)
}
