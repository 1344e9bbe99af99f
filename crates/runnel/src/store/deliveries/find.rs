//! The delivery log, read back: lists, attempts with their calls, backlogs.

use super::DeliveryState;
use crate::store::Database;
use crate::store::filter::{Filter, Page, Part, unsigned};
use rules::money::Micros;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A delivery as it stands.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the columns of `deliveries`
pub struct StoredDelivery {
    pub number: i64,
    pub id: String,
    pub destination: String,
    pub hit: String,
    pub conversion: String,
    pub entry: i64,
    pub event: String,
    pub funnel: String,
    pub source: String,
    pub change: String,
    pub status: String,
    pub revenue: Micros,
    pub revenue_true: Micros,
    pub state: DeliveryState,
    pub reason: String,
    pub attempts: u64,
    pub owed_at_ms: u64,
    pub due_ms: u64,
    pub finished_at_ms: u64,
}

/// Which deliveries are wanted. Empty lists and none ask nothing.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // each names its column
pub struct DeliveryFilter {
    pub ids: Vec<String>,
    pub from_ms: Option<u64>,
    pub to_ms: Option<u64>,
    pub states: Vec<DeliveryState>,
    pub destinations: Vec<String>,
    pub conversion: Option<String>,
    pub hit: Option<String>,
    pub events: Vec<String>,
    pub funnels: Vec<String>,
    pub sources: Vec<String>,
    /// Part of the reason of the last failure.
    pub reason: Option<String>,
}

impl DeliveryFilter {
    pub(super) fn conditions(&self) -> Filter {
        let states: Vec<_> = self.states.iter().map(|state| state.as_str().to_owned()).collect();
        let mut filter = Filter::default();
        filter.among("id", &self.ids);
        filter.number("owed_at_ms", ">=", self.from_ms.map(|ms| ms as i64));
        filter.number("owed_at_ms", "<", self.to_ms.map(|ms| ms as i64));
        filter.among("state", &states);
        filter.among("destination", &self.destinations);
        filter.is("conversion", self.conversion.as_deref());
        filter.is("hit", self.hit.as_deref());
        filter.among("event", &self.events);
        filter.among("funnel", &self.funnels);
        filter.among("source", &self.sources);
        filter.contains("reason", self.reason.as_deref());
        filter
    }
}

/// The deliveries that `wanted` fits, newest first.
/// # Errors
/// The database fails.
pub async fn deliveries(
    database: &Database,
    wanted: &DeliveryFilter,
    part: Part,
) -> Result<Page<StoredDelivery>, sqlx::Error> {
    let filter = wanted.conditions();
    let end = format!(" ORDER BY owed_at_ms DESC, number DESC{}", part.text());
    let rows = filter.rows("SELECT * FROM deliveries", &end).fetch_all(&database.pool).await?;
    let total = filter.count("deliveries").fetch_one(&database.pool).await?.max(0) as u64;
    Ok(Page { rows: rows.iter().map(read).collect::<Result<_, _>>()?, total })
}

fn read(row: &AnyRow) -> Result<StoredDelivery, sqlx::Error> {
    let state: String = row.try_get("state")?;
    let state = DeliveryState::of(&state);
    Ok(StoredDelivery {
        number: row.try_get("number")?,
        id: row.try_get("id")?,
        destination: row.try_get("destination")?,
        hit: row.try_get("hit")?,
        conversion: row.try_get("conversion")?,
        entry: row.try_get("entry")?,
        event: row.try_get("event")?,
        funnel: row.try_get("funnel")?,
        source: row.try_get("source")?,
        change: row.try_get("change")?,
        status: row.try_get("status")?,
        revenue: Micros(row.try_get("revenue")?),
        revenue_true: Micros(row.try_get("revenue_true")?),
        state: state.ok_or_else(|| sqlx::Error::Decode("an unknown delivery state".into()))?,
        reason: row.try_get("reason")?,
        attempts: unsigned(row, "attempts")?,
        owed_at_ms: unsigned(row, "owed_at_ms")?,
        due_ms: unsigned(row, "due_ms")?,
        finished_at_ms: unsigned(row, "finished_at_ms")?,
    })
}

/// What a delivery tells; none once its retention is over.
/// # Errors
/// The database fails.
pub async fn payload(database: &Database, number: i64) -> Result<Option<String>, sqlx::Error> {
    let sql = "SELECT payload FROM delivery_payloads WHERE number = $1";
    sqlx::query_scalar(sql).bind(number).fetch_optional(&database.pool).await
}

/// An attempt with its call.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the columns of `delivery_attempts` and `delivery_calls`
pub struct Attempt {
    pub at_ms: u64,
    pub verdict: String,
    pub reason: String,
    pub method: String,
    pub url: String,
    pub headers: String,
    pub body: String,
    pub status: u16,
    pub took_ms: u64,
    pub answer: String,
    pub error: String,
}

/// The attempts of a delivery, oldest first.
/// # Errors
/// The database fails.
pub async fn attempts(database: &Database, number: i64) -> Result<Vec<Attempt>, sqlx::Error> {
    let sql = "SELECT a.at_ms, a.verdict, a.reason, COALESCE(c.method, '') AS method, \
         COALESCE(c.url, '') AS url, COALESCE(c.headers, '') AS headers, \
         COALESCE(c.body, '') AS body, COALESCE(c.status, 0) AS status, \
         COALESCE(c.took_ms, 0) AS took_ms, COALESCE(c.answer, '') AS answer, \
         COALESCE(c.error, '') AS error \
         FROM delivery_attempts a LEFT JOIN delivery_calls c ON c.id = a.call \
         WHERE a.delivery = $1 ORDER BY a.at_ms, a.call";
    let rows = sqlx::query(sql).bind(number).fetch_all(&database.pool).await?;
    rows.iter().map(read_attempt).collect()
}

fn read_attempt(row: &AnyRow) -> Result<Attempt, sqlx::Error> {
    Ok(Attempt {
        at_ms: unsigned(row, "at_ms")?,
        verdict: row.try_get("verdict")?,
        reason: row.try_get("reason")?,
        method: row.try_get("method")?,
        url: row.try_get("url")?,
        headers: row.try_get("headers")?,
        body: row.try_get("body")?,
        status: unsigned(row, "status")? as u16,
        took_ms: unsigned(row, "took_ms")?,
        answer: row.try_get("answer")?,
        error: row.try_get("error")?,
    })
}

/// What is owed to a destination.
#[derive(Clone, Debug)]
pub struct Backlog {
    /// The destination.
    pub destination: String,
    /// How many deliveries.
    pub count: u64,
    /// Since when the oldest is owed, Unix milliseconds.
    pub oldest_ms: u64,
}

/// What is owed, by destination.
/// # Errors
/// The database fails.
pub async fn backlog(database: &Database) -> Result<Vec<Backlog>, sqlx::Error> {
    let sql = "SELECT destination, COUNT(*) AS count, MIN(owed_at_ms) AS oldest FROM deliveries \
         WHERE state = 'owed' GROUP BY destination";
    let rows = sqlx::query(sql).fetch_all(&database.outbox).await?;
    let read = |row: &AnyRow| {
        let destination = row.try_get("destination")?;
        let (count, oldest_ms) = (unsigned(row, "count")?, unsigned(row, "oldest")?);
        Ok(Backlog { destination, count, oldest_ms })
    };
    rows.iter().map(read).collect()
}
