//! Runs the queries of a report on a connection.
//! Promise: bounded: a level with more groups than the limit is refused, not cut silently.

use super::append::Cursors;
use super::groups::{count, groups};
use super::select::{Group, Key, Mapping, Select, Slice};
use super::sql::{Sql, rows};
use duckdb::{Connection, params_from_iter};

/// Most groups of one level.
pub const MOST_GROUPS: usize = 100_000;

/// A level has more than [`MOST_GROUPS`] groups.
#[derive(Debug, thiserror::Error)]
#[error("more than {MOST_GROUPS} groups")]
pub struct TooMany;

/// A line of a small table: an ID and what it belongs to.
pub type Mapped = (Mapping, String, String);

/// A report's connection with the small tables of today's configuration.
pub struct Reader<'a> {
    pub(super) connection: &'a Connection,
}

impl<'a> Reader<'a> {
    /// Makes the small tables on `connection`: what each ID belongs to.
    /// # Errors
    /// The store cannot be written to memory.
    pub(super) fn new(connection: &'a Connection, mapped: &[Mapped]) -> anyhow::Result<Self> {
        connection.execute_batch(
            "CREATE OR REPLACE TEMP TABLE mapped (kind TINYINT, id VARCHAR, value VARCHAR)",
        )?;
        let mut appender = connection.appender("mapped")?;
        for (mapping, id, value) in mapped {
            appender.append_row(duckdb::params![*mapping as i8, id, value])?;
        }
        appender.flush()?;
        drop(appender);
        Ok(Self { connection })
    }

    /// The groups of the first `depth` levels; see [`super::select`].
    /// # Errors
    /// [`TooMany`] groups, or the store failed or was interrupted.
    pub fn groups(
        &self,
        select: &Select,
        depth: usize,
        top: Option<&[Key]>,
        slice: Option<&Slice>,
    ) -> anyhow::Result<Vec<Group>> {
        let sql = groups(select, depth, top, slice, MOST_GROUPS + 1);
        let mut statement = self.connection.prepare(&sql.text)?;
        let mut found = statement.query(params_from_iter(sql.binds))?;
        let mut groups = Vec::new();
        while let Some(row) = found.next()? {
            let keys = (0..depth).map(|i| row.get(i)).collect::<Result<_, _>>()?;
            let any = row.get::<_, Option<bool>>(depth)?.unwrap_or(false);
            let figures = depth + 1..depth + 1 + select.figures.len();
            let sums = figures.map(|i| row.get(i)).collect::<Result<_, _>>()?;
            groups.push(Group { keys, any, sums });
        }
        if groups.len() > MOST_GROUPS { Err(TooMany.into()) } else { Ok(groups) }
    }

    /// How many groups the first level has.
    /// # Errors
    /// The store failed or was interrupted.
    pub fn groups_count(&self, select: &Select) -> anyhow::Result<i64> {
        let sql = count(select);
        Ok(self.connection.query_row(&sql.text, params_from_iter(sql.binds), |row| row.get(0))?)
    }

    /// The figures of all rows together.
    /// # Errors
    /// The store failed or was interrupted.
    pub fn totals(&self, select: &Select) -> anyhow::Result<Vec<i64>> {
        let totals = self.groups(select, 0, None, None)?;
        let none = || vec![0; select.figures.len()];
        Ok(totals.into_iter().next().map_or_else(none, |group| group.sums))
    }

    /// How far the store has read its sources.
    /// # Errors
    /// The store failed or was interrupted.
    pub fn cursors(&self) -> anyhow::Result<Cursors> {
        cursors(self.connection)
    }

    /// How many rows a report looks at.
    /// # Errors
    /// The store failed or was interrupted.
    pub fn count(&self, select: &Select) -> anyhow::Result<i64> {
        let mut sql = Sql::new("SELECT count(*) FROM (");
        sql.add(rows(select)).push(")");
        Ok(self.connection.query_row(&sql.text, params_from_iter(sql.binds), |row| row.get(0))?)
    }
}

/// How far the store has read its sources.
pub(super) fn cursors(connection: &Connection) -> anyhow::Result<Cursors> {
    let query = "SELECT records, entries, costs FROM state";
    Ok(connection.query_row(query, [], |row| {
        let records = row.get::<_, i64>(0)? as u64;
        Ok(Cursors { records, entries: row.get(1)?, costs: row.get(2)? })
    })?)
}
