//! The one writer: takes jobs from a bounded channel, books up to 64 in one transaction, answers
//! each after the commit.
//! Promise: an answer means that the call is on disk; a database that fails is never an OK; a
//! poisonous call fails alone.

use super::batch::Batch;
use super::job::{AfterCommit, Booked, Job};
use super::save;
use super::withheld;
use crate::clock::Clock;
use crate::store::{Database, deliveries};
use sqlx::AnyConnection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

/// Most calls in one transaction.
pub const MOST_IN_BATCH: usize = 64;
/// Most calls that wait; further ones wait for room, then are told to come again.
const MOST_WAITING: usize = 1024;
/// Longest wait for room.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The ledger does not take calls at present: the network is to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger cannot be written at present")]
pub struct Unavailable;

/// What became of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is on disk.
    Booked(Booked),
    /// The visitor has a conversion with this tx on another hit by now: resolve again.
    Moved,
}

type Answer = oneshot::Sender<Result<Outcome, Unavailable>>;

/// The way to the writer. Clones lead to the same one; it ends when the last is dropped.
#[derive(Clone, Debug)]
pub struct Writer {
    sender: mpsc::Sender<(Job, Answer)>,
}

impl Writer {
    /// Starts the writer. The handle ends after all senders are gone and everything is answered.
    pub fn start(
        database: Database,
        clock: Clock,
        after: Arc<dyn AfterCommit>,
    ) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        let desk = Arc::new(Desk { database, clock, after, failing: AtomicBool::new(false) });
        (Self { sender }, tokio::spawn(supervise(desk, receiver)))
    }

    /// Books `job` and waits for the commit.
    /// # Errors
    /// The database fails, or too many calls wait: nothing was booked.
    pub async fn book(&self, job: Job) -> Result<Outcome, Unavailable> {
        self.submit(job).await?.outcome().await
    }

    /// Queues `job` behind those submitted before.
    /// # Errors
    /// Too many calls wait: nothing is going to be booked.
    pub async fn submit(&self, job: Job) -> Result<Submitted, Unavailable> {
        let (answer, answered) = oneshot::channel();
        let room = tokio::time::timeout(LONGEST_WAIT, self.sender.reserve()).await;
        let Ok(Ok(room)) = room else { return Err(Unavailable) };
        room.send((job, answer));
        Ok(Submitted(answered))
    }
}

/// A job on its way.
pub struct Submitted(oneshot::Receiver<Result<Outcome, Unavailable>>);

impl Submitted {
    /// Waits for the commit.
    /// # Errors
    /// The database fails: nothing was booked.
    pub async fn outcome(self) -> Result<Outcome, Unavailable> {
        self.0.await.unwrap_or(Err(Unavailable))
    }
}

/// A call that makes the writer panic is not answered, and its batch is told to come again; the
/// next ones find a fresh writer.
async fn supervise(desk: Arc<Desk>, receiver: mpsc::Receiver<(Job, Answer)>) {
    let receiver = Arc::new(Mutex::new(receiver));
    loop {
        let serving = tokio::spawn(desk.clone().serve(receiver.clone()));
        match serving.await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, "the ledger's writer broke off; it starts again"),
        }
    }
}

struct Desk {
    database: Database,
    clock: Clock,
    after: Arc<dyn AfterCommit>,
    /// The last batch found the database at fault. Said once: a full disk shall not fill with complaints.
    failing: AtomicBool,
}

impl Desk {
    async fn serve(self: Arc<Self>, receiver: Arc<Mutex<mpsc::Receiver<(Job, Answer)>>>) {
        let mut receiver = receiver.lock().await;
        let mut waiting = Vec::with_capacity(MOST_IN_BATCH);
        while receiver.recv_many(&mut waiting, MOST_IN_BATCH).await > 0 {
            let (jobs, answers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
            let outcomes = self.book_all(&jobs).await;
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // A caller that went away needs no answer; its call is booked all the same.
                let _ = answer.send(outcome);
            }
        }
    }

    async fn book_all(&self, jobs: &[Job]) -> Vec<Result<Outcome, Unavailable>> {
        match self.book_together(&jobs.iter().collect::<Vec<_>>()).await {
            Ok(outcomes) => {
                self.note(None);
                outcomes.into_iter().map(Ok).collect()
            }
            Err(error) if jobs.len() == 1 => {
                self.note(Some(&error));
                vec![Err(Unavailable)]
            }
            Err(_) => self.book_singly(jobs).await,
        }
    }

    /// Finds the poisonous call by booking each alone. Two failures in a row mean that the database
    /// is at fault: the others are told to come again at once.
    async fn book_singly(&self, jobs: &[Job]) -> Vec<Result<Outcome, Unavailable>> {
        let mut failures_in_a_row = 0;
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            if failures_in_a_row >= 2 {
                outcomes.push(Err(Unavailable));
                continue;
            }
            let outcome = self.book_together(&[job]).await;
            failures_in_a_row = if outcome.is_ok() { 0 } else { failures_in_a_row + 1 };
            self.note(outcome.as_ref().err());
            outcomes.push(outcome.map(|mut one| one.remove(0)).map_err(|_| Unavailable));
        }
        outcomes
    }

    /// Logs when booking begins to fail, and when it works again.
    fn note(&self, failure: Option<&sqlx::Error>) {
        let failed = self.failing.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(error) if !failed => {
                tracing::error!(%error, "calls cannot be booked: they are answered with 503");
            }
            None if failed => tracing::info!("calls are booked again"),
            _ => {}
        }
    }

    async fn book_together(&self, jobs: &[&Job]) -> Result<Vec<Outcome>, sqlx::Error> {
        let _turn = self.database.turn.lock().await;
        // Takes SQLite's write lock at once: a lock taken later could fail half-way.
        let mut transaction = self.database.pool.begin_with("BEGIN IMMEDIATE").await?;
        let batch = self.write(&mut transaction, jobs).await?;
        transaction.commit().await?;
        for committed in &batch.committed {
            self.after.committed(committed);
        }
        self.database.bell.ring(batch.owed.iter().map(|one| one.destination.clone()));
        self.database.tell_booked();
        Ok(batch.outcomes)
    }

    async fn write<'j>(
        &'j self,
        connection: &mut AnyConnection,
        jobs: &[&'j Job],
    ) -> Result<Batch<'j>, sqlx::Error> {
        let last = save::lock_sequence(connection).await?;
        let batch = Batch::decide(connection, jobs, last, &self.clock).await?;
        save::end_sequence(connection, batch.last).await?;
        save::entries(connection, &batch.entries).await?;
        save::conversions(connection, &batch.conversions).await?;
        save::calls(connection, &batch.calls).await?;
        save::replayed(connection, &batch.replayed()).await?;
        deliveries::insert(connection, &batch.owed).await?;
        withheld::save(connection, &batch.withheld).await?;
        for job in jobs {
            if let Some(cursor) = &job.cursor {
                save::cursor(connection, cursor).await?;
            }
        }
        Ok(batch)
    }
}
