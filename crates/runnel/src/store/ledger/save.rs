//! Writes what a batch came to: multi-row inserts inside the batch's transaction.
//! Promise: entries, the state they lead to, the calls and cursors commit together or not at all.

use super::job::{Booked, Call, Cursor, Notify};
use super::sql;
use super::state::Held;
use rules::apply::Original;
use rules::entry::Status;
use rules::ids::EntityId;
use rules::record::PassedKind;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};
use std::sync::Arc;

pub(super) type Bound<'q> = Query<'q, Any, <Any as sqlx::Database>::Arguments>;

/// An entry's row.
pub(super) struct EntryRow {
    pub seq: i64,
    pub entry: Arc<rules::entry::Entry>,
    pub call: String,
    pub booked_at_ms: u64,
    pub via: &'static str,
    pub actor: String,
    pub operation: String,
    pub original: Option<Original>,
    pub notify: Notify,
}

/// A conversion's row: its state, and what never changes.
pub(super) struct ConversionRow {
    pub held: Held,
}

/// A call's row with its verdict.
pub(super) struct CallRow<'j> {
    pub call: &'j Call,
    pub booked: Booked,
    pub task: Option<&'j str>,
}

/// Locks the sequence and returns the last number given out. No other writer, on any machine, books
/// until this transaction ends.
pub(super) async fn lock_sequence(connection: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    let sql = "UPDATE ledger_sequence SET last = last WHERE id = 1 RETURNING last";
    sqlx::query_scalar(sql).fetch_one(connection).await
}

/// Notes the last number given out.
pub(super) async fn end_sequence(
    connection: &mut AnyConnection,
    last: i64,
) -> Result<(), sqlx::Error> {
    let sql = "UPDATE ledger_sequence SET last = $1 WHERE id = 1";
    sqlx::query(sql).bind(last).execute(connection).await.map(drop)
}

/// Inserts the entries.
pub(super) async fn entries(
    connection: &mut AnyConnection,
    rows: &[EntryRow],
) -> Result<(), sqlx::Error> {
    const COLUMNS: &str = "INSERT INTO entries (seq, conversion, call, at_ms, booked_at_ms, via, \
         actor, operation, status_before, status_after, revenue_before, revenue_after, \
         expected_before, expected_after, cost_before, cost_after, original_amount, \
         original_currency, rate, notify, body) VALUES ";
    insert(connection, COLUMNS, 21, "", rows, bind_entry).await
}

fn bind_entry<'q>(query: Bound<'q>, row: &'q EntryRow) -> Bound<'q> {
    let (entry, before, after) = (&row.entry, &row.entry.before, &row.entry.after);
    let original = row.original.as_ref();
    query
        .bind(row.seq)
        .bind(entry.conversion.to_string())
        .bind(row.call.as_str())
        .bind(entry.at_ms as i64)
        .bind(row.booked_at_ms as i64)
        .bind(row.via)
        .bind(row.actor.as_str())
        .bind(row.operation.as_str())
        .bind(before.status.map_or("", Status::as_str))
        .bind(after.status.map_or("", Status::as_str))
        .bind(before.revenue.0)
        .bind(after.revenue.0)
        .bind(before.expected.0)
        .bind(after.expected.0)
        .bind(before.cost.0)
        .bind(after.cost.0)
        .bind(original.map_or(0, |o| o.amount.0))
        .bind(original.map_or("", |o| o.currency.as_str()))
        .bind(original.map_or(0, |o| o.rate.0))
        .bind(row.notify.as_str())
        .bind(entry.to_bytes())
}

/// Inserts new conversions and moves known ones to their new standing.
pub(super) async fn conversions(
    connection: &mut AnyConnection,
    rows: &[ConversionRow],
) -> Result<(), sqlx::Error> {
    const COLUMNS: &str = "INSERT INTO conversions (id, hit, event, tx, repeat_number, vid, node, \
         page, page_kind, funnel, source, offer_source, status, revenue, expected, cost, hit_at_ms, \
         first_at_ms, changed_at_ms, last_seq, notified, worth, \
         last_call_at_ms, fingerprint) VALUES ";
    // A pending conversion without tx takes the tx of the call that decides it.
    const UPDATE: &str = " ON CONFLICT (id) DO UPDATE SET tx = excluded.tx, \
         status = excluded.status, revenue = excluded.revenue, expected = excluded.expected, \
         cost = excluded.cost, changed_at_ms = excluded.changed_at_ms, \
         last_seq = excluded.last_seq, notified = excluded.notified, worth = excluded.worth, \
         last_call_at_ms = excluded.last_call_at_ms, fingerprint = excluded.fingerprint";
    insert(connection, COLUMNS, 24, UPDATE, rows, bind_conversion).await
}

