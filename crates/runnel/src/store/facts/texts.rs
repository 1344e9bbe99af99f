//! The texts of rows as columns: those that repeat as numbers of words, the others as they are.
//! Promise: a column without any text is left out; one row costs what its texts cost.

use super::row::{TEXT_COLUMNS, Text, Texts};
use duckdb::arrow::array::{ArrayBuilder, ArrayRef, Int32Array, StringBuilder};
use rules::assets::Field;
use std::collections::HashMap;
use std::sync::Arc;

/// The text columns of rows that wait to be written.
pub(super) struct TextRows {
    columns: Vec<Column>,
    places: HashMap<Arc<str>, u32>,
    words: Vec<Arc<str>>,
}

/// A column, begun only once a row has a text for it. Rows without one between and after are made up
/// for when the next text comes.
enum Column {
    Words(Vec<Option<u32>>),
    Texts(StringBuilder),
}

impl Default for TextRows {
    fn default() -> Self {
        let columns = names().map(|(_, repeats)| match repeats {
            true => Column::Words(Vec::new()),
            false => Column::Texts(StringBuilder::new()),
        });
        let columns: Vec<_> = columns.collect();
        debug_assert_eq!(columns.len(), TEXT_COLUMNS);
        Self { columns, places: HashMap::new(), words: Vec::new() }
    }
}

/// Names of the columns in their order, and whether their texts are kept as words.
pub(super) fn names() -> impl Iterator<Item = (&'static str, bool)> {
    let texts = Text::ALL.iter().map(|text| (text.column(), text.repeats()));
    texts.chain(Field::all().map(|field| (field.key(), false)))
}

impl TextRows {
    /// Adds the texts of the row that `before` others precede.
    pub(super) fn push(&mut self, texts: &Texts<'_>, before: usize) {
        for (place, text) in texts.values() {
            match &mut self.columns[place] {
                Column::Texts(builder) => {
                    fill_up(builder, before);
                    builder.append_value(text);
                }
                Column::Words(column) => {
                    // Most rows say what the row before them said.
                    let word = match column.last() {
                        Some(Some(last)) if *self.words[*last as usize] == *text => *last,
                        _ => word(&mut self.places, &mut self.words, text),
                    };
                    column.resize(before, None);
                    column.push(Some(word));
                }
            }
        }
    }

    /// The different words of the rows.
    pub(super) fn words(&self) -> &[Arc<str>] {
        &self.words
    }

    /// The columns of so many `rows` with their names. `numbers` are those of [`Self::words`].
    pub(super) fn into_columns(
        self,
        rows: usize,
        numbers: &[i32],
    ) -> impl Iterator<Item = (&'static str, ArrayRef)> {
        let finish = move |column| match column {
            Column::Words(words) if words.is_empty() => None,
            Column::Words(mut words) => {
                words.resize(rows, None);
                let numbers = words.into_iter().map(|word| Some(numbers[word? as usize]));
                Some(Arc::new(numbers.collect::<Int32Array>()) as ArrayRef)
            }
            Column::Texts(builder) if builder.is_empty() => None,
            Column::Texts(mut builder) => {
                fill_up(&mut builder, rows);
                Some(Arc::new(builder.finish()) as ArrayRef)
            }
        };
        let named = names().zip(self.columns);
        named.filter_map(move |((name, _), column)| Some((name, finish(column)?)))
    }
}

fn word(places: &mut HashMap<Arc<str>, u32>, words: &mut Vec<Arc<str>>, text: &str) -> u32 {
    if let Some(place) = places.get(text) {
        return *place;
    }
    let (word, place) = (Arc::<str>::from(text), words.len() as u32);
    places.insert(word.clone(), place);
    words.push(word);
    place
}

fn fill_up(builder: &mut StringBuilder, rows: usize) {
    match rows - builder.len() {
        0 => {}
        missing => builder.append_nulls(missing),
    }
}
