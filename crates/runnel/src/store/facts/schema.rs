//! The tables of the report store, made from the closed lists that rows consist of.
//! Promise: a store of another layout is not read; it is set aside and filled anew.

use super::columns::TextColumns;
use super::row::Measure;
use duckdb::{Connection, Result};

/// Raised with every change of a table or of what a row means.
pub(super) const LAYOUT: i64 = 5;

/// Columns of `facts` beside the texts and measures.
pub(super) const FIXED: &[(&str, &str)] = &[
    ("kind", "TINYINT"),
    ("number", "BIGINT"),
    ("visit_ms", "BIGINT"),
    ("clock_ms", "BIGINT"),
    ("convert_ms", "BIGINT"),
    ("visitor", "BIGINT"),
    ("visit", "BIGINT"),
    ("bot", "TINYINT"),
    ("path", "INTEGER"),
];

/// Makes the tables where they do not exist.
pub(super) fn create(connection: &Connection) -> Result<()> {
    connection.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS state (layout BIGINT, records BIGINT, entries BIGINT,
             costs BIGINT);
         INSERT INTO state SELECT {LAYOUT}, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM state);
         CREATE TABLE IF NOT EXISTS unflagged (visit BIGINT);
         CREATE TABLE IF NOT EXISTS cost_changes (number BIGINT, id VARCHAR, body VARCHAR,
             undone BOOLEAN);
         CREATE TABLE IF NOT EXISTS visit_costs (visit BIGINT, own BIGINT, now BIGINT);
         CREATE TABLE IF NOT EXISTS set_aside (source VARCHAR, number BIGINT, reason VARCHAR);
         CREATE TABLE IF NOT EXISTS paths (path INTEGER, high BIGINT, low BIGINT);
         CREATE TABLE IF NOT EXISTS words (id INTEGER, word VARCHAR);
         CREATE TABLE IF NOT EXISTS members (path INTEGER, list TINYINT, member VARCHAR,
             new BOOLEAN, here BOOLEAN, lander_view BOOLEAN, offer_view BOOLEAN,
             lander_click BOOLEAN, offer_click BOOLEAN);
         CREATE TABLE IF NOT EXISTS facts ({});",
        columns().map(|(name, kind)| format!("{name} {kind}")).collect::<Vec<_>>().join(", ")
    ))?;
    TextColumns::load(connection)?.show_all(connection)
}

/// The columns that `facts` has from the beginning; for the texts see [`super::columns`].
fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIXED.iter().copied().chain(Measure::ALL.iter().map(measure))
}

/// Counts of one row fit a byte; money needs 64 bits.
fn measure(measure: &Measure) -> (&'static str, &'static str) {
    (measure.column(), if measure.is_money() { "BIGINT" } else { "TINYINT" })
}
