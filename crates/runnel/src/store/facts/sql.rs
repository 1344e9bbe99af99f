//! SQL text with its bound values, written side by side so that they cannot come apart.

use super::row::Text;
use super::select::{
    Bots, CONVERT_STEPS_MS, Choice, Dimension, Key, Mapping, Offset, ReportClock, Select, TimePart,
};
use duckdb::types::Value;
use std::collections::BTreeSet;

/// A piece of SQL. Only program text is pushed; everything from outside is bound.
#[derive(Clone, Debug, Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) binds: Vec<Value>,
}

impl Sql {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.into(), binds: Vec::new() }
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(super) fn add(&mut self, other: Self) -> &mut Self {
        self.text.push_str(&other.text);
        self.binds.extend(other.binds);
        self
    }

    pub(super) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.binds.push(value.into());
        self.push("?")
    }

    pub(super) fn list(
        &mut self,
        pieces: impl IntoIterator<Item = Self>,
        between: &str,
    ) -> &mut Self {
        for (i, piece) in pieces.into_iter().enumerate() {
            self.push(if i == 0 { "" } else { between });
            self.add(piece);
        }
        self
    }
}

/// The rows that a report looks at, as a query; `t` is the time that counts, `v` whether the visit
/// counts in this copy of a row, `o` whether the rest does.
pub(super) fn rows(select: &Select) -> Sql {
    let mut sql = Sql::default();
    match select.clock {
        ReportClock::Visit => {
            branch(&mut sql, select, "f.visit_ms", "1 AS v, 1 AS o", "");
        }
        ReportClock::Own => branch(&mut sql, select, "f.clock_ms", "1 AS v, 1 AS o", ""),
        ReportClock::Conversion => {
            branch(&mut sql, select, "f.visit_ms", "1 AS v, 0 AS o", " AND f.kind = 0");
            sql.push(" UNION ALL ");
            branch(&mut sql, select, "f.clock_ms", "0 AS v, 1 AS o", "");
        }
    }
    sql
}

fn branch(sql: &mut Sql, select: &Select, time: &str, weights: &str, only: &str) {
    let facts = spelled(select);
    sql.push(&format!("SELECT f.*, {time} AS t, {weights} FROM {facts} f WHERE {time} >= "));
    sql.bind(select.from_ms).push(&format!(" AND {time} < ")).bind(select.to_ms);
    sql.push(only).push(bots(select.bots));
    for choice in scalar_choices(select) {
        let value = scalar(choice.dimension, time, &select.offsets);
        sql.add(chosen(choice, &value));
    }
}

/// Filters and the levels' lists, which hold for all rows: what is not about the path.
fn scalar_choices(select: &Select) -> impl Iterator<Item = &Choice> {
    let all = select.filters.iter().chain(&select.levels);
    all.filter(|choice| choice.dimension.list().is_none())
}

fn bots(bots: Bots) -> &'static str {
    match bots {
        Bots::Include => "",
        Bots::Exclude => " AND (f.bot = 0 OR f.visit IN (SELECT visit FROM unflagged))",
        Bots::Only => " AND f.bot = 1 AND f.visit NOT IN (SELECT visit FROM unflagged)",
    }
}

/// The value of a dimension that is not about the path, NULL for none.
pub(super) fn scalar(dimension: Dimension, time: &str, offsets: &[Offset]) -> Sql {
    match dimension {
        Dimension::Text(text) => Sql::new(&self::text(text)),
        Dimension::Field(field) => Sql::new(&format!("f.{}", field.key())),
        Dimension::Mapped(text, mapping) => Sql::new(&format!(
            "(SELECT any_value(g.value) FROM mapped g WHERE g.kind = {} AND g.id = {})",
            mapping as i8,
            self::text(text)
        )),
        Dimension::Time(part) => time_part(part, time, offsets),
        Dimension::Bot => Sql::new(
            "CASE WHEN f.bot = 1 AND NOT (f.visit IN (SELECT visit FROM unflagged))
             THEN 'bot' ELSE 'person' END",
        ),
        Dimension::ConvertTime => convert_time(),
        Dimension::Path(_) | Dimension::PathMapped(..) => Sql::new("NULL"),
    }
}

/// Where a text of the row stands in [`rows`]: in its column, or as the word of its number.
fn text(text: Text) -> String {
    let word = if text.repeats() { "_word" } else { "" };
    format!("f.{}{word}", text.column())
}

/// All facts, with the words that `select` looks at beside their numbers.
fn spelled(select: &Select) -> String {
    let choices = select.filters.iter().chain(&select.levels);
    let texts = choices.filter_map(|choice| match choice.dimension {
        Dimension::Text(text) | Dimension::Mapped(text, _) => Some(text),
        _ => None,
    });
    let texts: BTreeSet<Text> = texts.filter(|text| text.repeats()).collect();
    let each = |make: fn(&str) -> String| -> String {
        texts.iter().map(|text| make(text.column())).collect()
    };
    let words = each(|name| format!(", {name}_of.word AS {name}_word"));
    let joins = each(|name| format!(" LEFT JOIN words {name}_of ON {name}_of.id = f.{name}"));
    format!("(SELECT f.*{words} FROM all_facts f{joins})")
}

