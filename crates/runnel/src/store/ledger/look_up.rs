//! Questions that are asked before a call is booked.

use super::job::Cursor;
use super::sql;
use crate::store::Database;
use rules::ids::{EntityId, HitId, Vid};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

/// A hit of a visitor that has a conversion or event with the transaction in question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfVisitor {
    /// The hit.
    pub hit: HitId,
    /// The custom event; none for a conversion.
    pub event: Option<EntityId>,
    /// The offer that it passed; none if it is a lander's.
    pub offer: Option<EntityId>,
}

/// The visitor's hits that have conversions or events with the transaction `tx`, on `page` if one is
/// named: the latest first.
/// # Errors
/// The database fails.
pub async fn of_visitor(
    database: &Database,
    vid: Vid,
    tx: &str,
    page: Option<EntityId>,
) -> Result<Vec<OfVisitor>, sqlx::Error> {
    let page = page.map(|page| page.to_string()).unwrap_or_default();
    let sql = "SELECT hit, event, CASE page_kind WHEN 'lander' THEN '' ELSE page END AS offer \
         FROM conversions WHERE vid = $1 AND tx = $2 AND ($3 = '' OR page = $3) \
         GROUP BY hit, event, page_kind, page ORDER BY MAX(first_at_ms) DESC, MAX(id) DESC";
    let query = sqlx::query(sql).bind(vid.to_string()).bind(tx).bind(page);
    let rows = query.fetch_all(&database.pool).await?;
    let read = |row: &AnyRow| {
        let id = |column| row.try_get::<String, _>(column).map(|text| text.parse().ok());
        let hit = read_hit(&row.try_get::<String, _>("hit")?)?;
        Ok(OfVisitor { hit, event: id("event")?, offer: id("offer")? })
    };
    rows.iter().map(read).collect()
}

/// How far the follower `name` has come in the journal of `node`: the last record done.
/// # Errors
/// The database fails.
pub async fn cursor_of(
    database: &Database,
    name: &str,
    node: u8,
) -> Result<Option<u64>, sqlx::Error> {
    let sql = "SELECT record FROM ledger_cursors WHERE name = $1 AND node = $2";
    let query = sqlx::query_scalar::<_, i64>(sql).bind(name).bind(i64::from(node));
    Ok(query.fetch_optional(&database.pool).await?.map(|record| record as u64))
}

/// Moves a follower's cursor within the caller's transaction.
pub(in crate::store) async fn move_cursor_in(
    connection: &mut sqlx::AnyConnection,
    cursor: &Cursor,
) -> Result<(), sqlx::Error> {
    super::save::cursor(connection, cursor).await
}

/// Notes how far a follower has come, where no booking carries its cursor.
/// # Errors
/// The database fails.
pub async fn move_cursor(database: &Database, cursor: &Cursor) -> Result<(), sqlx::Error> {
    let mut connection = database.pool.acquire().await?;
    super::save::cursor(&mut connection, cursor).await
}

/// Deletes up to `most` calls that changed nothing and are older than `before_ms`; the calls behind
/// entries stay for ever. Returns how many went.
/// # Errors
/// The database fails.
pub async fn forget_calls(
    database: &Database,
    before_ms: u64,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let old = "SELECT id FROM calls WHERE at_ms < $1 AND seq = 0 \
         ORDER BY at_ms LIMIT $2";
    let ids: Vec<String> = sqlx::query_scalar(old)
        .bind(before_ms as i64)
        .bind(i64::from(most))
        .fetch_all(&database.pool)
        .await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let text = format!("DELETE FROM calls WHERE id IN ({})", sql::list(1, ids.len()));
    let query = ids.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, id| query.bind(id));
    Ok(query.execute(&database.pool).await?.rows_affected())
}

/// Reads a hit that the ledger itself wrote.
pub(super) fn read_hit(text: &str) -> Result<HitId, sqlx::Error> {
    let value = serde_json::Value::String(text.to_owned());
    serde_json::from_value(value).map_err(|error| sqlx::Error::Decode(error.into()))
}
