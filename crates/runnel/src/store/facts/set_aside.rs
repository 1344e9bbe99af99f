//! What the sources hold and no report can show: noted in the store, counted, and named to the
//! operator.
//! Promise: one unreadable item never stops what comes after it; a rebuild by a program that can
//! read it takes it in.

use duckdb::{Connection, params};

/// Most that are noted by number; further ones are only counted.
const MOST_NOTED: i64 = 10_000;

/// Where an item comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A record, by its number.
    Journal,
    /// A ledger entry, by its sequence number.
    Ledger,
    /// A bulk change of cost, by its number.
    Costs,
}

impl Source {
    /// The word in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Ledger => "ledger",
            Self::Costs => "costs",
        }
    }
}

/// An item that reports lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is.
    pub source: Source,
    /// Its number there.
    pub number: i64,
    /// Why.
    pub reason: &'static str,
}

/// What a store lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// How many items.
    pub count: u64,
    /// The first of them, as `source number (reason)`.
    pub first: Vec<String>,
}

/// Notes `items` in the transaction that moves the cursors past them.
pub(super) fn note(connection: &Connection, items: &[SetAside]) -> duckdb::Result<()> {
    let note = "INSERT INTO set_aside SELECT $1, $2, $3
                WHERE (SELECT count(*) FROM set_aside) < $4";
    for SetAside { source, number, reason } in items {
        connection.execute(note, params![source.as_str(), number, reason, MOST_NOTED])?;
    }
    Ok(())
}

/// Counts `items` and names them, once they are noted.
pub(super) fn tell(items: &[SetAside]) {
    for SetAside { source, number, reason } in items {
        let source = source.as_str();
        metrics::counter!("runnel_feed_set_aside_total", "source" => source, "reason" => *reason)
            .increment(1);
        tracing::error!(source, number, reason, "reports lack this: it is set aside");
    }
}

/// How many are noted, and the first of them as `source number (reason)`.
pub(super) fn noted(connection: &Connection) -> duckdb::Result<(u64, Vec<String>)> {
    let count = "SELECT count(*) FROM set_aside";
    let count: i64 = connection.query_row(count, [], |row| row.get(0))?;
    let first = "SELECT concat(source, ' ', number, ' (', reason, ')') FROM set_aside
                 ORDER BY source, number LIMIT 5";
    let mut statement = connection.prepare(first)?;
    let first = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok((count as u64, first))
}