fn bind_conversion<'q>(query: Bound<'q>, row: &'q ConversionRow) -> Bound<'q> {
    let (held, visit) = (&row.held, &row.held.last.visit);
    query
        .bind(held.id.to_string())
        .bind(held.hit.to_string())
        .bind(text(held.event))
        .bind(held.tx.as_deref().unwrap_or_default())
        .bind(held.repeat_number)
        .bind(held.vid.to_string())
        .bind(held.node.to_string())
        .bind(text(held.page))
        .bind(if held.kind == PassedKind::Lander { "lander" } else { "offer" })
        .bind(visit.funnel.to_string())
        .bind(visit.source.to_string())
        .bind(text(held.offer_source))
        .bind(held.standing.status.map_or("", Status::as_str))
        .bind(held.standing.revenue.0)
        .bind(held.standing.expected.0)
        .bind(held.standing.cost.0)
        .bind(held.hit.at_ms() as i64)
        .bind(held.first_at_ms as i64)
        .bind(held.changed_at_ms as i64)
        .bind(held.last_seq)
        .bind(i64::from(held.notified))
        .bind(held.worth.0)
        .bind(held.last_call_at_ms as i64)
        .bind(held.fingerprint.as_deref().unwrap_or_default())
}

/// Inserts the calls.
pub(super) async fn calls(
    connection: &mut AnyConnection,
    rows: &[CallRow<'_>],
) -> Result<(), sqlx::Error> {
    const COLUMNS: &str = "INSERT INTO calls (id, at_ms, via, method, remote, query, body, \
         content_type, hit, vid, tx, event, page, offer_source, status_word, verdict, reason, note, \
         flags, conversion, seq, operation, replays, replayed, task) VALUES ";
    insert(connection, COLUMNS, 25, "", rows, bind_call).await
}

fn bind_call<'q>(query: Bound<'q>, row: &'q CallRow<'_>) -> Bound<'q> {
    let (call, booked) = (row.call, &row.booked);
    query
        .bind(call.id.as_str())
        .bind(call.at_ms as i64)
        .bind(call.via.as_str())
        .bind(call.method.as_str())
        .bind(call.remote.as_str())
        .bind(call.query.as_str())
        .bind(call.body.as_str())
        .bind(call.content_type.as_str())
        .bind(call.hit.as_str())
        .bind(call.vid.as_str())
        .bind(call.tx.as_str())
        .bind(call.event.as_str())
        .bind(call.page.as_str())
        .bind(call.offer_source.as_str())
        .bind(call.status_word.as_str())
        .bind(booked.verdict.as_str())
        .bind(booked.reason.as_str())
        .bind(call.note.as_str())
        .bind(padded(&booked.flags))
        .bind(text(booked.conversion))
        .bind(booked.seq.unwrap_or_default())
        .bind(call.operation.as_str())
        .bind(call.replays.as_str())
        .bind(0i64)
        .bind(row.task)
}

/// Marks the calls that were repeated and booked now.
pub(super) async fn replayed(
    connection: &mut AnyConnection,
    ids: &[&str],
) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let text = format!("UPDATE calls SET replayed = 1 WHERE id IN ({})", sql::list(1, ids.len()));
    let query = ids.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, id| query.bind(*id));
    query.execute(connection).await.map(drop)
}

/// Moves a follower's cursor.
pub(super) async fn cursor(
    connection: &mut AnyConnection,
    cursor: &Cursor,
) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO ledger_cursors (name, node, record) VALUES ($1, $2, $3) \
         ON CONFLICT (name, node) DO UPDATE SET record = excluded.record";
    let query = sqlx::query(sql).bind(cursor.name).bind(i64::from(cursor.node));
    query.bind(cursor.record as i64).execute(connection).await.map(drop)
}

pub(super) async fn insert<R>(
    connection: &mut AnyConnection,
    columns: &str,
    count: usize,
    end: &str,
    rows: &[R],
    bind: for<'q> fn(Bound<'q>, &'q R) -> Bound<'q>,
) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(sql::rows_at_once(count)) {
        let text = format!("{columns}{}{end}", sql::rows(rows.len(), count));
        let query = rows.iter().fold(sqlx::query(AssertSqlSafe(text)), bind);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// ` a b `: so that a flag is found as ` a `.
fn padded(flags: &[&str]) -> String {
    if flags.is_empty() { String::new() } else { format!(" {} ", flags.join(" ")) }
}

fn text(id: Option<EntityId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
