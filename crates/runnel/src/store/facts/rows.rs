//! Rows as columns: facts go straight into Arrow builders, so that a batch of a hundred thousand
//! costs no more memory than its values.
//! Promise: a column that holds nothing but NULL is left out, which the store fills by itself.

use super::path::Path;
use super::paths::{Fingerprint, PathOf};
use super::row::{Measure, Row, RowKind, TEXT_COLUMNS, Text};
use super::schema;
use duckdb::arrow::array::{
    ArrayBuilder, ArrayRef, Int8Array, Int32Array, Int64Array, StringBuilder,
};
use rules::assets::Field;
use std::collections::HashMap;
use std::sync::Arc;

/// Facts that wait to be written.
pub struct Rows {
    kind: Vec<i8>,
    number: Vec<i64>,
    visit_ms: Vec<i64>,
    clock_ms: Vec<i64>,
    convert_ms: Vec<Option<i64>>,
    visitor: Vec<i64>,
    visit: Vec<i64>,
    bot: Vec<i8>,
    path: Vec<u32>,
    texts: Vec<Column>,
    counts: Vec<Vec<i8>>,
    money: Vec<Vec<i64>>,
    places: HashMap<Fingerprint, u32>,
    paths: Vec<(Fingerprint, Path)>,
    first_later: Option<i64>,
}

/// A text column, begun only once a row has a text for it. Rows without one between and after are
/// made up for when the next text comes.
#[derive(Default)]
struct Column(Option<StringBuilder>);

impl Column {
    /// Adds the text of the row that `rows_before` others precede.
    fn push(&mut self, value: &str, rows_before: usize) {
        let builder = self.0.get_or_insert_default();
        fill_up(builder, rows_before);
        builder.append_value(value);
    }

    /// The column of so many `rows`; none if no row has a text.
    fn finish(self, rows: usize) -> Option<ArrayRef> {
        let mut builder = self.0?;
        fill_up(&mut builder, rows);
        Some(Arc::new(builder.finish()))
    }
}

fn fill_up(builder: &mut StringBuilder, rows: usize) {
    match rows - builder.len() {
        0 => {}
        missing => builder.append_nulls(missing),
    }
}

impl Default for Rows {
    fn default() -> Self {
        let money = Measure::ALL.iter().filter(|measure| measure.is_money()).count();
        Self {
            kind: Vec::new(),
            number: Vec::new(),
            visit_ms: Vec::new(),
            clock_ms: Vec::new(),
            convert_ms: Vec::new(),
            visitor: Vec::new(),
            visit: Vec::new(),
            bot: Vec::new(),
            path: Vec::new(),
            texts: (0..TEXT_COLUMNS).map(|_| Column::default()).collect(),
            counts: vec![Vec::new(); Measure::ALL.len() - money],
            money: vec![Vec::new(); money],
            places: HashMap::new(),
            paths: Vec::new(),
            first_later: None,
        }
    }
}

impl Rows {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.number.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.number.is_empty()
    }

    /// Adds a fact.
    pub fn push(&mut self, row: Row<'_>) {
        let rows_before = self.len();
        let later = row.kind == RowKind::Request && row.measures.get(Measure::Entrance) == 0;
        if later && self.first_later.is_none_or(|first| row.number < first) {
            self.first_later = Some(row.number);
        }
        self.kind.push(row.kind as i8);
        self.number.push(row.number);
        self.visit_ms.push(row.visit_ms);
        self.clock_ms.push(row.clock_ms);
        self.convert_ms.push(row.convert_ms);
        self.visitor.push(row.visitor);
        self.visit.push(row.visit);
        self.bot.push(i8::from(row.bot));
        for (column, text) in row.texts.values() {
            self.texts[column].push(text, rows_before);
        }
        let of = |money| Measure::ALL.iter().filter(move |measure| measure.is_money() == money);
        for (column, measure) in self.counts.iter_mut().zip(of(false)) {
            column.push(row.measures.get(*measure) as i8);
        }
        for (column, measure) in self.money.iter_mut().zip(of(true)) {
            column.push(row.measures.get(*measure));
        }
        let place = self.place(row.path);
        self.path.push(place);
    }

    /// Where the path stands among those of this batch.
    fn place(&mut self, path: PathOf<'_>) -> u32 {
        *self.places.entry(path.fingerprint).or_insert_with(|| {
            self.paths.push((path.fingerprint, path.made()));
            self.paths.len() as u32 - 1
        })
    }

    /// The lowest record number of a request that did not begin its visit.
    pub(super) fn first_later(&self) -> Option<i64> {
        self.first_later
    }

    /// The different paths of the rows.
    pub(super) fn paths(&self) -> &[(Fingerprint, Path)] {
        &self.paths
    }

    /// The columns with their names. `numbers` are those of [`Self::paths`].
    pub(super) fn into_columns(self, numbers: &[i32]) -> Vec<(&'static str, ArrayRef)> {
        let rows = self.len();
        let path = self.path.iter().map(|place| numbers[*place as usize]);
        let fixed: [ArrayRef; schema::FIXED.len()] = [
            Arc::new(Int8Array::from(self.kind)),
            Arc::new(Int64Array::from(self.number)),
            Arc::new(Int64Array::from(self.visit_ms)),
            Arc::new(Int64Array::from(self.clock_ms)),
            Arc::new(Int64Array::from(self.convert_ms)),
            Arc::new(Int64Array::from(self.visitor)),
            Arc::new(Int64Array::from(self.visit)),
            Arc::new(Int8Array::from(self.bot)),
            Arc::new(Int32Array::from_iter_values(path)),
        ];
        let fixed = schema::FIXED.iter().map(|(name, _)| *name).zip(fixed);
        let texts = Text::ALL.iter().map(|text| text.column());
        let texts = texts.chain(Field::all().map(Field::key)).zip(self.texts);
        let texts = texts.filter_map(|(name, column)| Some((name, column.finish(rows)?)));
        let of = |money| Measure::ALL.iter().filter(move |measure| measure.is_money() == money);
        let counts = of(false).zip(self.counts).map(|(measure, values)| {
            (measure.column(), Arc::new(Int8Array::from(values)) as ArrayRef)
        });
        let money = of(true).zip(self.money).map(|(measure, values)| {
            (measure.column(), Arc::new(Int64Array::from(values)) as ArrayRef)
        });
        fixed.chain(texts).chain(counts).chain(money).collect()
    }
}
