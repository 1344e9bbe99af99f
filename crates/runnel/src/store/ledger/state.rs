//! What the ledger already knows about the hits of a batch: read in one query, kept up to date in
//! memory while the batch is decided.
//! Promise: a later call of the batch sees what the earlier ones did.

use super::follow::read_entry;
use super::job::{Booked, Change, Job, Verdict};
use super::sql;
use crate::store::deliveries;
use rules::entry::{Entry, Standing};
use rules::ids::{EntityId, HitId, Vid};
use rules::money::Micros;
use rules::owed::Knows;
use rules::record::PassedKind;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A conversion as it stands.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub id: EntityId,
    pub hit: HitId,
    pub vid: Vid,
    pub event: Option<EntityId>,
    pub tx: Option<String>,
    pub repeat_number: i64,
    pub page: Option<EntityId>,
    pub standing: Standing,
    pub first_at_ms: u64,
    pub changed_at_ms: u64,
    pub worth: Micros,
    pub last_call_at_ms: u64,
    pub fingerprint: Option<String>,
    pub last_seq: i64,
    pub notified: bool,
    pub last: Arc<Entry>,
    pub node: EntityId,
    pub kind: PassedKind,
    pub offer_source: Option<EntityId>,
}

/// What is known while a batch is decided.
#[derive(Default)]
pub(super) struct State {
    held: Vec<Held>,
    by_hit: HashMap<HitId, Vec<usize>>,
    by_vid: HashMap<Vid, Vec<usize>>,
    tasks: HashMap<String, Booked>,
    replayed: HashSet<String>,
    known: HashMap<(EntityId, String), Knows>,
}

impl State {
    /// Reads everything that deciding `jobs` needs.
    pub(super) async fn load(
        connection: &mut AnyConnection,
        jobs: &[&Job],
    ) -> Result<Self, sqlx::Error> {
        let mut state = Self::default();
        let hits: HashSet<String> = jobs.iter().filter_map(|job| hit_of(job)).collect();
        for row in held_where(connection, "hit", hits).await? {
            state.learn(row);
        }
        let vids: HashSet<String> = jobs.iter().filter_map(|job| sought_of(job)).collect();
        for row in held_where(connection, "vid", vids).await? {
            state.learn(row);
        }
        let tasks: HashSet<String> = jobs.iter().filter_map(|job| job.task.clone()).collect();
        state.tasks = done_tasks(connection, tasks).await?;
        let repeated = jobs.iter().map(|job| job.call.replays.clone());
        let repeated = repeated.filter(|call| !call.is_empty()).collect();
        state.replayed = replayed_of(connection, repeated).await?;
        let told = state.held.iter().map(|held| held.id).collect();
        state.known = deliveries::known(connection, &told).await?;
        Ok(state)
    }

    /// What `destination` was told of a conversion.
    pub(super) fn knows(&self, conversion: EntityId, destination: &str) -> Knows {
        self.known.get(&(conversion, destination.to_owned())).copied().unwrap_or_default()
    }

    /// Notes what `destination` is about to be told.
    pub(super) fn told(&mut self, conversion: EntityId, destination: &str, knows: Knows) {
        self.known.insert((conversion, destination.to_owned()), knows);
    }

    /// Whether a repetition of `call` was booked.
    pub(super) fn is_replayed(&self, call: &str) -> bool {
        self.replayed.contains(call)
    }

    /// Notes that a repetition of `call` is booked; an empty one is none.
    pub(super) fn replayed(&mut self, call: &str) {
        if !call.is_empty() {
            self.replayed.insert(call.to_owned());
        }
    }

    /// The conversions of `hit` for `event`, in the order they were made.
    pub(super) fn of_hit(&self, hit: HitId, event: Option<EntityId>) -> Vec<&Held> {
        let mut all: Vec<_> = self.at(self.by_hit.get(&hit)).filter(|h| h.event == event).collect();
        all.sort_by_key(|held| (held.first_at_ms, held.repeat_number, held.id));
        all
    }

    /// A conversion by its ID, if it is on `hit`.
    pub(super) fn by_id(&self, hit: HitId, id: EntityId) -> Option<&Held> {
        self.at(self.by_hit.get(&hit)).find(|held| held.id == id)
    }

    /// The visitor's conversions with the transaction `tx`.
    pub(super) fn of_visitor<'a>(
        &'a self,
        vid: Vid,
        event: Option<EntityId>,
        tx: &'a str,
    ) -> impl Iterator<Item = &'a Held> {
        self.at(self.by_vid.get(&vid))
            .filter(move |held| held.event == event && held.tx.as_deref() == Some(tx))
    }

    fn at<'a>(&'a self, places: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a Held> {
        places.into_iter().flatten().map(|i| &self.held[*i])
    }

    /// What the job named `task` came to.
    pub(super) fn task(&self, task: &str) -> Option<&Booked> {
        self.tasks.get(task)
    }

    /// Notes what the job named `task` came to.
    pub(super) fn task_done(&mut self, task: &str, booked: &Booked) {
        self.tasks.insert(task.to_owned(), booked.clone());
    }

    /// Takes in a conversion that is new or stands differently now.
    pub(super) fn learn(&mut self, held: Held) {
        let known = self.by_hit.get(&held.hit).into_iter().flatten();
        if let Some(place) = known.copied().find(|i| self.held[*i].id == held.id) {
            self.held[place] = held;
            return;
        }
        self.by_hit.entry(held.hit).or_default().push(self.held.len());
        self.by_vid.entry(held.vid).or_default().push(self.held.len());
        self.held.push(held);
    }
}

