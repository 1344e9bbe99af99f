//! Text columns of `facts` are made when the first row has a text for them: most of the fifty stay
//! empty for ever, and each column costs time at every row. The view `all_facts` has all of them.
//! Promise: a column and the rows that need it are committed together.

use super::texts::names;
use duckdb::Connection;
use std::collections::HashSet;

pub(super) struct TextColumns {
    made: HashSet<String>,
    /// After a rollback the store must be asked again.
    stale: bool,
}

impl TextColumns {
    /// Reads which columns the store has.
    pub(super) fn load(connection: &Connection) -> duckdb::Result<Self> {
        let names = "SELECT column_name FROM duckdb_columns() WHERE table_name = 'facts'";
        let mut statement = connection.prepare(names)?;
        let made = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(Self { made, stale: false })
    }

    /// Forgets everything, after a transaction that made columns was lost.
    pub(super) fn forget(&mut self) {
        self.stale = true;
    }

    /// Makes those of `wanted` that are not there.
    pub(super) fn make(
        &mut self,
        connection: &Connection,
        wanted: impl Iterator<Item = &'static str>,
    ) -> duckdb::Result<()> {
        if self.stale {
            *self = Self::load(connection)?;
        }
        let new: Vec<_> = wanted.filter(|name| !self.made.contains(*name)).collect();
        for (name, kind) in kinds().filter(|(name, _)| new.contains(name)) {
            connection.execute_batch(&format!("ALTER TABLE facts ADD COLUMN {name} {kind}"))?;
            self.made.insert(name.to_owned());
        }
        if new.is_empty() { Ok(()) } else { self.show_all(connection) }
    }

    /// Makes the view anew.
    pub(super) fn show_all(&self, connection: &Connection) -> duckdb::Result<()> {
        let lacking = kinds().filter(|(name, _)| !self.made.contains(*name));
        let lacking: String =
            lacking.map(|(name, kind)| format!(", CAST(NULL AS {kind}) AS {name}")).collect();
        let view = format!("CREATE OR REPLACE VIEW all_facts AS SELECT *{lacking} FROM facts");
        connection.execute_batch(&view)
    }
}

/// Names and types of all text columns.
fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    names().map(|(name, repeats)| (name, if repeats { "INTEGER" } else { "VARCHAR" }))
}
