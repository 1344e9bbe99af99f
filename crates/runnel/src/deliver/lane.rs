//! One destination's worker: takes what is due, in order, and sends it within its limits.
//! Promise: lanes share nothing that one of them could block; memory is bounded whatever the backlog;
//! at most one delivery of a hit is on its way.

use super::breaker::{Breaker, May};
use super::bucket::Bucket;
use super::destination::{self, Target};
use super::door::Door;
use super::finisher::Outcomes;
use super::send::{self, Sent};
use super::settle;
use super::shared::Shared;
use crate::snapshot::Snapshot;
use crate::store::deliveries::{self, Due, Stop};
use rules::told::Told;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Deliveries read ahead, beside those of one batch.
const MOST_AHEAD: usize = 128;
/// Pause after the database could not be read.
const PAUSE_MS: u64 = 1_000;
/// How long calls under way may go on when the program stops.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// The worker.
pub(super) struct Lane {
    shared: Arc<Shared>,
    key: Arc<str>,
    door: Arc<Door>,
    queue: VecDeque<Due>,
    /// Numbers in the queue or under way.
    held: HashSet<i64>,
    sends: JoinSet<Done>,
    breaker: Breaker,
    bucket: Bucket,
    look: Look,
    snapshot: Arc<Snapshot>,
    target: Option<Target>,
}

/// When to read what is due.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Now,
    At(u64),
    WhenTold,
}

/// A batch that was sent and written down.
struct Done {
    numbers: Vec<i64>,
    unwell: bool,
    called: bool,
    hold: Option<Duration>,
    stop: Option<Stop>,
}

impl Lane {
    pub(super) fn new(shared: Arc<Shared>, key: Arc<str>, door: Arc<Door>) -> Self {
        let snapshot = shared.snapshot.load_full();
        let target = destination::target(&key, &snapshot);
        let limits = target.as_ref().map(|target| target.limits).unwrap_or_default();
        let bucket = Bucket::new(limits.per_second, shared.clock.now_ms());
        Self {
            shared,
            key,
            door,
            queue: VecDeque::new(),
            held: HashSet::new(),
            sends: JoinSet::new(),
            breaker: Breaker::default(),
            bucket,
            look: Look::Now,
            snapshot,
            target,
        }
    }

