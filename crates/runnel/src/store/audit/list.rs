//! Reads the audit log.

use crate::store::Database;
use sqlx::Row;
use sqlx::any::AnyRow;

/// Which lines are wanted; empty text matches all.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// ID of who did it.
    pub who: String,
    /// What was done.
    pub action: String,
    /// Kind of what was changed.
    pub kind: String,
    /// ID of what was changed.
    pub target: String,
    /// From this moment on, Unix milliseconds.
    pub from_ms: i64,
    /// Before this moment, Unix milliseconds.
    pub to_ms: i64,
    /// At most this many.
    pub limit: i64,
    /// Passes over this many.
    pub offset: i64,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its ID.
    pub id: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// ID of who did it.
    pub who: String,
    /// Their email or the key's name then.
    pub who_name: String,
    /// How they proved it: see [`crate::store::people::Via`].
    pub via: String,
    /// What was done.
    pub action: String,
    /// Kind of what was changed.
    pub kind: String,
    /// ID of what was changed.
    pub target: String,
    /// How it was, JSON.
    pub before_json: Option<String>,
    /// How it is since, JSON.
    pub after_json: Option<String>,
}

/// Some of the lines that match.
#[derive(Clone, Debug)]
pub struct Page {
    /// The lines, newest first.
    pub lines: Vec<Line>,
    /// How many match in all.
    pub total: i64,
}

const MATCHES: &str = "FROM audit_log WHERE ($1 = '' OR who = $1) AND ($2 = '' OR action = $2)
    AND ($3 = '' OR kind = $3) AND ($4 = '' OR target = $4) AND at_ms >= $5 AND at_ms < $6";

/// Lines that match, newest first.
/// # Errors
/// The database fails.
pub async fn list(database: &Database, wanted: &Wanted) -> Result<Page, sqlx::Error> {
    let count = format!("SELECT COUNT(*) {MATCHES}");
    let total: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
        .bind(&wanted.who)
        .bind(&wanted.action)
        .bind(&wanted.kind)
        .bind(&wanted.target)
        .bind(wanted.from_ms)
        .bind(wanted.to_ms)
        .fetch_one(&database.pool)
        .await?;
    let page = format!("SELECT * {MATCHES} ORDER BY at_ms DESC, id DESC LIMIT $7 OFFSET $8");
    let rows = sqlx::query(sqlx::AssertSqlSafe(page))
        .bind(&wanted.who)
        .bind(&wanted.action)
        .bind(&wanted.kind)
        .bind(&wanted.target)
        .bind(wanted.from_ms)
        .bind(wanted.to_ms)
        .bind(wanted.limit)
        .bind(wanted.offset)
        .fetch_all(&database.pool)
        .await?;
    Ok(Page { lines: rows.iter().map(read).collect::<Result<_, _>>()?, total })
}

fn read(row: &AnyRow) -> Result<Line, sqlx::Error> {
    Ok(Line {
        id: row.try_get("id")?,
        at_ms: row.try_get("at_ms")?,
        who: row.try_get("who")?,
        who_name: row.try_get("who_name")?,
        via: row.try_get("via")?,
        action: row.try_get("action")?,
        kind: row.try_get("kind")?,
        target: row.try_get("target")?,
        before_json: row.try_get("before_json")?,
        after_json: row.try_get("after_json")?,
    })
}
