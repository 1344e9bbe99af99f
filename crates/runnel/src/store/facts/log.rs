//! Which records and entries fit a filter, newest first: the facts find, the journal and the
//! ledger tell.

use super::groups::{filtered, path_filters};
use super::read::Reader;
use super::row::RowKind;
use super::select::Select;
use super::sql::{Sql, rows};
use duckdb::params_from_iter;

/// What a log lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Requests: journal record numbers.
    Requests,
    /// Changes of custom events: ledger sequence numbers.
    Events,
}

/// A page of a log.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// Record or sequence numbers, newest first.
    pub numbers: Vec<i64>,
    /// How many fit in all.
    pub total: i64,
}

impl Reader<'_> {
    /// The numbers that fit `select` (its levels and figures do not matter).
    /// # Errors
    /// The store failed or was interrupted.
    pub fn numbers(
        &self,
        select: &Select,
        log: Log,
        limit: u32,
        offset: u32,
    ) -> anyhow::Result<Numbers> {
        let mut sql =
            Sql::new("SELECT number, count(*) OVER () FROM (SELECT DISTINCT f.number FROM (");
        sql.add(rows(select)).push(") f");
        for (i, choice) in path_filters(select).enumerate() {
            sql.push(" JOIN (").add(filtered(choice));
            // A request is listed for what it passed itself; a standing for whom it credits.
            sql.push(&format!(") p{i} ON p{i}.path = f.path AND (f.kind <> 0 OR p{i}.here)"));
        }
        sql.push(&match log {
            Log::Requests => format!(" WHERE f.kind = {}", RowKind::Request as i8),
            Log::Events => {
                format!(" WHERE f.kind = {} AND f.event IS NOT NULL", RowKind::Standing as i8)
            }
        });
        sql.push(&format!(") ORDER BY number DESC LIMIT {limit} OFFSET {offset}"));
        let mut statement = self.connection.prepare(&sql.text)?;
        let mut found = statement.query(params_from_iter(sql.binds))?;
        let mut page = Numbers::default();
        while let Some(row) = found.next()? {
            page.numbers.push(row.get(0)?);
            page.total = row.get(1)?;
        }
        Ok(page)
    }
}
