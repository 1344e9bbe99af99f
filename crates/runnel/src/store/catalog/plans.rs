//! Plans by content hash: frozen funnels, kept for ever so that every route can be explained.
//! Promise: a plan is stored in the same transaction as the save that publishes it.

use crate::store::Database;
use rules::funnel::Ready;
use rules::ids::EntityId;
use rules::record::PlanId;
use sqlx::{AnyConnection, Row as _};
use std::sync::Arc;

/// The plan with this hash, present or past.
/// # Errors
/// The database fails, or holds bytes that are no plan.
pub async fn plan(db: &Database, id: PlanId) -> anyhow::Result<Option<Arc<Ready>>> {
    let body: Option<String> = sqlx::query_scalar("SELECT body FROM plans WHERE hash = $1")
        .bind(hash(id))
        .fetch_optional(&db.pool)
        .await?;
    body.map(|body| Ok(Arc::new(Ready::from_bytes(body.as_bytes())?))).transpose()
}

/// A funnel's plan as stored.
#[derive(Clone, Debug)]
pub struct PlanRow {
    /// The funnel.
    pub funnel: EntityId,
    /// The plan's JSON.
    pub body: String,
}

/// The plan that each funnel last published.
/// # Errors
/// The database fails.
pub async fn current_plans(db: &Database) -> Result<Vec<PlanRow>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT funnel_plans.funnel AS funnel, plans.body AS body
         FROM funnel_plans JOIN plans ON plans.hash = funnel_plans.plan",
    )
    .fetch_all(&db.pool)
    .await?;
    rows.iter()
        .map(|row| {
            let funnel: String = row.try_get("funnel")?;
            let funnel = funnel.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            Ok(PlanRow { funnel, body: row.try_get("body")? })
        })
        .collect()
}

/// Keeps the plan and notes that its funnel publishes it.
/// # Errors
/// The database fails.
pub async fn save_plan(connection: &mut AnyConnection, ready: &Ready) -> Result<(), sqlx::Error> {
    let body = String::from_utf8(ready.plan().to_bytes())
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query("INSERT INTO plans (hash, body) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING")
        .bind(hash(ready.id()))
        .bind(body)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO funnel_plans (funnel, plan) VALUES ($1, $2)
         ON CONFLICT (funnel) DO UPDATE SET plan = excluded.plan",
    )
    .bind(ready.plan().funnel.to_string())
    .bind(hash(ready.id()))
    .execute(connection)
    .await?;
    Ok(())
}

fn hash(id: PlanId) -> String {
    format!("{:016x}", id.0)
}
