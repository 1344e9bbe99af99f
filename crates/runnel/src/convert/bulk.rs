//! Many calls at once, in order: uploads, repetitions and corrections.
//! Promise: the same road as single calls; a later call sees what the earlier ones did; a dry run is
//! decided by the same code and writes nothing.

use super::prepare::Prepared;
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

    /// What taking all calls, in order, would come to now.
    /// # Errors
    /// The ledger cannot be read at present.
    pub async fn preview_all(&self, calls: &[Incoming]) -> Result<Vec<Receipt>, Unavailable> {
        let mut prepared: Vec<Prepared> = Vec::with_capacity(calls.len());
        for call in calls {
            prepared.push(self.prepare(call).await?);
        }
        let parameters: Vec<_> = prepared.iter().map(|one| one.parameter).collect();
        let jobs: Vec<Job> = prepared.into_iter().map(|one| one.job).collect();
        let outcomes = ledger::preview(&self.database, &self.clock, &jobs).await;
        let outcomes = outcomes.map_err(|error| {
            tracing::error!(%error, "cannot read the ledger");
            Unavailable
        })?;
        let receipts = outcomes.into_iter().zip(parameters).map(|(outcome, parameter)| {
            match outcome {
                Outcome::Booked(booked) => Ok(Receipt { booked, parameter, test: true }),
                // Somebody else is changing the same conversion at this moment.
                Outcome::Moved => Err(Unavailable),
            }
        });
        receipts.collect()
    }
}
