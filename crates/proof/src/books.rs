//! The client's own record of what was answered, and its comparison with what the server reports.

mod reports;

use crate::server::Server;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A click answered sooner waited for its sync to the end, for this is how long it would have waited.
const CLICK_WAIT: Duration = Duration::from_millis(4);
const EXPLORED: usize = 60;

/// How a click was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// From the request to its answer.
    pub took: Duration,
    /// When.
    pub at: Instant,
}

/// What was answered in one visit.
#[derive(Clone, Debug, Default)]
struct Visit {
    life: usize,
    entered: Option<Answered>,
    acted: Option<Answered>,
    booked: bool,
    hits: Vec<String>,
}

/// A click that was answered and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The visit.
    pub id: u32,
    /// The column it should have counted in.
    pub column: &'static str,
    /// Which life of the server answered it.
    pub life: usize,
    /// Whether that was after the power had failed under it.
    pub late: bool,
}

/// What was asked and answered so far, in all lives of the server.
#[derive(Default)]
pub struct Books {
    next: AtomicU32,
    life: AtomicUsize,
    visits: Mutex<BTreeMap<u32, Visit>>,
    debts: Mutex<BTreeMap<u32, String>>,
    entrances: watch::Sender<usize>,
    bookings: watch::Sender<usize>,
    unavailable: watch::Sender<usize>,
    ends: Mutex<BTreeMap<usize, Instant>>,
}

