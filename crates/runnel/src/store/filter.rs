//! Conditions of a list, put together as numbered placeholders with their values beside them.
//! Promise: a value is always bound, never part of the text.

use crate::store::sql;
use sqlx::any::AnyRow;
use sqlx::query::{Query, QueryScalar};
use sqlx::{Any, AssertSqlSafe};

type Arguments = <Any as sqlx::Database>::Arguments;

#[derive(Clone, Debug)]
enum Value {
    Text(String),
    Number(i64),
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Filter {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Filter {
    /// `column` has one of `values`; none asks nothing.
    pub(in crate::store) fn among(&mut self, column: &str, values: &[String]) {
        if !values.is_empty() {
            let binds = sql::list(self.values.len() + 1, values.len());
            self.conditions.push(format!("{column} IN ({binds})"));
            self.values.extend(values.iter().cloned().map(Value::Text));
        }
    }

    /// `column` has none of `values`; none asks nothing.
    pub(in crate::store) fn not_among(&mut self, column: &str, values: &[String]) {
        if !values.is_empty() {
            let binds = sql::list(self.values.len() + 1, values.len());
            self.conditions.push(format!("{column} NOT IN ({binds})"));
            self.values.extend(values.iter().cloned().map(Value::Text));
        }
    }

    /// `column` is `value`; none asks nothing.
    pub(in crate::store) fn is(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.among(column, &[value.to_owned()]);
        }
    }

    /// `column` compares with `value` as `operator` says; none asks nothing.
    pub(in crate::store) fn number(&mut self, column: &str, operator: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.conditions.push(format!("{column} {operator} ${}", self.values.len() + 1));
            self.values.push(Value::Number(value));
        }
    }

    /// `column` contains `text`, whatever signs it has; none asks nothing.
    pub(in crate::store) fn contains(&mut self, column: &str, text: Option<&str>) {
        if let Some(text) = text {
            let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let bind = self.values.len() + 1;
            self.conditions.push(format!("{column} LIKE ${bind} ESCAPE '\\'"));
            self.values.push(Value::Text(format!("%{escaped}%")));
        }
    }

    /// A condition without values.
    pub(in crate::store) fn holds(&mut self, condition: &str) {
        self.conditions.push(condition.to_owned());
    }

    fn text(&self) -> String {
        match self.conditions.as_slice() {
            [] => String::new(),
            all => format!(" WHERE {}", all.join(" AND ")),
        }
    }

    /// `select`, with these conditions, then `end`.
    pub(in crate::store) fn rows(&self, select: &str, end: &str) -> Query<'_, Any, Arguments> {
        let text = format!("{select}{}{end}", self.text());
        self.values.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, value| match value {
            Value::Text(text) => query.bind(text.as_str()),
            Value::Number(number) => query.bind(*number),
        })
    }

    /// How many rows of `table` fit.
    pub(in crate::store) fn count(&self, table: &str) -> QueryScalar<'_, Any, i64, Arguments> {
        let text = format!("SELECT COUNT(*) FROM {table}{}", self.text());
        self.values.iter().fold(sqlx::query_scalar(AssertSqlSafe(text)), |query, value| match value
        {
            Value::Text(text) => query.bind(text.as_str()),
            Value::Number(number) => query.bind(*number),
        })
    }
}

/// A part of a list, and how many there are in all.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The part.
    pub rows: Vec<T>,
    /// How many fit in all.
    pub total: u64,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Most rows.
    pub limit: u32,
    /// Rows before it.
    pub offset: u64,
}

impl Part {
    pub(in crate::store) fn text(self) -> String {
        format!(" LIMIT {} OFFSET {}", self.limit, self.offset)
    }
}

/// A number that is never negative.
pub(in crate::store) fn unsigned(row: &AnyRow, column: &str) -> Result<u64, sqlx::Error> {
    use sqlx::Row;
    Ok(row.try_get::<i64, _>(column)?.max(0) as u64)
}
