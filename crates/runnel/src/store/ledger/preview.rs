//! What booking a job would come to, without booking it.
//! Promise: decided by the same code as the booking; nothing is written.

use super::batch::Batch;
use super::job::Job;
use super::writer::Outcome;
use crate::clock::Clock;
use crate::store::Database;

/// What booking each of `jobs`, in order, would come to now.
/// # Errors
/// The database fails.
pub async fn preview(
    database: &Database,
    clock: &Clock,
    jobs: &[Job],
) -> Result<Vec<Outcome>, sqlx::Error> {
    let mut connection = database.pool.acquire().await?;
    let jobs: Vec<_> = jobs.iter().collect();
    Ok(Batch::decide(&mut connection, &jobs, 0, clock).await?.outcomes)
}