fn convert_time() -> Sql {
    let mut sql = Sql::new("CASE WHEN f.convert_ms IS NULL THEN NULL");
    for (step, until_ms) in CONVERT_STEPS_MS.iter().enumerate() {
        sql.push(&format!(" WHEN f.convert_ms < {until_ms} THEN {step}"));
    }
    sql.push(&format!(" ELSE {} END", CONVERT_STEPS_MS.len()));
    sql
}

const DAY_MS: i64 = 86_400_000;

fn time_part(part: TimePart, time: &str, offsets: &[Offset]) -> Sql {
    let mut local = Sql::new(&format!("({time} + "));
    local.add(offset(time, offsets)).push(")");
    let of = |before: &str, after: &str| {
        let mut sql = Sql::new(before);
        sql.add(local.clone()).push(after);
        sql
    };
    match part {
        TimePart::Date => of("(", &format!(" // {DAY_MS})")),
        TimePart::Hour => of("((", " // 3600000) % 24)"),
        // 1970-01-01 was a Thursday, day 4 of its week.
        TimePart::Weekday => of("((", &format!(" // {DAY_MS} + 3) % 7 + 1)")),
        TimePart::Month => {
            let month = "(date_part('year', CAST(make_timestamp(";
            let mut sql =
                of(month, " * 1000) AS DATE)) * 12 + date_part('month', CAST(make_timestamp(");
            sql.add(local).push(" * 1000) AS DATE)) - 1)");
            sql
        }
    }
}

fn offset(time: &str, offsets: &[Offset]) -> Sql {
    let mut sql = Sql::default();
    let (Some((last, earlier)), true) = (offsets.split_last(), offsets.len() > 1) else {
        sql.push("CAST(").bind(offsets.first().map_or(0, |o| o.offset_ms)).push(" AS BIGINT)");
        return sql;
    };
    sql.push("CASE");
    for stretch in earlier {
        sql.push(&format!(" WHEN {time} < ")).bind(stretch.until_ms.unwrap_or(i64::MAX));
        sql.push(" THEN CAST(").bind(stretch.offset_ms).push(" AS BIGINT)");
    }
    sql.push(" ELSE CAST(").bind(last.offset_ms).push(" AS BIGINT) END");
    sql
}

/// ` AND …` for the lists of `choice` on `value`.
pub(super) fn chosen(choice: &Choice, value: &Sql) -> Sql {
    let mut sql = Sql::default();
    if !choice.include.is_empty() {
        sql.push(" AND ").add(among(choice.dimension, value, &choice.include));
    }
    if !choice.exclude.is_empty() {
        sql.push(" AND NOT ").add(among(choice.dimension, value, &choice.exclude));
    }
    sql
}

/// Whether `value` is one of `keys`: true or false, never NULL.
pub(super) fn among(dimension: Dimension, value: &Sql, keys: &[Key]) -> Sql {
    let mut sql = Sql::new("(");
    if keys.contains(&None) {
        sql.add(value.clone()).push(" IS NULL OR ");
    }
    sql.push("COALESCE(").add(value.clone()).push(" IN (");
    let named = keys.iter().flatten().map(|key| bound(dimension, key));
    sql.list(std::iter::once(Sql::new("NULL")).chain(named), ", ").push("), FALSE))");
    sql
}

fn bound(dimension: Dimension, key: &str) -> Sql {
    let mut sql = Sql::default();
    match dimension.is_numeric() {
        true => sql.bind(key.parse::<i64>().unwrap_or(-1)),
        false => sql.bind(key.to_owned()),
    };
    sql
}

/// The members of a dimension about the path, one row per path and member: `path`, `member`, and
/// the flags. `include` and `exclude` choose members.
pub(super) fn members(dimension: Dimension, include: &[Key], exclude: &[Key]) -> Sql {
    let list = dimension.list().map_or(-1, |list| list as i8);
    let (member, join) = match dimension.mapping() {
        Some(mapping) => ("g.value", mapping_join(mapping)),
        None => ("m.member", String::new()),
    };
    let mut sql = Sql::new(&format!(
        "SELECT m.path, {member} AS member, {FLAGS} FROM members m{join} WHERE m.list = {list}"
    ));
    let choice = Choice { dimension, include: include.to_vec(), exclude: exclude.to_vec() };
    sql.add(chosen(&choice, &Sql::new(member))).push(" GROUP BY ALL");
    sql
}

/// A visit has reached a group of members when it reached the first of them.
pub(super) const FLAGS: &str = "bool_and(m.new) AS new, bool_or(m.here) AS here,
    bool_or(m.lander_view) AS lander_view, bool_or(m.offer_view) AS offer_view,
    bool_or(m.lander_click) AS lander_click, bool_or(m.offer_click) AS offer_click";

fn mapping_join(mapping: Mapping) -> String {
    format!(" JOIN mapped g ON g.kind = {} AND g.id = m.member", mapping as i8)
}
