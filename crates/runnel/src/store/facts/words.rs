//! Numbers for texts that repeat: rows hold the number, one small table the text.
//! Promise: memory is bounded; a text that is forgotten gets a second number, which changes no report:
//! they look at texts.

use super::append::append_columns;
use duckdb::Connection;
use duckdb::arrow::array::{Int32Array, StringArray};
use std::collections::HashMap;
use std::sync::Arc;

/// Most texts remembered, about 60 bytes each and their characters.
const MOST_REMEMBERED: usize = 100_000;

/// The numbers that the store has given.
pub(super) struct Words {
    known: HashMap<Arc<str>, i32>,
    next: i32,
    /// After a rollback `next` must be asked for again.
    stale: bool,
}

impl Words {
    /// Reads the newest words of the store.
    pub(super) fn load(connection: &Connection) -> duckdb::Result<Self> {
        let next = "SELECT COALESCE(MAX(id), -1) + 1 FROM words";
        let next = connection.query_row(next, [], |row| row.get(0))?;
        let newest = "SELECT word, id FROM words ORDER BY id DESC LIMIT 50000";
        let mut statement = connection.prepare(newest)?;
        let known = statement
            .query_map([], |row| Ok((row.get::<_, String>(0)?.into(), row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(Self { known, next, stale: false })
    }

    /// Forgets everything, after a transaction that numbered words was lost.
    pub(super) fn forget(&mut self) {
        self.stale = true;
    }

    /// The numbers of `words`, storing those not met before.
    pub(super) fn intern(
        &mut self,
        connection: &Connection,
        words: &[Arc<str>],
    ) -> anyhow::Result<Vec<i32>> {
        if self.stale {
            *self = Self::load(connection)?;
        }
        if self.known.len() > MOST_REMEMBERED {
            self.known.clear();
        }
        let mut new = Vec::new();
        let numbers = words.iter().map(|word| self.number(word, &mut new)).collect();
        if !new.is_empty() {
            store(connection, &new)?;
        }
        Ok(numbers)
    }

    fn number(&mut self, word: &Arc<str>, new: &mut Vec<(i32, Arc<str>)>) -> i32 {
        *self.known.entry(word.clone()).or_insert_with(|| {
            let number = self.next;
            self.next += 1;
            new.push((number, word.clone()));
            number
        })
    }
}

fn store(connection: &Connection, new: &[(i32, Arc<str>)]) -> anyhow::Result<()> {
    let ids = Int32Array::from_iter_values(new.iter().map(|(number, _)| *number));
    let words = StringArray::from_iter_values(new.iter().map(|(_, word)| word));
    append_columns(connection, "words", vec![("id", Arc::new(ids)), ("word", Arc::new(words))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::facts::schema::create;

    #[test]
    fn a_word_is_stored_once_and_known_after_an_opening() {
        let connection = Connection::open_in_memory().unwrap();
        create(&connection).unwrap();
        let said = |words: &[&str]| words.iter().map(|word| Arc::from(*word)).collect::<Vec<_>>();
        let mut words = Words::load(&connection).unwrap();
        assert_eq!(words.intern(&connection, &said(&["US", "DE"])).unwrap(), [0, 1]);
        assert_eq!(words.intern(&connection, &said(&["DE", "FR"])).unwrap(), [1, 2]);
        let mut opened = Words::load(&connection).unwrap();
        assert_eq!(opened.intern(&connection, &said(&["FR", "IT"])).unwrap(), [2, 3]);
        let stored = "SELECT string_agg(word, ' ' ORDER BY id) FROM words";
        let stored: String = connection.query_row(stored, [], |row| row.get(0)).unwrap();
        assert_eq!(stored, "US DE FR IT");
    }

    #[test]
    fn numbers_of_a_lost_transaction_are_given_again() {
        let connection = Connection::open_in_memory().unwrap();
        create(&connection).unwrap();
        let mut words = Words::load(&connection).unwrap();
        connection.execute_batch("BEGIN TRANSACTION").unwrap();
        assert_eq!(words.intern(&connection, &[Arc::from("US")]).unwrap(), [0]);
        connection.execute_batch("ROLLBACK").unwrap();
        words.forget();
        assert_eq!(words.intern(&connection, &[Arc::from("DE")]).unwrap(), [0]);
    }
}
