//! Deliveries that records in the journal cause: owed together with the cursor that has passed them.
//! Promise: however often the program is killed, a record causes its deliveries once.

use super::owe::{NewDelivery, insert};
use crate::store::Database;
use crate::store::ledger::{Cursor, move_cursor_in};

/// Owes `deliveries` and moves the follower's cursor, in one transaction.
/// # Errors
/// The database fails: nothing is owed, and the cursor stays.
pub async fn owe_and_follow(
    database: &Database,
    deliveries: &[NewDelivery],
    cursor: &Cursor,
) -> Result<(), sqlx::Error> {
    let mut transaction = database.begin_write().await?;
    insert(&mut transaction, deliveries).await?;
    move_cursor_in(&mut transaction, cursor).await?;
    transaction.commit().await?;
    database.bell.ring(deliveries.iter().map(|one| one.destination.clone()));
    Ok(())
}