impl Books {
    /// A number for a new visit.
    pub fn next_visit(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The present life of the server; the first is 0.
    pub fn life(&self) -> usize {
        self.life.load(Ordering::Relaxed)
    }

    /// A new server answers from now on.
    pub fn next_life(&self) {
        self.life.fetch_add(1, Ordering::Relaxed);
    }

    /// The power fails now: what is answered later in this life cannot be there.
    pub fn note_power_failure(&self) {
        self.ends.lock().unwrap().insert(self.life(), Instant::now());
    }

    /// An entrance was answered with this hit.
    pub fn note_entered(&self, id: u32, hit: &str, answered: Answered) {
        let mut visits = self.visits.lock().unwrap();
        let visit = visits.entry(id).or_default();
        (visit.entered, visit.life) = (Some(answered), self.life());
        visit.hits.push(hit.to_owned());
        self.entrances.send_modify(|entrances| *entrances += 1);
    }

    /// Follows the number of answered entrances.
    pub fn entrances(&self) -> watch::Receiver<usize> {
        self.entrances.subscribe()
    }

    /// Follows the number of answered postbacks.
    pub fn bookings(&self) -> watch::Receiver<usize> {
        self.bookings.subscribe()
    }

    /// Follows the number of postbacks that were answered with 503.
    pub fn unavailable(&self) -> watch::Receiver<usize> {
        self.unavailable.subscribe()
    }

    /// An action was answered with this hit.
    pub fn note_acted(&self, id: u32, hit: &str, answered: Answered) {
        let mut visits = self.visits.lock().unwrap();
        let visit = visits.entry(id).or_default();
        visit.acted = Some(answered);
        visit.hits.push(hit.to_owned());
    }

    /// A conversion is to be reported until that is answered with success.
    pub fn owe(&self, id: u32, hit: &str) {
        self.debts.lock().unwrap().insert(id, hit.to_owned());
    }

    /// All that is to be reported, to be owed again.
    pub fn take_debts(&self) -> BTreeMap<u32, String> {
        std::mem::take(&mut *self.debts.lock().unwrap())
    }

    /// A postback was answered with success.
    pub fn note_booked(&self, id: u32) {
        self.visits.lock().unwrap().entry(id).or_default().booked = true;
        self.debts.lock().unwrap().remove(&id);
        self.bookings.send_modify(|bookings| *bookings += 1);
    }

    /// A postback was answered with 503.
    pub fn note_unavailable(&self) {
        self.unavailable.send_modify(|count| *count += 1);
    }

    /// What the conversion of a visit earns: each another amount.
    pub fn revenue(id: u32) -> String {
        format!("{}.{:02}", id / 100, id % 100)
    }

    /// One line of figures.
    pub fn summary(&self) -> String {
        let visits = self.visits.lock().unwrap();
        let count = |of: fn(&Visit) -> bool| visits.values().filter(|visit| of(visit)).count();
        format!(
            "{} entrances, {} actions, {} postbacks answered, {} answered 503, {} owed",
            count(|visit| visit.entered.is_some()),
            count(|visit| visit.acted.is_some()),
            count(|visit| visit.booked),
            *self.unavailable.borrow(),
            self.debts.lock().unwrap().len(),
        )
    }

    /// How many clicks were answered, without those answered after the power had failed.
    pub fn clicks_in_time(&self) -> usize {
        let visits = self.visits.lock().unwrap();
        let clicks = visits.values().flat_map(|visit| {
            [visit.entered, visit.acted].into_iter().flatten().map(move |click| (visit, click))
        });
        clicks.filter(|(visit, click)| !self.is_late(visit.life, click)).count()
    }

    fn is_late(&self, life: usize, click: &Answered) -> bool {
        self.ends.lock().unwrap().get(&life).is_some_and(|end| click.at >= *end)
    }

    /// Every answered postback is there once with its amount, every answered click at most once. Gives
    /// the clicks that are not there; none of them was answered after its sync.
    pub async fn compare_with_reports(&self, server: &Server, key: &str) -> Vec<Missing> {
        let rows = reports::rows_by_visit(server, key).await;
        let visits = self.visits.lock().unwrap();
        let none = json!({"visits": 0, "landerClicks": 0, "conversions": 0, "revenue": "0.00"});
        let mut missing = Vec::new();
        let made = self.next.load(Ordering::Relaxed);
        for id in 0..made {
            let row = rows.get(&format!("K{id}")).unwrap_or(&none);
            let visit = visits.get(&id).cloned().unwrap_or_default();
            missing.extend(self.missing_of(id, &visit, row));
            let at_most_once = ["visits", "landerClicks", "conversions"];
            let once = at_most_once.iter().all(|column| row[column].as_u64() <= Some(1));
            assert!(once, "{id} {row}");
            if visit.booked {
                assert_eq!((&row["conversions"], &row["visits"]), (&json!(1), &json!(1)), "{id}");
            }
            if row["conversions"] == 1 {
                assert_eq!(row["revenue"], Self::revenue(id), "{id}");
            }
        }
        assert!(!visits.is_empty() && rows.len() <= made as usize);
        // A postback stays unanswered only where its click is gone.
        let lost: BTreeSet<u32> =
            missing.iter().filter(|m| m.column == "landerClicks").map(|m| m.id).collect();
        let owed = self.debts.lock().unwrap();
        let refused: Vec<_> = owed.keys().filter(|id| !lost.contains(id)).collect();
        assert!(refused.is_empty(), "postbacks {refused:?} are refused; {}", server.log());
        missing
    }

    fn missing_of(&self, id: u32, visit: &Visit, row: &Value) -> Vec<Missing> {
        let known = [(visit.entered, "visits"), (visit.acted, "landerClicks")];
        let gone = known.into_iter().filter(|(_, column)| row[column] == 0);
        gone.filter_map(|(click, column)| {
            let click = click?;
            assert!(
                click.took >= CLICK_WAIT,
                "{column} of {id} is missing, answered after its sync"
            );
            let late = self.is_late(visit.life, &click);
            Some(Missing { id, column, life: visit.life, late })
        })
        .collect()
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

    /// Waits until reports show everything answered until now. Panics after `patience`.
    pub async fn wait_for_reports(server: &Server, key: &str, patience: Duration) {
        reports::wait_until_now(server, key, patience).await;
    }
}
