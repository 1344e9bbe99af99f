//! A drill-down as a file: one line per combination, each level with its key and its label.
//! Promise: the whole report or an error, never a part of it; no cell of a CSV is a formula.

mod csv;

use super::answer::Line;
use super::columns::{Column, ColumnKind};
use super::grouping;
use super::query::{Drilldown, MOST_LIMIT, Shape};
use crate::error::Problem;
use crate::snapshot::Snapshot;
use crate::store::facts::{Cell, CellKind, Facts, MOST_GROUPS, Sheet};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rules::money::Micros;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// What the file is.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated, UTF-8, with a header line.
    #[default]
    Csv,
    /// The answer of a flat report.
    Json,
    /// Apache Parquet, money as DECIMAL(18,6).
    Parquet,
}

/// Parameters of an export.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParameters {
    /// What the file is.
    #[serde(default)]
    #[param(inline)]
    pub format: Format,
}

/// Makes the file of everything that `query` finds; its paging is not looked at.
/// # Errors
/// 400 naming each fault or that the file would be too long, 503 while reports are off.
pub async fn export(
    facts: &Facts,
    snapshot: Arc<Snapshot>,
    query: Drilldown,
    format: Format,
    within: Duration,
) -> Result<Response, Problem> {
    let whole = Drilldown { shape: Shape::Flat, limit: MOST_LIMIT, offset: 0, ..query };
    let plan = super::query::Plan { limit: MOST_GROUPS as u32, ..whole.plan(&snapshot)? };
    let answer = super::make::make_plan(facts, snapshot, plan, within).await?;
    if answer.rows_total > answer.rows.len() as i64 {
        return Err(Problem::fault("groupings", format!("give more than {MOST_GROUPS} lines")));
    }
    match format {
        Format::Json => Ok(axum::Json(answer).into_response()),
        Format::Csv => {
            let sheet = sheet(&whole, &answer.columns, &answer.rows);
            Ok(file(csv::written(&sheet).into_bytes(), "text/csv; charset=utf-8", "csv"))
        }
        Format::Parquet => {
            let sheet = sheet(&whole, &answer.columns, &answer.rows);
            let write = facts.read(within, Vec::new(), move |reader| reader.parquet(&sheet));
            let bytes = write.await.map_err(super::make::problem)?;
            Ok(file(bytes, "application/vnd.apache.parquet", "parquet"))
        }
    }
}

fn file(bytes: Vec<u8>, kind: &'static str, ending: &str) -> Response {
    let name = format!("attachment; filename=\"report.{ending}\"");
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static(kind);
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], bytes).into_response()
}

fn sheet(query: &Drilldown, columns: &[Column], lines: &[Line]) -> Sheet {
    let levels = query.groupings.iter().flat_map(|level| {
        let name = grouping::kebab(&level.by);
        [(format!("{name}-key"), CellKind::Text), (name, CellKind::Text)]
    });
    let columns_kinds = columns.iter().map(|c| (c.name.clone(), kind(c.kind)));
    let depth = query.groupings.len();
    Sheet {
        columns: levels.chain(columns_kinds).collect(),
        rows: lines.iter().map(|line| cells(line, depth, columns)).collect(),
    }
}

fn kind(kind: ColumnKind) -> CellKind {
    match kind {
        ColumnKind::Count => CellKind::Count,
        ColumnKind::Money => CellKind::Money,
        ColumnKind::Percent => CellKind::Number,
    }
}

/// A line that balances an outer level has nothing below it: its inner cells stay empty.
fn cells(line: &Line, depth: usize, columns: &[Column]) -> Vec<Cell> {
    let level = |i: usize| {
        let text = |text: Option<String>| text.map_or(Cell::Empty, Cell::Text);
        [text(line.keys.get(i).cloned().flatten()), text(line.labels.get(i).cloned())]
    };
    let values = columns.iter().map(|column| match &line.metrics[&column.name] {
        Value::String(money) => {
            money.parse().map_or(Cell::Empty, |amount: Micros| Cell::Money(amount))
        }
        Value::Number(n) if column.kind == ColumnKind::Count => {
            Cell::Count(n.as_i64().unwrap_or_default())
        }
        number => Cell::Number(number.as_f64().unwrap_or_default()),
    });
    (0..depth).flat_map(level).chain(values).collect()
}
