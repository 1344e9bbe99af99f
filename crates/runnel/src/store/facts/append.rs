//! Rows as columns: one Arrow batch per transaction, cursors committed with it.
//! Promise: after a crash the store holds exactly the rows that its cursors say, each once.

use super::costs;
use super::paths::Paths;
use super::row::{Measure, Row, Text};
use duckdb::arrow::array::{
    ArrayRef, BooleanArray, Int8Array, Int32Array, Int64Array, StringArray,
};
use duckdb::arrow::record_batch::RecordBatch;
use duckdb::{Connection, params};
use rules::assets::Field;
use rules::cost_change::CostChange;
use std::sync::Arc;

/// How far the store has read its two sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursors {
    /// The next record number wanted of the journal.
    pub records: u64,
    /// The last ledger sequence taken in.
    pub entries: i64,
    /// The last bulk change of cost taken in.
    pub costs: i64,
}

/// Rows to be committed with the cursors that they lead to.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The rows.
    pub rows: Vec<Row>,
    /// Visits that a booked conversion proves to be no bots (see [`super::row::visit_key`]).
    pub unflagged: Vec<i64>,
    /// Bulk changes of cost with their numbers; every record that they look at is in the store.
    pub costs: Vec<(i64, CostChange)>,
    /// The cursors after the rows.
    pub cursors: Cursors,
}

pub(super) fn append(
    connection: &Connection,
    paths: &mut Paths,
    batch: &Batch,
) -> anyhow::Result<()> {
    connection.execute_batch("BEGIN TRANSACTION")?;
    let appended = append_within(connection, paths, batch);
    let ended = appended.and_then(|()| Ok(connection.execute_batch("COMMIT")?));
    if ended.is_err() {
        // A failed commit has already rolled back, so this may have nothing to do.
        let _ = connection.execute_batch("ROLLBACK");
        // Paths numbered by the lost transaction are unknown to the store.
        paths.forget();
    }
    ended
}

fn append_within(connection: &Connection, paths: &mut Paths, batch: &Batch) -> anyhow::Result<()> {
    if !batch.rows.is_empty() {
        let numbers = paths.intern(connection, &batch.rows)?;
        append_columns(connection, "facts", columns(&batch.rows, numbers))?;
    }
    for visit in &batch.unflagged {
        let once = "INSERT INTO unflagged SELECT $1
                    WHERE NOT EXISTS (SELECT 1 FROM unflagged WHERE visit = $1)";
        connection.execute(once, params![visit])?;
    }
    costs::apply(connection, batch)?;
    let Cursors { records, entries, costs } = batch.cursors;
    let state = "UPDATE state SET records = $1, entries = $2, costs = $3";
    connection.execute(state, params![records as i64, entries, costs])?;
    Ok(())
}

/// Appends one batch of columns, named for Arrow only: their order is the table's.
pub(super) fn append_columns(
    connection: &Connection,
    table: &str,
    columns: Vec<ArrayRef>,
) -> anyhow::Result<()> {
    let named = columns.into_iter().enumerate().map(|(i, column)| (format!("c{i}"), column, true));
    let mut appender = connection.appender(table)?;
    appender.append_record_batch(RecordBatch::try_from_iter_with_nullable(named)?)?;
    Ok(appender.flush()?)
}

fn columns(rows: &[Row], paths: Vec<i32>) -> Vec<ArrayRef> {
    let mut columns: Vec<ArrayRef> = vec![
        bytes(rows, |row| row.kind as i8),
        longs(rows, |row| row.number),
        longs(rows, |row| row.visit_ms),
        longs(rows, |row| row.clock_ms),
        Arc::new(Int64Array::from_iter(rows.iter().map(|row| row.convert_ms))),
        longs(rows, |row| row.visitor),
        longs(rows, |row| row.visit),
        bytes(rows, |row| i8::from(row.bot)),
        Arc::new(Int32Array::from(paths)),
    ];
    columns.extend(Text::ALL.iter().map(|text| texts(rows, |r| &r.texts.of[*text as usize])));
    columns.extend(Field::all().map(|field| texts(rows, |r| &r.texts.fields[field.index()])));
    columns.extend(Measure::ALL.iter().map(|&measure| match measure.is_money() {
        true => longs(rows, |row| row.measures.get(measure)),
        false => bytes(rows, |row| row.measures.get(measure) as i8),
    }));
    columns
}

fn bytes(rows: &[Row], value: impl Fn(&Row) -> i8) -> ArrayRef {
    Arc::new(Int8Array::from_iter_values(rows.iter().map(value)))
}

fn longs(rows: &[Row], value: impl Fn(&Row) -> i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(rows.iter().map(value)))
}

fn texts(rows: &[Row], value: impl Fn(&Row) -> &Option<String>) -> ArrayRef {
    Arc::new(StringArray::from_iter(rows.iter().map(|row| value(row).as_deref())))
}

pub(super) fn flags(values: impl IntoIterator<Item = bool>) -> ArrayRef {
    Arc::new(BooleanArray::from(values.into_iter().collect::<Vec<_>>()))
}