    /// Delivers until `stop` turns true.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let wake_at = self.step().await;
            self.door.health.lock().stands(self.breaker.word(), self.sends.len());
            let clock = self.shared.clock.clone();
            let time = async {
                match wake_at {
                    Some(at_ms) => clock.until(at_ms).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = super::told(&mut stop) => break,
                Some(done) = self.sends.join_next() => self.over(done).await,
                () = self.door.wake.notified() => self.look = Look::Now,
                () = time => {}
            }
        }
        let last = async { while self.sends.join_next().await.is_some() {} };
        // What is cut off here is repeated at the next start, under the same ID.
        let _ = tokio::time::timeout(LAST_CALLS, last).await;
    }

    /// Does all that can be done now; when there is more to do, if nothing happens before.
    async fn step(&mut self) -> Option<u64> {
        let now_ms = self.shared.clock.now_ms();
        self.follow_configuration();
        if self.door.reload.swap(false, Ordering::AcqRel) {
            for due in self.queue.drain(..) {
                self.held.remove(&due.number);
            }
            self.look = Look::Now;
        }
        if self.door.stop.lock().is_some() {
            return None;
        }
        let most = match self.breaker.may(now_ms) {
            May::NotBefore(at_ms) => return Some(at_ms),
            May::Probe => 1,
            May::Send => self.target.as_ref().map_or(1, |target| target.limits.concurrency.max(1)),
        };
        loop {
            self.refill(now_ms).await;
            if self.queue.is_empty() {
                return match self.look {
                    Look::At(at_ms) => Some(at_ms),
                    Look::Now | Look::WhenTold => None,
                };
            }
            if self.sends.len() >= most as usize {
                return None;
            }
            if let Err(at_ms) = self.bucket.take(now_ms) {
                return Some(at_ms);
            }
            self.begin();
        }
    }

    fn follow_configuration(&mut self) {
        let snapshot = self.shared.snapshot.load_full();
        if Arc::ptr_eq(&snapshot, &self.snapshot) {
            return;
        }
        self.target = destination::target(&self.key, &snapshot);
        self.snapshot = snapshot;
        if let Some(target) = &self.target {
            self.bucket = self.bucket.at_rate(target.limits.per_second);
        }
    }

    fn batch_max(&self) -> usize {
        self.target.as_ref().map_or(MOST_AHEAD, |target| target.adapter.batch_max().max(1))
    }

    /// Reads what is due, if the queue runs low and there may be something.
    async fn refill(&mut self, now_ms: u64) {
        let due = match self.look {
            Look::Now => true,
            Look::At(at_ms) => at_ms <= now_ms,
            Look::WhenTold => false,
        };
        let low = self.batch_max().max(MOST_AHEAD / 4);
        if !due || self.queue.len() >= low {
            return;
        }
        let wanted = self.batch_max() + MOST_AHEAD;
        match self.read(now_ms, wanted).await {
            Ok(look) => self.look = look,
            Err(error) => {
                tracing::error!(%error, destination = %self.key, "deliveries cannot be read");
                self.look = Look::At(now_ms + PAUSE_MS);
            }
        }
    }

    /// Those that are held come first in what is read, and are passed over.
    async fn read(&mut self, now_ms: u64, wanted: usize) -> Result<Look, sqlx::Error> {
        let most = wanted + self.held.len();
        let database = &self.shared.database;
        let due = deliveries::due(database, &self.key, now_ms, most).await?;
        let all = due.len() < most;
        for one in due {
            if self.held.insert(one.number) {
                self.queue.push_back(one);
            }
        }
        if !all {
            return Ok(Look::Now);
        }
        let next = deliveries::next_due(database, &self.key, now_ms).await?;
        Ok(next.map_or(Look::WhenTold, Look::At))
    }

    /// Sends the next batch.
    fn begin(&mut self) {
        let count = self.queue.len().min(self.batch_max());
        let batch: Vec<_> = self.queue.drain(..count).collect();
        let (shared, key, door) = (self.shared.clone(), self.key.clone(), self.door.clone());
        let target = self.target.clone();
        self.sends.spawn(async move { deliver(&shared, &key, &door, target, batch).await });
    }

    async fn over(&mut self, done: Result<Done, tokio::task::JoinError>) {
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, destination = %self.key, "a sender broke off");
                // Nobody knows which batch it was: everything is read anew once calls are over.
                while self.sends.join_next().await.is_some() {}
                self.queue.clear();
                self.held.clear();
                self.breaker.failed(self.shared.clock.now_ms());
                self.look = Look::Now;
                return;
            }
        };
        for number in &done.numbers {
            self.held.remove(number);
        }
        let now_ms = self.shared.clock.now_ms();
        match (done.called, done.unwell) {
            (_, true) => self.breaker.failed(now_ms),
            (true, false) => self.breaker.answered(),
            (false, false) => {}
        }
        if let Some(hold) = done.hold {
            self.breaker.hold(now_ms, now_ms + hold.as_millis() as u64);
        }
        if let Some(stop) = done.stop {
            self.door.close(&self.key, stop);
        }
        // What follows it on its hit may be due now, and what failed has a new time.
        self.look = Look::Now;
    }
}

/// Sends a batch and writes down what came of it.
async fn deliver(
    shared: &Shared,
    key: &str,
    door: &Door,
    target: Option<Target>,
    batch: Vec<Due>,
) -> Done {
    let numbers = batch.iter().map(|due| due.number).collect();
    let now_ms = shared.clock.now_ms();
    let (readable, unreadable): (Vec<_>, Vec<_>) =
        batch.into_iter().partition(|due| due.told.is_some());
    let mut outcomes = Outcomes::default();
    outcomes.finished.extend(unreadable.iter().map(|due| settle::unreadable(due, now_ms)));
    let told: Vec<Told> = readable.iter().filter_map(|due| due.told.as_deref().cloned()).collect();
    let began = Instant::now();
    let sent = match &target {
        None => Sent::nobody(told.len()),
        Some(_) if told.is_empty() => Sent::default(),
        Some(target) => send::send(&shared.sender(key, target, door), &told).await,
    };
    let settled = settle::settle(&readable, &sent, &shared.clock);
    let took_ms = began.elapsed().as_millis() as u64;
    door.note(key, &sent, &settled, shared.clock.now_ms(), took_ms);
    outcomes.attempts = settled.attempts;
    outcomes.finished.extend(settled.finished);
    let (at_ms, actor) = (shared.clock.now_ms(), String::new());
    let stop = settled.stop.map(|reason| Stop { at_ms, reason, actor });
    // With the attempt, so that no restart comes between.
    outcomes.stopped.extend(stop.clone().map(|stop| (key.to_owned(), stop)));
    let called = !sent.calls.is_empty();
    outcomes.calls = sent.calls;
    shared.finisher.finish(outcomes).await;
    Done { numbers, unwell: sent.unwell, called, hold: sent.hold, stop }
}
