//! One page of a kind's assets, by name.

use super::Kind;
use super::rows::{COLUMNS, Row, read};
use crate::store::Database;

/// Which assets are wanted.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Part of the name, in any case; empty for all.
    pub search: String,
    /// Only archived or only others; none for both.
    pub archived: Option<bool>,
    /// Most that are returned.
    pub limit: i64,
    /// How many are passed over.
    pub offset: i64,
}

/// Some of the assets that match.
#[derive(Clone, Debug)]
pub struct Page {
    /// The assets, by name.
    pub rows: Vec<Row>,
    /// How many match in all.
    pub total: i64,
}

const MATCHES: &str = "FROM assets WHERE kind = $1 AND deleted_ms = 0
    AND archived >= $2 AND archived <= $3 AND name_folded LIKE $4 ESCAPE '!'";

/// Assets of `kind` that match, by name.
/// # Errors
/// The database fails.
pub async fn list(db: &Database, kind: Kind, wanted: &Listing) -> Result<Page, sqlx::Error> {
    let (least, most) = match wanted.archived {
        None => (0, 1),
        Some(archived) => (i64::from(archived), i64::from(archived)),
    };
    let pattern = format!("%{}%", escaped(&wanted.search.to_lowercase()));
    let count = format!("SELECT COUNT(*) {MATCHES}");
    let total: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
        .bind(kind.as_str())
        .bind(least)
        .bind(most)
        .bind(&pattern)
        .fetch_one(&db.pool)
        .await?;
    let page = format!("SELECT {COLUMNS} {MATCHES} ORDER BY name_folded, id LIMIT $5 OFFSET $6");
    let rows = sqlx::query(sqlx::AssertSqlSafe(page))
        .bind(kind.as_str())
        .bind(least)
        .bind(most)
        .bind(&pattern)
        .bind(wanted.limit)
        .bind(wanted.offset)
        .fetch_all(&db.pool)
        .await?;
    Ok(Page { rows: rows.iter().map(read).collect::<Result<_, _>>()?, total })
}

/// The text with LIKE's own characters escaped.
fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
