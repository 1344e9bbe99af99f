//! A finished table as a Parquet file, written by DuckDB.

use super::read::Reader;
use anyhow::Context;
use duckdb::appender_params_from_iter;
use duckdb::types::Value;
use rules::money::Micros;

/// A table with a header.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Names and kinds.
    pub columns: Vec<(String, CellKind)>,
    /// Cells, as many a row as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// What a column's cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Text.
    Text,
    /// A whole number.
    Count,
    /// Money.
    Money,
    /// Any number.
    Number,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A whole number.
    Count(i64),
    /// Money.
    Money(Micros),
    /// Any number.
    Number(f64),
}

impl Reader<'_> {
    /// The bytes of `sheet` as Parquet.
    /// # Errors
    /// The store failed, was interrupted, or the temporary folder cannot be written.
    pub fn parquet(&self, sheet: &Sheet) -> anyhow::Result<Vec<u8>> {
        let columns = sheet
            .columns
            .iter()
            .map(|(name, kind)| format!("\"{}\" {}", name.replace('"', "\"\""), sql_type(*kind)));
        let columns = columns.collect::<Vec<_>>().join(", ");
        self.connection
            .execute_batch(&format!("CREATE OR REPLACE TEMP TABLE sheet ({columns})"))?;
        let mut appender = self.connection.appender("sheet")?;
        for row in &sheet.rows {
            appender.append_row(appender_params_from_iter(row.iter().map(value)))?;
        }
        appender.flush()?;
        drop(appender);
        self.written().context("cannot write Parquet")
    }

    fn written(&self) -> anyhow::Result<Vec<u8>> {
        let folder = tempfile_folder()?;
        let file = folder.0.join("sheet.parquet");
        let name = file.display().to_string().replace('\'', "''");
        self.connection.execute_batch(&format!("COPY sheet TO '{name}' (FORMAT parquet)"))?;
        Ok(std::fs::read(&file)?)
    }
}

fn sql_type(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Text => "VARCHAR",
        CellKind::Count => "BIGINT",
        CellKind::Money => "DECIMAL(18, 6)",
        CellKind::Number => "DOUBLE",
    }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Count(count) => Value::BigInt(*count),
        Cell::Money(amount) => Value::Text(amount.to_string()),
        Cell::Number(number) => Value::Double(*number),
    }
}

/// A folder of one's own that is removed when dropped.
struct Folder(std::path::PathBuf);

fn tempfile_folder() -> anyhow::Result<Folder> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("runnel-export-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder)?;
    Ok(Folder(folder))
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
