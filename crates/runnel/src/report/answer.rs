//! A finished report → the answer in the API (product.md §15.1).

use super::columns::Column;
use super::drilldown::{Branch, Of, Report};
use super::grouping;
use super::names::Names;
use super::query::{Plan, Shape};
use crate::store::facts::select::{Dimension, Figure};
use jiff::Timestamp;
use rules::money::Micros;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// A drill-down's answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The columns in `metrics`, in order.
    pub columns: Vec<Column>,
    /// Rows of the page.
    pub rows: Vec<Line>,
    /// How many rows there are without paging.
    pub rows_total: i64,
    /// Metrics of everything together, and `leftOut`: visits and cost of bots that were left out.
    #[schema(value_type = Object)]
    pub totals: Map<String, Value>,
    /// Columns that are estimates.
    pub approximate: Vec<&'static str>,
    /// Until when everything is in the figures; null while the store catches up.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
}

/// A row.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Its depth, from 0.
    pub level: usize,
    /// Its key; null for *(none)* and *(overlap)*.
    pub key: Option<String>,
    /// What people read.
    pub label: String,
    /// In flat reports: the keys of all levels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Option<String>>,
    /// In flat reports: the labels of all levels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Values by column: counts and percents as numbers, money as decimal strings.
    #[schema(value_type = Object)]
    pub metrics: Map<String, Value>,
    /// Rows of the next level.
    #[schema(no_recursion)]
    pub children: Vec<Line>,
}

/// Writes `report` as the plan asks.
pub(super) fn answer(plan: &Plan, report: &Report, names: &Names<'_>, as_of_ms: u64) -> Answer {
    let writer = Writer { plan, names };
    let (rows, rows_total) = match plan.shape {
        Shape::Tree => (writer.tree(&report.rows, 0), report.rows_total),
        Shape::Flat => writer.flat(&report.rows),
    };
    let mut totals = writer.metrics(&report.totals);
    let (visits, cost) = report.left_out;
    totals.insert("leftOut".into(), json!({"visits": visits, "cost": Micros(cost)}));
    let estimated = report.approximate
        && plan.columns.iter().any(|c| c.figures().any(|figure| *figure == Figure::Visitors));
    Answer {
        columns: plan.columns.clone(),
        rows,
        rows_total,
        totals,
        approximate: if estimated { vec!["visitors"] } else { Vec::new() },
        as_of: as_of(as_of_ms),
    }
}

/// Unix milliseconds as a time; 0 is none.
pub(super) fn as_of(as_of_ms: u64) -> Option<Timestamp> {
    let at = Timestamp::from_millisecond(i64::try_from(as_of_ms).ok()?).ok();
    at.filter(|_| as_of_ms > 0)
}

struct Writer<'a> {
    plan: &'a Plan,
    names: &'a Names<'a>,
}

/// A leaf of the tree with all that leads to it.
struct Leaf<'a> {
    way: Vec<&'a Of>,
    sums: &'a [i64],
}

impl Writer<'_> {
    fn tree(&self, rows: &[Branch], level: usize) -> Vec<Line> {
        let line = |row: &Branch| Line {
            children: self.tree(&row.children, level + 1),
            ..self.line(level, &row.of, &row.sums)
        };
        rows.iter().map(line).collect()
    }

    fn line(&self, level: usize, of: &Of, sums: &[i64]) -> Line {
        Line {
            level,
            key: self.key(level, of),
            label: self.label(level, of),
            keys: Vec::new(),
            labels: Vec::new(),
            metrics: self.metrics(sums),
            children: Vec::new(),
        }
    }

    /// One row per combination, sorted as a whole.
    fn flat(&self, rows: &[Branch]) -> (Vec<Line>, i64) {
        let mut leaves = Vec::new();
        gather(rows, &mut Vec::new(), &mut leaves);
        if let super::query::SortBy::Column(column) = &self.plan.sort {
            self.sort(column, &mut leaves);
        }
        let total = leaves.len() as i64;
        let page = leaves.iter().skip(self.plan.offset as usize).take(self.plan.limit as usize);
        (page.map(|leaf| self.flat_line(leaf)).collect(), total)
    }

    fn sort(&self, column: &Column, leaves: &mut [Leaf<'_>]) {
        let figures = &self.plan.select.figures;
        leaves.sort_by(|a, b| {
            let by = column.weight(figures, a.sums).total_cmp(&column.weight(figures, b.sums));
            if self.plan.descending { by.reverse() } else { by }
        });
    }

    fn flat_line(&self, leaf: &Leaf<'_>) -> Line {
        let level = leaf.way.len() - 1;
        let ways = || leaf.way.iter().enumerate();
        Line {
            keys: ways().map(|(level, of)| self.key(level, of)).collect(),
            labels: ways().map(|(level, of)| self.label(level, of)).collect(),
            ..self.line(level, leaf.way[level], leaf.sums)
        }
    }

    fn dimension(&self, level: usize) -> Dimension {
        self.plan.select.levels[level].dimension
    }

    fn key(&self, level: usize, of: &Of) -> Option<String> {
        match of {
            Of::Member(key) => Some(grouping::shown(self.dimension(level), key)),
            Of::None | Of::Overlap => None,
        }
    }

    fn label(&self, level: usize, of: &Of) -> String {
        match of {
            Of::Member(key) => {
                let dimension = self.dimension(level);
                self.names.label(dimension, &grouping::shown(dimension, key))
            }
            Of::None => "(none)".into(),
            Of::Overlap => "(overlap)".into(),
        }
    }

    fn metrics(&self, sums: &[i64]) -> Map<String, Value> {
        let figures = &self.plan.select.figures;
        let value = |column: &Column| (column.name.clone(), column.value(figures, sums));
        self.plan.columns.iter().map(value).collect()
    }
}

fn gather<'a>(rows: &'a [Branch], way: &mut Vec<&'a Of>, leaves: &mut Vec<Leaf<'a>>) {
    for row in rows {
        way.push(&row.of);
        match row.children.is_empty() {
            true => leaves.push(Leaf { way: way.clone(), sums: &row.sums }),
            false => gather(&row.children, way, leaves),
        }
        way.pop();
    }
}
