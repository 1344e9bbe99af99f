//! Writes what came of attempts, as many as wait in one transaction.
//! Promise: a sender is told once it is written, and makes no further call before: what a kill
//! repeats is at most what was under way.

use crate::store::Database;
use crate::store::deliveries::{self, Attempted, Called, Finished, Stop};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Most senders that wait.
const MOST_WAITING: usize = 1024;
/// Most senders whose outcomes are written in one transaction.
const MOST_AT_ONCE: usize = 256;
/// Pause after the database refused; a sender waits until it takes the outcome.
const PAUSE: Duration = Duration::from_secs(1);

/// What came of a batch.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    pub calls: Vec<Called>,
    pub attempts: Vec<Attempted>,
    pub finished: Vec<Finished>,
    /// Destinations that are called no more.
    pub stopped: Vec<(String, Stop)>,
}

impl Outcomes {
    fn add(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.attempts.extend(other.attempts);
        self.finished.extend(other.finished);
        self.stopped.extend(other.stopped);
    }
}

type Waiting = (Outcomes, oneshot::Sender<()>);

/// The way to whoever writes.
#[derive(Clone, Debug)]
pub(super) struct Finisher(mpsc::Sender<Waiting>);

impl Finisher {
    /// Starts writing; ends when the last sender is gone.
    pub(super) fn start(database: Database) -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        tokio::spawn(write(database, receiver));
        Self(sender)
    }

    /// Writes `outcomes` and waits until they are written.
    pub(super) async fn finish(&self, outcomes: Outcomes) {
        let (done, written) = oneshot::channel();
        if self.0.send((outcomes, done)).await.is_ok() {
            // It ends without a word only when the program does.
            let _ = written.await;
        }
    }
}

async fn write(database: Database, mut receiver: mpsc::Receiver<Waiting>) {
    let mut waiting = Vec::with_capacity(MOST_AT_ONCE);
    while receiver.recv_many(&mut waiting, MOST_AT_ONCE).await > 0 {
        let (mut all, mut senders) = (Outcomes::default(), Vec::with_capacity(waiting.len()));
        for (outcomes, sender) in waiting.drain(..) {
            all.add(outcomes);
            senders.push(sender);
        }
        let Outcomes { calls, attempts, finished, stopped } = &all;
        while let Err(error) =
            deliveries::finish(&database, calls, attempts, finished, stopped).await
        {
            tracing::error!(%error, "what came of deliveries cannot be written at present");
            tokio::time::sleep(PAUSE).await;
        }
        for sender in senders {
            let _ = sender.send(());
        }
    }
}
