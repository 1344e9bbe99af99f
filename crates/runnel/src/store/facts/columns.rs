//! Text columns of `facts` are made when the first row has a text for them: most of the fifty stay
//! empty for ever, and each column costs time at every row. The view `all_facts` has all of them.
//! Promise: a column and the rows that need it are committed together.

use super::row::Text;
use duckdb::Connection;
use rules::assets::Field;
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
        for name in &new {
            connection.execute_batch(&format!("ALTER TABLE facts ADD COLUMN {name} VARCHAR"))?;
            self.made.insert((*name).to_owned());
        }
        if new.is_empty() { Ok(()) } else { self.show_all(connection) }
    }

    /// Makes the view anew.
    pub(super) fn show_all(&self, connection: &Connection) -> duckdb::Result<()> {
        let all = Text::ALL.iter().map(|text| text.column()).chain(Field::all().map(Field::key));
        let lacking = all.filter(|name| !self.made.contains(*name));
        let lacking: String =
            lacking.map(|name| format!(", CAST(NULL AS VARCHAR) AS {name}")).collect();
        let view = format!("CREATE OR REPLACE VIEW all_facts AS SELECT *{lacking} FROM facts");
        connection.execute_batch(&view)
    }
}
