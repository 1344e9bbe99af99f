//! Conversions of a hit or visitor, in short, for look-ups.

use super::super::Database;
use super::standings::status;
use rules::entry::Status;
use rules::ids::{EntityId, HitId, Vid};
use rules::money::Micros;
use sqlx::Row;

/// Most conversions in one answer.
const MOST: i64 = 200;

/// A conversion or event, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Its ID.
    pub id: EntityId,
    /// The hit converted.
    pub hit: String,
    /// The custom event; none for a conversion.
    pub event: Option<EntityId>,
    /// Transaction; empty without.
    pub tx: String,
    /// Status.
    pub status: Status,
    /// Revenue that counts.
    pub revenue: Micros,
}

/// Conversions and events of `hit`, newest first.
/// # Errors
/// The database fails.
pub async fn conversions_of_hit(
    database: &Database,
    hit: HitId,
) -> Result<Vec<Brief>, sqlx::Error> {
    briefs(database, "hit", hit.to_string()).await
}

/// Conversions and events of `vid`, newest first.
/// # Errors
/// The database fails.
pub async fn conversions_of_visitor(
    database: &Database,
    vid: Vid,
) -> Result<Vec<Brief>, sqlx::Error> {
    briefs(database, "vid", vid.to_string()).await
}

/// Visitors and the offers they converted on, where the conversion counts and changed since
/// `since_ms` (Unix milliseconds).
/// # Errors
/// The database fails.
pub async fn converted_since(
    database: &Database,
    since_ms: u64,
) -> Result<Vec<(String, EntityId)>, sqlx::Error> {
    let sql = "SELECT vid, page FROM conversions WHERE event = '' AND page_kind = 'offer' \
               AND status <> 'rejected' AND changed_at_ms >= $1";
    let rows = sqlx::query(sql).bind(since_ms as i64).fetch_all(&database.pool).await?;
    let pairs = rows.iter().filter_map(|row| {
        let page: String = row.try_get("page").ok()?;
        Some((row.try_get("vid").ok()?, page.parse().ok()?))
    });
    Ok(pairs.collect())
}

async fn briefs(
    database: &Database,
    column: &'static str,
    value: String,
) -> Result<Vec<Brief>, sqlx::Error> {
    let sql = format!(
        "SELECT id, hit, event, tx, status, revenue FROM conversions WHERE {column} = $1 \
         ORDER BY first_at_ms DESC, id DESC LIMIT $2"
    );
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(value).bind(MOST).fetch_all(&database.pool);
    rows.await?.iter().map(brief).collect()
}

fn brief(row: &sqlx::any::AnyRow) -> Result<Brief, sqlx::Error> {
    let wrong = |what: &str| sqlx::Error::Decode(format!("{what} in conversions").into());
    let id: String = row.try_get("id")?;
    let event: String = row.try_get("event")?;
    let word: String = row.try_get("status")?;
    Ok(Brief {
        id: id.parse().map_err(|_| wrong("id"))?,
        hit: row.try_get("hit")?,
        event: event.parse().ok(),
        tx: row.try_get("tx")?,
        status: status(&word).ok_or_else(|| wrong("status"))?,
        revenue: Micros(row.try_get("revenue")?),
    })
}
