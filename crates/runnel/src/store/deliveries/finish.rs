//! Writes what came of attempts, many in one transaction.
//! Promise: call, attempt and the delivery's new state commit together. The connection does not wait
//! for the disk: a kill of the program loses nothing of it, a loss of power at most repeats.

use super::{DeliveryState, Stop, stops};
use crate::store::Database;
use crate::store::sql;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

type Bound<'q> = Query<'q, Any, <Any as sqlx::Database>::Arguments>;

/// Rows of one statement.
const MOST_ROWS: usize = 500;

/// A call that was made.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // the columns of `delivery_calls`
pub struct Called {
    pub id: String,
    pub destination: String,
    pub at_ms: u64,
    pub method: String,
    pub url: String,
    pub headers: String,
    pub body: String,
    pub status: u16,
    pub took_ms: u64,
    pub answer: String,
    pub error: String,
}

/// What it came to for one delivery.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// The delivery's number.
    pub number: i64,
    /// The call's ID; empty where none was made.
    pub call: String,
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// The word for the verdict.
    pub verdict: &'static str,
    /// For people.
    pub reason: String,
}

/// How a delivery stands after an attempt.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its number.
    pub number: i64,
    /// Its state.
    pub state: DeliveryState,
    /// Of the last failure.
    pub reason: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is due again, Unix milliseconds.
    pub due_ms: u64,
    /// When this was, Unix milliseconds.
    pub at_ms: u64,
}

/// Writes all of it, with the destinations that are called no more for it. A delivery that somebody cancelled meanwhile stays cancelled, unless it arrived.
/// # Errors
/// The database fails: nothing is written.
pub async fn finish(
    database: &Database,
    calls: &[Called],
    attempts: &[Attempted],
    finished: &[Finished],
    stopped: &[(String, Stop)],
) -> Result<(), sqlx::Error> {
    let _turn = database.turn.lock().await;
    let mut transaction = database.outbox.begin_with("BEGIN IMMEDIATE").await?;
    const CALLS: &str = "INSERT INTO delivery_calls (id, destination, at_ms, method, url, headers, \
         body, status, took_ms, answer, error) VALUES ";
    insert(&mut transaction, CALLS, 11, calls, bind_call).await?;
    const ATTEMPTS: &str =
        "INSERT INTO delivery_attempts (delivery, call, at_ms, verdict, reason) VALUES ";
    insert(&mut transaction, ATTEMPTS, 5, attempts, bind_attempt).await?;
    delivered(&mut transaction, finished).await?;
    for one in finished.iter().filter(|one| !is_plain(one)) {
        settled(&mut transaction, one).await?;
    }
    for (destination, stop) in stopped {
        stops::insert(&mut transaction, destination, stop).await?;
    }
    transaction.commit().await
}

async fn insert<R>(
    connection: &mut AnyConnection,
    columns: &str,
    count: usize,
    rows: &[R],
    bind: for<'q> fn(Bound<'q>, &'q R) -> Bound<'q>,
) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(sql::rows_at_once(count)) {
        let text = format!("{columns}{}", sql::rows(rows.len(), count));
        let query = rows.iter().fold(sqlx::query(AssertSqlSafe(text)), bind);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn bind_call<'q>(query: Bound<'q>, call: &'q Called) -> Bound<'q> {
    query
        .bind(call.id.as_str())
        .bind(call.destination.as_str())
        .bind(call.at_ms as i64)
        .bind(call.method.as_str())
        .bind(call.url.as_str())
        .bind(call.headers.as_str())
        .bind(call.body.as_str())
        .bind(i64::from(call.status))
        .bind(call.took_ms as i64)
        .bind(call.answer.as_str())
        .bind(call.error.as_str())
}

fn bind_attempt<'q>(query: Bound<'q>, attempt: &'q Attempted) -> Bound<'q> {
    query
        .bind(attempt.number)
        .bind(attempt.call.as_str())
        .bind(attempt.at_ms as i64)
        .bind(attempt.verdict)
        .bind(attempt.reason.as_str())
}

/// Whether it is one of those that are written together: delivered, whatever it was before.
fn is_plain(one: &Finished) -> bool {
    one.state == DeliveryState::Delivered
}

async fn delivered(
    connection: &mut AnyConnection,
    finished: &[Finished],
) -> Result<(), sqlx::Error> {
    let plain: Vec<_> = finished.iter().filter(|one| is_plain(one)).collect();
    for some in plain.chunks(MOST_ROWS) {
        let text = format!(
            "UPDATE deliveries SET state = 'delivered', reason = '', attempts = attempts + 1, \
             finished_at_ms = $1 WHERE number IN ({})",
            sql::list(2, some.len())
        );
        let at_ms = some.iter().map(|one| one.at_ms).max().unwrap_or_default() as i64;
        let query = sqlx::query(AssertSqlSafe(text)).bind(at_ms);
        let query = some.iter().fold(query, |query, one| query.bind(one.number));
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn settled(connection: &mut AnyConnection, one: &Finished) -> Result<(), sqlx::Error> {
    let sql = "UPDATE deliveries SET state = $1, reason = $2, attempts = $3, due_ms = $4, \
         finished_at_ms = $5 WHERE number = $6 AND state = 'owed'";
    let done = one.state != DeliveryState::Owed;
    sqlx::query(sql)
        .bind(one.state.as_str())
        .bind(one.reason.as_str())
        .bind(i64::from(one.attempts))
        .bind(one.due_ms as i64)
        .bind(if done { one.at_ms as i64 } else { 0 })
        .bind(one.number)
        .execute(connection)
        .await
        .map(drop)
}
