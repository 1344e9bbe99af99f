//! Many calls at once, in order: uploads, repetitions and corrections.
//! Promise: the same road as single calls; a later call sees what the earlier ones did; a dry run is
//! decided by the same code and writes nothing.

use super::{Desk, Incoming, Receipt};
use crate::store::ledger::{self, Job, MOST_IN_BATCH, Outcome, Unavailable};

/// What became of each call; one that the ledger could not take has none.
pub type Receipts = Vec<Result<Receipt, Unavailable>>;

impl Desk {
    /// Takes all calls down the road, in order.
    pub async fn take_all(&self, calls: Vec<Incoming>) -> Receipts {
        let mut receipts = Vec::with_capacity(calls.len());
        for some in calls.chunks(MOST_IN_BATCH) {
            self.take_some(some, &mut receipts).await;
        }
        receipts
    }

    async fn take_some(&self, calls: &[Incoming], receipts: &mut Receipts) {
        let mut submitted = Vec::with_capacity(calls.len());
        for call in calls {
            submitted.push(match self.prepare(call).await {
                Ok(prepared) => {
                    let parameter = prepared.parameter;
                    self.writer.submit(prepared.job).await.map(|job| (job, parameter))
                }
                Err(error) => Err(error),
            });
        }
        for (job, call) in submitted.into_iter().zip(calls) {
            receipts.push(match job {
                Err(error) => Err(error),
                Ok((job, parameter)) => match job.outcome().await {
                    Ok(Outcome::Booked(booked)) => Ok(Receipt { booked, parameter, test: false }),
                    Ok(Outcome::Moved) => self.take(call.clone()).await,
                    Err(error) => Err(error),
                },
            });
        }
    }

    /// What taking all calls, in order, would come to now. A call of which nobody can say it yet, as
    /// its hit may be on its way, has no receipt, as it would fail alone.
    /// # Errors
    /// The ledger cannot be read at present.
    pub async fn preview_all(&self, calls: &[Incoming]) -> Result<Receipts, Unavailable> {
        let mut jobs: Vec<Job> = Vec::with_capacity(calls.len());
        let mut parameters = Vec::with_capacity(calls.len());
        for call in calls {
            let prepared = self.prepare(call).await;
            parameters.push(prepared.as_ref().map(|one| one.parameter).map_err(|e| *e));
            jobs.extend(prepared.map(|one| one.job));
        }
        let outcomes = ledger::preview(&self.database, &self.clock, &jobs).await;
        let outcomes = outcomes.map_err(|error| {
            tracing::error!(%error, "cannot read the ledger");
            Unavailable
        })?;
        let mut outcomes = outcomes.into_iter();
        let receipt = |parameter| match (parameter?, outcomes.next()) {
            (parameter, Some(Outcome::Booked(booked))) => {
                Ok(Receipt { booked, parameter, test: true })
            }
            // Somebody else is changing the same conversion at this moment.
            (_, Some(Outcome::Moved) | None) => Err(Unavailable),
        };
        Ok(parameters.into_iter().map(receipt).collect())
    }
}
