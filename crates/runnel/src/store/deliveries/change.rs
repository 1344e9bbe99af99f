//! Deliveries sent again, or not at all, because somebody says so.
//! Promise: nothing is sent again whose conversion the destination has heard something newer of:
//! ledger order holds for replays too.

use super::DeliveryState;
use super::find::DeliveryFilter;
use crate::store::Database;
use crate::store::filter::Filter;
use sqlx::Row;

/// Cancels up to `most` owed deliveries that `wanted` fits; with `dry`, only says how many.
/// # Errors
/// The database fails: nothing is cancelled.
pub async fn cancel(
    database: &Database,
    wanted: &DeliveryFilter,
    most: u32,
    now_ms: u64,
    dry: bool,
) -> Result<u64, sqlx::Error> {
    let wanted = DeliveryFilter { states: vec![DeliveryState::Owed], ..wanted.clone() };
    let filter = wanted.conditions();
    if dry {
        let count = filter.count("deliveries").fetch_one(&database.pool).await?;
        return Ok((count.max(0) as u64).min(u64::from(most)));
    }
    let change = "UPDATE deliveries SET state = 'cancelled', finished_at_ms = ";
    let (changed, _) = update(database, &filter, &format!("{change}{now_ms}"), most).await?;
    Ok(changed)
}

/// Owes up to `most` settled deliveries anew that `wanted` fits: from now, with all attempts before
/// them. Gives the destinations; with `dry`, only says how many there are.
/// # Errors
/// The database fails: nothing is owed.
pub async fn replay(
    database: &Database,
    wanted: &DeliveryFilter,
    most: u32,
    now_ms: u64,
    dry: bool,
) -> Result<(u64, Vec<String>), sqlx::Error> {
    let mut filter = wanted.conditions();
    filter.holds("state <> 'owed'");
    filter.holds("EXISTS (SELECT 1 FROM delivery_payloads p WHERE p.number = deliveries.number)");
    filter.holds(
        "NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.conversion = deliveries.conversion \
         AND e.destination = deliveries.destination AND e.conversion <> '' \
         AND e.number > deliveries.number AND e.state IN ('delivered', 'owed'))",
    );
    if dry {
        let count = filter.count("deliveries").fetch_one(&database.pool).await?;
        return Ok(((count.max(0) as u64).min(u64::from(most)), vec![]));
    }
    let change = format!(
        "UPDATE deliveries SET state = 'owed', attempts = 0, finished_at_ms = 0, \
         owed_at_ms = {now_ms}, due_ms = {now_ms}"
    );
    let replayed = update(database, &filter, &change, most).await?;
    database.bell.ring(replayed.1.clone());
    Ok(replayed)
}

/// Carries out `change` on the first rows that fit; how many, and of which destinations.
async fn update(
    database: &Database,
    filter: &Filter,
    change: &str,
    most: u32,
) -> Result<(u64, Vec<String>), sqlx::Error> {
    let head = format!("{change} WHERE number IN (SELECT number FROM deliveries");
    let end = format!(" ORDER BY number LIMIT {most}) RETURNING destination");
    let mut transaction = database.begin_write().await?;
    let rows = filter.rows(&head, &end).fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    let destinations: std::collections::BTreeSet<String> =
        rows.iter().map(|row| row.try_get("destination")).collect::<Result<_, _>>()?;
    Ok((rows.len() as u64, destinations.into_iter().collect()))
}
