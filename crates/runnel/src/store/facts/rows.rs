//! Rows as columns: facts go straight into Arrow builders, so that a batch of a hundred thousand
//! costs no more memory than its values.
//! Promise: a column that holds nothing but NULL is left out, which the store fills by itself.

use super::path::Path;
use super::paths::{Fingerprint, PathOf};
use super::row::{Measure, Row, RowKind};
use super::schema;
use super::texts::TextRows;
use duckdb::arrow::array::{Array, ArrayRef, Int8Array, Int32Array, Int64Array};
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
    texts: TextRows,
    counts: Vec<Vec<i8>>,
    money: Vec<Vec<i64>>,
    places: HashMap<Fingerprint, u32>,
    paths: Vec<(Fingerprint, Path)>,
    first_later: Option<i64>,
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
            texts: TextRows::default(),
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
        self.texts.push(&row.texts, rows_before);
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

    /// The different words of the rows.
    pub(super) fn words(&self) -> &[Arc<str>] {
        self.texts.words()
    }

    /// The columns with their names. `paths` and `words` are the numbers of [`Self::paths`] and
    /// [`Self::words`].
    pub(super) fn into_columns(
        self,
        paths: &[i32],
        words: &[i32],
    ) -> Vec<(&'static str, ArrayRef)> {
        let rows = self.len();
        let path = self.path.iter().map(|place| paths[*place as usize]);
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
        let fixed = fixed.filter(|(_, column)| column.null_count() < column.len());
        let texts = self.texts.into_columns(rows, words);
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
