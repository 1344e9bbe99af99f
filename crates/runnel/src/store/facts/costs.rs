//! Bulk changes of cost, expanded over the visits that fit.
//! Promise: a visit costs what the latest change that fits it says, at every row of the visit,
//! also those that arrive later; undone changes say nothing. Rebuilt, it is the same.

use super::read::Reader;
use super::sql::Sql;
use duckdb::{Connection, params, params_from_iter};
use rules::cost_change::{CostAct, CostChange, CostSetting};

/// Takes in `changes`, and gives rows of changed visits their visits' cost. `first_later` is the
/// lowest record number among new rows that did not begin their visit.
pub(super) fn apply(
    connection: &Connection,
    first_later: Option<i64>,
    changes: &[(i64, CostChange)],
) -> anyhow::Result<()> {
    if let Some(first) = first_later {
        follow_earlier(connection, first)?;
    }
    for (number, change) in changes {
        let body = serde_json::to_string(change)?;
        let keep = "INSERT INTO cost_changes VALUES ($1, $2, $3, FALSE)";
        connection.execute(keep, params![number, change.id.to_string(), body])?;
        match &change.does {
            CostAct::Set(setting) => set(connection, setting)?,
            CostAct::Undo(id) => undo(connection, &id.to_string())?,
        }
    }
    Ok(())
}

/// A later request of a visit carries what its entrance cost at first: it takes on what the visit
/// costs now.
fn follow_earlier(connection: &Connection, first: i64) -> anyhow::Result<()> {
    if !connection.prepare("SELECT 1 FROM visit_costs LIMIT 1")?.exists([])? {
        return Ok(());
    }
    let sql = "UPDATE facts SET cost = c.now FROM visit_costs c
               WHERE facts.kind = 0 AND facts.number >= $1 AND facts.visit = c.visit";
    connection.execute(sql, params![first])?;
    Ok(())
}

fn set(connection: &Connection, setting: &CostSetting) -> anyhow::Result<()> {
    let visits = find(connection, setting)?;
    let (each, more) = setting.amount.shared(visits);
    connection.execute_batch(
        "INSERT INTO visit_costs SELECT visit, cost, cost FROM fitting
         WHERE visit NOT IN (SELECT visit FROM visit_costs)",
    )?;
    let now = "UPDATE visit_costs SET now = $1 + CASE WHEN f.place < $2 THEN 1 ELSE 0 END
               FROM fitting f WHERE visit_costs.visit = f.visit";
    connection.execute(now, params![each.0, more])?;
    write(connection)
}

/// Gives the visits their own cost again, then lets the remaining changes speak in their order.
fn undo(connection: &Connection, id: &str) -> anyhow::Result<()> {
    let sql = "UPDATE cost_changes SET undone = TRUE WHERE id = $1";
    connection.execute(sql, params![id])?;
    let bodies = "SELECT body FROM cost_changes WHERE id = $1";
    for setting in settings(connection, bodies, params![id])? {
        find(connection, &setting)?;
        connection.execute_batch(
            "UPDATE visit_costs SET now = own FROM fitting f WHERE visit_costs.visit = f.visit",
        )?;
        write(connection)?;
    }
    let bodies = "SELECT body FROM cost_changes WHERE NOT undone ORDER BY number";
    for setting in settings(connection, bodies, [])? {
        set(connection, &setting)?;
    }
    Ok(())
}

fn settings(
    connection: &Connection,
    sql: &str,
    values: impl duckdb::Params,
) -> anyhow::Result<Vec<CostSetting>> {
    let mut statement = connection.prepare(sql)?;
    let bodies = statement.query_map(values, |row| row.get::<_, String>(0))?;
    let mut settings = Vec::new();
    for body in bodies {
        if let CostAct::Set(setting) = serde_json::from_str::<CostChange>(&body?)?.does {
            settings.push(setting);
        }
    }
    Ok(settings)
}

/// Puts the visits that fit into `fitting`, in the order of their entrances; returns how many.
fn find(connection: &Connection, setting: &CostSetting) -> anyhow::Result<i64> {
    let mut sql = Sql::new(
        "CREATE OR REPLACE TEMP TABLE fitting AS
         SELECT visit, cost, row_number() OVER (ORDER BY number) - 1 AS place FROM all_facts f WHERE ",
    );
    sql.add(fits(setting));
    connection.execute(&sql.text, params_from_iter(sql.binds))?;
    Ok(connection.query_row("SELECT count(*) FROM fitting", [], |row| row.get(0))?)
}

fn write(connection: &Connection) -> anyhow::Result<()> {
    connection.execute_batch(
        "UPDATE facts SET cost = c.now FROM visit_costs c JOIN fitting USING (visit)
         WHERE facts.kind = 0 AND facts.visit = c.visit",
    )?;
    Ok(())
}

/// The entrances that fit. Flagged bots do not: their cost would vanish from reports.
fn fits(setting: &CostSetting) -> Sql {
    let mut sql = Sql::new("f.kind = 0 AND f.entrance = 1 AND f.bot = 0 AND f.number < ");
    sql.bind(i64::try_from(setting.below_record).unwrap_or(i64::MAX));
    sql.push(" AND f.visit_ms >= ").bind(setting.from_ms);
    sql.push(" AND f.visit_ms < ").bind(setting.to_ms);
    let ids = |ids: &[rules::ids::EntityId]| ids.iter().map(ToString::to_string).collect();
    let mut words = |column: &str, values| {
        let number = format!("f.{column} IN (SELECT w.id FROM words w WHERE w.word");
        listed(&mut sql, &number, values, "))");
    };
    words("funnel", ids(&setting.funnels));
    words("source", ids(&setting.sources));
    words("country", setting.countries.clone());
    for (field, values) in &setting.fields {
        listed(&mut sql, &format!("f.{}", field.key()), values.clone(), ")");
    }
    sql
}

/// ` AND value IN (…)`, if any are wanted; `end` closes what `value` opened too.
fn listed(sql: &mut Sql, value: &str, values: Vec<String>, end: &str) {
    if values.is_empty() {
        return;
    }
    let bound = values.into_iter().map(|value| {
        let mut one = Sql::default();
        one.bind(value);
        one
    });
    sql.push(&format!(" AND {value} IN (")).list(bound, ", ").push(end);
}

impl Reader<'_> {
    /// How many visits fit `setting`, and what they cost now.
    /// # Errors
    /// The store failed or was interrupted.
    pub fn fitting(&self, setting: &CostSetting) -> anyhow::Result<(i64, i64)> {
        let mut sql = Sql::new(
            "SELECT count(*), CAST(COALESCE(sum(cost), 0) AS BIGINT) FROM all_facts f WHERE ",
        );
        sql.add(fits(setting));
        let read = |row: &duckdb::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(self.connection.query_row(&sql.text, params_from_iter(sql.binds), read)?)
    }
}
