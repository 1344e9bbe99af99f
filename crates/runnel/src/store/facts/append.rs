//! Rows as columns: one Arrow batch per transaction, cursors committed with it.
//! Promise: after a crash the store holds exactly the rows that its cursors say, each once.

use super::columns::TextColumns;
use super::costs;
use super::paths::Paths;
use super::rows::Rows;
use super::set_aside::{self, SetAside};
use super::words::Words;
use duckdb::arrow::array::{ArrayRef, BooleanArray};
use duckdb::arrow::record_batch::RecordBatch;
use duckdb::{Connection, params};
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
#[derive(Default)]
pub struct Batch {
    /// The rows.
    pub rows: Rows,
    /// Visits that a booked conversion proves to be no bots (see [`super::row::visit_key`]).
    pub unflagged: Vec<i64>,
    /// Bulk changes of cost with their numbers; every record that they look at is in the store.
    pub costs: Vec<(i64, CostChange)>,
    /// What the sources hold and nobody can read.
    pub set_aside: Vec<SetAside>,
    /// The cursors after the rows.
    pub cursors: Cursors,
}

/// What the writer remembers of the store, so as not to ask it at every row.
pub(super) struct Known {
    pub paths: Paths,
    pub words: Words,
    pub columns: TextColumns,
}

impl Known {
    pub(super) fn load(connection: &Connection) -> duckdb::Result<Self> {
        Ok(Self {
            paths: Paths::load(connection)?,
            words: Words::load(connection)?,
            columns: TextColumns::load(connection)?,
        })
    }
}

/// Commits the batches together; returns how many rows they had, and what they set aside.
pub(super) fn append(
    connection: &Connection,
    known: &mut Known,
    batches: impl Iterator<Item = Batch>,
) -> anyhow::Result<Appended> {
    connection.execute_batch("BEGIN TRANSACTION")?;
    let appended = append_all(connection, known, batches);
    let ended = appended.and_then(|appended| {
        connection.execute_batch("COMMIT")?;
        Ok(appended)
    });
    if ended.is_err() {
        // A failed commit has already rolled back, so this may have nothing to do.
        let _ = connection.execute_batch("ROLLBACK");
        // What the lost transaction made is unknown to the store.
        known.paths.forget();
        known.words.forget();
        known.columns.forget();
    }
    ended
}

/// What a transaction came to.
#[derive(Default)]
pub(super) struct Appended {
    pub rows: usize,
    pub set_aside: Vec<SetAside>,
    /// The cursors that the store holds now; none if there was no batch.
    pub cursors: Option<Cursors>,
}

fn append_all(
    connection: &Connection,
    known: &mut Known,
    batches: impl Iterator<Item = Batch>,
) -> anyhow::Result<Appended> {
    let mut appended = Appended::default();
    for batch in batches {
        appended.rows += batch.rows.len();
        appended.set_aside.extend_from_slice(&batch.set_aside);
        appended.cursors = Some(batch.cursors);
        append_within(connection, known, batch)?;
    }
    if let Some(Cursors { records, entries, costs }) = appended.cursors {
        let state = "UPDATE state SET records = $1, entries = $2, costs = $3";
        connection.execute(state, params![records as i64, entries, costs])?;
    }
    Ok(appended)
}

fn append_within(
    connection: &Connection,
    known: &mut Known,
    mut batch: Batch,
) -> anyhow::Result<()> {
    let rows = std::mem::take(&mut batch.rows);
    let first_later = rows.first_later();
    if !rows.is_empty() {
        let paths = known.paths.intern(connection, rows.paths())?;
        let words = known.words.intern(connection, rows.words())?;
        let columns = rows.into_columns(&paths, &words);
        known.columns.make(connection, columns.iter().map(|(name, _)| *name))?;
        append_columns(connection, "facts", columns)?;
    }
    set_aside::note(connection, &batch.set_aside)?;
    for visit in &batch.unflagged {
        let once = "INSERT INTO unflagged SELECT $1
                    WHERE NOT EXISTS (SELECT 1 FROM unflagged WHERE visit = $1)";
        connection.execute(once, params![visit])?;
    }
    costs::apply(connection, first_later, &batch.costs)
}

/// Appends one batch of columns; a column that is left out is NULL.
pub(super) fn append_columns(
    connection: &Connection,
    table: &str,
    columns: Vec<(&'static str, ArrayRef)>,
) -> anyhow::Result<()> {
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let mut appender = connection.appender_with_columns(table, &names)?;
    appender.append_record_batch(RecordBatch::try_from_iter_with_nullable(columns)?)?;
    Ok(appender.flush()?)
}

pub(super) fn flags(values: impl IntoIterator<Item = bool>) -> ArrayRef {
    Arc::new(BooleanArray::from(values.into_iter().collect::<Vec<_>>()))
}
