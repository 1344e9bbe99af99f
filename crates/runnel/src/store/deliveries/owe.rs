//! Writes what is owed, inside the transaction that causes it.
//! Promise: numbers are given out in the order of commits.

use super::DeliveryState;
use crate::store::Database;
use crate::store::sql;
use rules::entry::Status;
use rules::ids::EntityId;
use rules::money::Micros;
use rules::owed::Knows;
use rules::told::{Change, Told};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use std::collections::{HashMap, HashSet};

/// Values of one row.
const COLUMNS_OF_ROW: usize = 19;

/// A delivery that comes to be owed.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// To whom.
    pub destination: String,
    /// What is told, with the delivery's ID.
    pub told: Told,
    /// [`DeliveryState::Owed`], or `TooLate` for one that is only kept.
    pub state: DeliveryState,
    /// Why it is only kept; empty where it is owed.
    pub reason: String,
    /// Now, Unix milliseconds.
    pub at_ms: u64,
}

/// Owes `deliveries`, in a transaction of their own: for what no ledger entry causes.
/// # Errors
/// The database fails: nothing is owed.
pub async fn owe(database: &Database, deliveries: &[NewDelivery]) -> Result<(), sqlx::Error> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let _turn = database.turn.lock().await;
    let mut transaction = database.begin_write().await?;
    insert(&mut transaction, deliveries).await?;
    transaction.commit().await?;
    database.bell.ring(deliveries.iter().map(|one| one.destination.clone()));
    Ok(())
}

/// Inserts `deliveries`, in their order.
pub(in crate::store) async fn insert(
    connection: &mut AnyConnection,
    deliveries: &[NewDelivery],
) -> Result<(), sqlx::Error> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let take = "UPDATE delivery_sequence SET last = last + $1 WHERE id = 1 RETURNING last";
    let count = deliveries.len() as i64;
    let last: i64 = sqlx::query_scalar(take).bind(count).fetch_one(&mut *connection).await?;
    let first = last - count + 1;
    let at_once = sql::rows_at_once(COLUMNS_OF_ROW);
    for (chunk, rows) in deliveries.chunks(at_once).enumerate() {
        let first = first + (chunk * at_once) as i64;
        rows_of(connection, first, rows).await?;
        payloads_of(connection, first, rows).await?;
    }
    Ok(())
}

async fn rows_of(
    connection: &mut AnyConnection,
    first: i64,
    rows: &[NewDelivery],
) -> Result<(), sqlx::Error> {
    const COLUMNS: &str = "INSERT INTO deliveries (number, id, destination, hit, conversion, entry, \
         event, funnel, source, change, status, revenue, revenue_true, state, reason, attempts, \
         owed_at_ms, due_ms, finished_at_ms) VALUES ";
    let text = format!("{COLUMNS}{}", sql::rows(rows.len(), COLUMNS_OF_ROW));
    let mut query = sqlx::query(AssertSqlSafe(text));
    for (number, row) in (first..).zip(rows) {
        let (told, at_ms) = (&row.told, row.at_ms as i64);
        let finished = if row.state == DeliveryState::Owed { 0 } else { at_ms };
        query = query
            .bind(number)
            .bind(told.delivery.as_str())
            .bind(row.destination.as_str())
            .bind(told.hit.as_str())
            .bind(told.conversion.as_str())
            .bind(told.entry)
            .bind(told.event().unwrap_or_default())
            .bind(told.funnel.as_str())
            .bind(told.source.as_str())
            .bind(told.change.as_str())
            .bind(told.status.as_str())
            .bind(told.revenue.0)
            .bind(told.revenue_true.0)
            .bind(row.state.as_str())
            .bind(row.reason.as_str())
            .bind(0i64)
            .bind(at_ms)
            .bind(at_ms)
            .bind(finished);
    }
    query.execute(connection).await.map(drop)
}

async fn payloads_of(
    connection: &mut AnyConnection,
    first: i64,
    rows: &[NewDelivery],
) -> Result<(), sqlx::Error> {
    const COLUMNS: &str = "INSERT INTO delivery_payloads (number, payload) VALUES ";
    let text = format!("{COLUMNS}{}", sql::rows(rows.len(), 2));
    let query = (first..).zip(rows).fold(sqlx::query(AssertSqlSafe(text)), |query, (n, row)| {
        query.bind(n).bind(row.told.to_json())
    });
    query.execute(connection).await.map(drop)
}

/// What every destination was told of these conversions, or is about to be.
pub(in crate::store) async fn known(
    connection: &mut AnyConnection,
    conversions: &HashSet<EntityId>,
) -> Result<HashMap<(EntityId, String), Knows>, sqlx::Error> {
    if conversions.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT conversion, destination, change, status, revenue, state FROM deliveries \
         WHERE conversion IN ({}) ORDER BY number",
        sql::list(1, conversions.len())
    );
    let query = sqlx::query(AssertSqlSafe(text));
    let query = conversions.iter().fold(query, |query, id| query.bind(id.to_string()));
    query.fetch_all(connection).await?.iter().filter_map(|row| knows(row).transpose()).collect()
}

type Known = ((EntityId, String), Knows);

fn knows(row: &AnyRow) -> Result<Option<Known>, sqlx::Error> {
    let text = |column| row.try_get::<String, _>(column);
    let Ok(conversion) = text("conversion")?.parse() else { return Ok(None) };
    let state = DeliveryState::of(&text("state")?);
    let status = Status::of(&text("status")?);
    let knows = match (state, status) {
        // Too old for this one: too old for what follows.
        (Some(DeliveryState::Cancelled | DeliveryState::TooLate), _) => Knows::Withheld,
        _ if text("change")? == Change::Retracted.as_str() => Knows::Retracted,
        (_, Some(status)) => Knows::Stands { status, revenue: Micros(row.try_get("revenue")?) },
        (_, None) => Knows::Nothing,
    };
    Ok(Some(((conversion, text("destination")?), knows)))
}
