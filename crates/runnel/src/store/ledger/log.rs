//! The log of calls, read back.

use super::filter::{Filter, Page, Part, unsigned};
use crate::store::Database;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A call with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the table `calls`
pub struct LoggedCall {
    pub id: String,
    pub at_ms: u64,
    pub via: String,
    /// The way of the call that came in, where this repeats one ([`trace_ways`]).
    pub spoken_via: String,
    pub method: String,
    pub remote: String,
    pub query: String,
    pub body: String,
    pub content_type: String,
    pub hit: String,
    pub vid: String,
    pub tx: String,
    pub event: String,
    pub page: String,
    pub offer_source: String,
    pub status_word: String,
    pub verdict: String,
    pub reason: String,
    pub note: String,
    pub flags: Vec<String>,
    pub conversion: String,
    pub seq: i64,
    pub operation: String,
    pub replays: String,
    pub replayed: bool,
}

/// Which calls are wanted. Empty lists and none ask nothing.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // each names its column
pub struct CallFilter {
    pub ids: Vec<String>,
    pub from_ms: Option<u64>,
    pub to_ms: Option<u64>,
    pub verdicts: Vec<String>,
    pub reasons: Vec<String>,
    pub vias: Vec<String>,
    pub offer_sources: Vec<String>,
    pub pages: Vec<String>,
    pub flag: Option<String>,
    pub conversion: Option<String>,
    pub hit: Option<String>,
    pub vid: Option<String>,
    pub tx: Option<String>,
    pub remote: Option<String>,
    pub operation: Option<String>,
    /// Part of the raw query or body.
    pub text: Option<String>,
    /// Whether a repetition of it was booked.
    pub replayed: Option<bool>,
    /// Only calls that repeat no other.
    pub first_only: bool,
    /// Status words, as they stood in the calls.
    pub status_words: Vec<String>,
    /// Only calls after which nothing was said or done about their conversion.
    pub last_word: bool,
    /// None of these reasons.
    pub except_reasons: Vec<String>,
}

impl CallFilter {
    fn conditions(&self) -> Filter {
        let mut filter = Filter::default();
        filter.among("id", &self.ids);
        filter.number("at_ms", ">=", self.from_ms.map(|ms| ms as i64));
        filter.number("at_ms", "<", self.to_ms.map(|ms| ms as i64));
        filter.among("verdict", &self.verdicts);
        filter.among("reason", &self.reasons);
        filter.among("via", &self.vias);
        filter.among("offer_source", &self.offer_sources);
        filter.among("page", &self.pages);
        filter.contains("flags", self.flag.as_ref().map(|flag| format!(" {flag} ")).as_deref());
        filter.is("conversion", self.conversion.as_deref());
        filter.is("hit", self.hit.as_deref());
        filter.is("vid", self.vid.as_deref());
        filter.is("tx", self.tx.as_deref());
        filter.is("remote", self.remote.as_deref());
        filter.is("operation", self.operation.as_deref());
        filter.contains("(query || ' ' || body)", self.text.as_deref());
        filter.number("replayed", "=", self.replayed.map(i64::from));
        filter.is("replays", self.first_only.then_some(""));
        filter.not_among("reason", &self.except_reasons);
        filter.among("status_word", &self.status_words);
        if self.last_word {
            filter.holds(LAST_WORD);
        }
        filter
    }
}

/// Nothing later is about the same conversion.
const LAST_WORD: &str = "conversion <> '' AND NOT EXISTS (SELECT 1 FROM calls l \
     WHERE l.conversion = calls.conversion \
     AND (l.at_ms > calls.at_ms OR (l.at_ms = calls.at_ms AND l.id > calls.id)))";

/// Which end of the log comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Order {
    NewestFirst,
    OldestFirst,
}

/// The calls that `wanted` fits.
/// # Errors
/// The database fails.
pub async fn calls(
    database: &Database,
    wanted: &CallFilter,
    part: Part,
    order: Order,
) -> Result<Page<LoggedCall>, sqlx::Error> {
    let filter = wanted.conditions();
    let order = match order {
        Order::NewestFirst => " ORDER BY at_ms DESC, id DESC",
        Order::OldestFirst => " ORDER BY at_ms, id",
    };
    let end = format!("{order}{}", part.text());
    let rows = filter.rows("SELECT * FROM calls", &end).fetch_all(&database.pool).await?;
    let total = filter.count("calls").fetch_one(&database.pool).await?.max(0) as u64;
    Ok(Page { rows: rows.iter().map(read_call).collect::<Result<_, _>>()?, total })
}

fn read_call(row: &AnyRow) -> Result<LoggedCall, sqlx::Error> {
    let flags: String = row.try_get("flags")?;
    Ok(LoggedCall {
        id: row.try_get("id")?,
        at_ms: unsigned(row, "at_ms")?,
        via: row.try_get("via")?,
        spoken_via: row.try_get("via")?,
        method: row.try_get("method")?,
        remote: row.try_get("remote")?,
        query: row.try_get("query")?,
        body: row.try_get("body")?,
        content_type: row.try_get("content_type")?,
        hit: row.try_get("hit")?,
        vid: row.try_get("vid")?,
        tx: row.try_get("tx")?,
        event: row.try_get("event")?,
        page: row.try_get("page")?,
        offer_source: row.try_get("offer_source")?,
        status_word: row.try_get("status_word")?,
        verdict: row.try_get("verdict")?,
        reason: row.try_get("reason")?,
        note: row.try_get("note")?,
        flags: flags.split_whitespace().map(str::to_owned).collect(),
        conversion: row.try_get("conversion")?,
        seq: row.try_get("seq")?,
        operation: row.try_get("operation")?,
        replays: row.try_get("replays")?,
        replayed: unsigned(row, "replayed")? != 0,
    })
}

/// Repetitions of repetitions that are followed to the call that came in.
const MOST_REPETITIONS: usize = 32;

/// Finds the way on which each call first came in: a repetition carries the way of who ordered it.
/// # Errors
/// The database fails.
pub async fn trace_ways(database: &Database, calls: &mut [LoggedCall]) -> Result<(), sqlx::Error> {
    for call in calls.iter_mut().filter(|call| !call.replays.is_empty()) {
        let mut earlier = call.replays.clone();
        for _ in 0..MOST_REPETITIONS {
            let found = sqlx::query("SELECT via, replays FROM calls WHERE id = $1")
                .bind(&earlier)
                .fetch_optional(&database.pool)
                .await?;
            // What is older than the log is kept: the oldest way that is known counts.
            let Some(row) = found else { break };
            call.spoken_via = row.try_get("via")?;
            earlier = row.try_get("replays")?;
        }
    }
    Ok(())
}

/// The words that calls of an offer source carried as a status, where no list knew them.
/// # Errors
/// The database fails.
pub async fn unknown_status_words(
    database: &Database,
    offer_source: &str,
) -> Result<Vec<String>, sqlx::Error> {
    let sql = "SELECT DISTINCT status_word FROM calls WHERE offer_source = $1 \
         AND flags LIKE '% unknown_status_word %'";
    sqlx::query_scalar(sql).bind(offer_source).fetch_all(&database.pool).await
}