fn hit_of(job: &Job) -> Option<String> {
    match job.change.as_ref()? {
        Change::Say(booking) => Some(booking.hit.to_string()),
        Change::Restore(restore) => Some(restore.hit.to_string()),
    }
}

fn sought_of(job: &Job) -> Option<String> {
    match job.change.as_ref()? {
        Change::Say(booking) => booking.sought.as_ref().map(|_| booking.vid.to_string()),
        Change::Restore(_) => None,
    }
}

const HELD: &str = "SELECT c.repeat_number, c.page, \
     c.node, c.page_kind, c.offer_source, c.changed_at_ms, c.last_seq, c.notified, \
     c.worth, c.last_call_at_ms, c.fingerprint, e.body \
     FROM conversions c JOIN entries e ON e.seq = c.last_seq";

/// The conversions whose `column` has one of `values`.
async fn held_where(
    connection: &mut AnyConnection,
    column: &'static str,
    values: HashSet<String>,
) -> Result<Vec<Held>, sqlx::Error> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let values = sql::even(values);
    let text = format!("{HELD} WHERE c.{column} IN ({})", sql::list(1, values.len()));
    let mut query = sqlx::query(AssertSqlSafe(text));
    for value in values {
        query = query.bind(value);
    }
    query.fetch_all(connection).await?.iter().map(read_held).collect()
}

fn read_held(row: &AnyRow) -> Result<Held, sqlx::Error> {
    let last = read_entry(&row.try_get::<Vec<u8>, _>("body")?)?;
    let id = |column| row.try_get::<String, _>(column).map(|text| text.parse().ok());
    let kind: String = row.try_get("page_kind")?;
    Ok(Held {
        id: last.conversion,
        hit: last.hit,
        vid: last.vid,
        event: last.event,
        tx: last.tx.clone(),
        repeat_number: row.try_get("repeat_number")?,
        page: id("page")?,
        standing: last.after,
        first_at_ms: last.first_at_ms,
        changed_at_ms: row.try_get::<i64, _>("changed_at_ms")? as u64,
        worth: Micros(row.try_get("worth")?),
        last_call_at_ms: row.try_get::<i64, _>("last_call_at_ms")? as u64,
        fingerprint: Some(row.try_get("fingerprint")?).filter(|text: &String| !text.is_empty()),
        last_seq: row.try_get("last_seq")?,
        notified: row.try_get::<i64, _>("notified")? != 0,
        last: Arc::new(last),
        kind: if kind == "lander" { PassedKind::Lander } else { PassedKind::Offer },
        offer_source: id("offer_source")?,
        node: id("node")?.ok_or_else(|| sqlx::Error::Decode("a conversion without node".into()))?,
    })
}

async fn done_tasks(
    connection: &mut AnyConnection,
    tasks: HashSet<String>,
) -> Result<HashMap<String, Booked>, sqlx::Error> {
    if tasks.is_empty() {
        return Ok(HashMap::new());
    }
    let columns = "SELECT task, id, verdict, reason, conversion, seq FROM calls WHERE task IN";
    let mut query =
        sqlx::query(AssertSqlSafe(format!("{columns} ({})", sql::list(1, tasks.len()))));
    for task in tasks {
        query = query.bind(task);
    }
    query.fetch_all(connection).await?.iter().map(read_task).collect()
}

fn read_task(row: &AnyRow) -> Result<(String, Booked), sqlx::Error> {
    let verdict: String = row.try_get("verdict")?;
    let conversion: String = row.try_get("conversion")?;
    let booked = Booked {
        verdict: Verdict::of(&verdict).unwrap_or(Verdict::Unchanged),
        reason: row.try_get("reason")?,
        call: row.try_get("id")?,
        conversion: conversion.parse().ok(),
        seq: Some(row.try_get("seq")?).filter(|seq| *seq != 0),
        before: Standing::default(),
        after: Standing::default(),
        flags: Vec::new(),
    };
    Ok((row.try_get("task")?, booked))
}

/// Which of `calls` have a repetition that was booked.
async fn replayed_of(
    connection: &mut AnyConnection,
    calls: HashSet<String>,
) -> Result<HashSet<String>, sqlx::Error> {
    if calls.is_empty() {
        return Ok(calls);
    }
    let list = sql::list(1, calls.len());
    let text = format!("SELECT id FROM calls WHERE replayed = 1 AND id IN ({list})");
    let query = sqlx::query_scalar(AssertSqlSafe(text));
    let query = calls.iter().fold(query, |query, call| query.bind(call.as_str()));
    Ok(query.fetch_all(connection).await?.into_iter().collect())
}
