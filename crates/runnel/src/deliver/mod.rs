//! Deliveries: what is owed to a traffic source, an ad platform or a webhook → calls over HTTP.
//! lease → render → guard → send → finish, a worker per destination.
//! Promise: what was owed is delivered at least once, in the ledger's order per hit, or is kept as a
//! final failure with its reason (product.md §10).

pub mod adapter;
mod alerts;
mod breaker;
mod bucket;
pub mod destination;
mod door;
mod finisher;
mod health;
pub mod integrations;
mod lane;
mod notices;
mod postback;
mod redact;
mod renewals;
mod sample;
mod schedule;
mod send;
mod settle;
mod shared;
pub mod verdict;
pub mod webhook;

pub use adapter::{Adapter, Answered, Context, Grant, Prepared, Rendered, Renewed};
pub use alerts::Alerts;
pub use health::Figures;
pub use notices::Notices;
pub use postback::DELIVERY_HEADER;
pub use renewals::Renewals;
pub use rules::told::{Change, Consent, Names, Told, What};
pub use schedule::MOST_ATTEMPTS;
pub use verdict::{Verdict, of_status};

use crate::clock::Clock;
use crate::outbound::Outbound;
use crate::snapshot::Snapshot;
use crate::store::Database;
use crate::store::deliveries::{self, Called, Stop};
use arc_swap::ArcSwap;
use finisher::Finisher;
use lane::Lane;
use parking_lot::Mutex;
use shared::Shared;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Pause after the database could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits until `stop` turns true.
async fn told(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever says so is gone: it is over as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Delivers, and says how it goes. One per program; handlers share it.
pub struct Deliveries(Arc<Shared>);

impl Deliveries {
    /// Nothing is sent before [`Self::run`].
    pub fn new(
        clock: Clock,
        database: Database,
        snapshot: Arc<ArcSwap<Snapshot>>,
        outbound: Outbound,
    ) -> Self {
        let finisher = Finisher::start(database.clone());
        let (doors, renewals) = (Mutex::default(), Renewals::default());
        Self(Arc::new(Shared { clock, database, snapshot, outbound, finisher, renewals, doors }))
    }

    /// Reads which destinations are disabled: before anybody asks, and before [`Self::run`].
    /// # Errors
    /// The database cannot be read.
    pub async fn restore(&self) -> Result<(), sqlx::Error> {
        for (key, stop) in deliveries::stops(&self.0.database).await? {
            *self.0.door(&key).stop.lock() = Some(stop);
        }
        Ok(())
    }

    /// Delivers what is owed until `stop` turns true.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (mut lanes, stopped) = (JoinSet::new(), stop.clone());
        let known: Vec<String> = self.0.doors.lock().keys().map(|key| key.to_string()).collect();
        for key in known.into_iter().chain(self.until_read(deliveries::owing).await) {
            self.wake(&key, &mut lanes, &stopped);
        }
        loop {
            tokio::select! {
                () = told(&mut stop) => break,
                keys = self.0.database.bell.heard() => {
                    keys.iter().for_each(|key| self.wake(key, &mut lanes, &stopped));
                }
            }
        }
        while lanes.join_next().await.is_some() {}
    }

    /// Wakes the destination's worker; starts it where there is none.
    fn wake(&self, key: &str, lanes: &mut JoinSet<()>, stop: &watch::Receiver<bool>) {
        let door = self.0.door(key);
        if !door.works.swap(true, std::sync::atomic::Ordering::AcqRel) {
            let lane = Lane::new(self.0.clone(), key.into(), door.clone());
            lanes.spawn(lane.run(stop.clone()));
        }
        door.wake.notify_one();
    }

    async fn until_read<T>(&self, read: impl AsyncFn(&Database) -> Result<T, sqlx::Error>) -> T {
        loop {
            match read(&self.0.database).await {
                Ok(found) => return found,
                Err(error) => {
                    tracing::error!(%error, "deliveries cannot be read at present");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Refresh tokens that wait to be saved.
    fn renewals(&self) -> &Renewals {
        &self.0.renewals
    }

    /// What was read ahead is read again: somebody cancelled something.
    pub fn reload(&self) {
        self.0.reload();
    }

    /// Stops a destination until [`Self::enable`].
    pub async fn disable(&self, key: &str, actor: &str) {
        let door = self.0.door(key);
        let at_ms = self.0.clock.now_ms();
        let (reason, actor) = ("disabled by a person".to_owned(), actor.to_owned());
        self.0.stop(key, &door, Stop { at_ms, reason, actor }).await;
    }

    /// Calls a destination again.
    /// # Errors
    /// The database fails: it stays stopped.
    pub async fn enable(&self, key: &str) -> Result<(), sqlx::Error> {
        deliveries::enable(&self.0.database, key).await?;
        *self.0.door(key).stop.lock() = None;
        self.0.database.bell.ring([key.to_owned()]);
        Ok(())
    }

    /// Tries the settings of a destination with a made-up conversion; none if it is not configured.
    pub async fn test(&self, key: &str) -> Option<(Option<Called>, Verdict)> {
        let snapshot = self.0.snapshot.load_full();
        let target = destination::target(key, &snapshot)?;
        let door = self.0.door(key);
        let sender = self.0.sender(key, &target, &door);
        let told = sample::told(key, &snapshot, self.0.clock.now_ms());
        Some(send::check(&sender, &told).await)
    }

    /// How every destination is doing that was ever woken, and why it is stopped.
    pub fn figures(&self) -> BTreeMap<String, (Figures, Option<Stop>)> {
        let now_ms = self.0.clock.now_ms();
        let doors = self.0.doors.lock();
        let figures = doors.iter().map(|(key, door)| {
            let figures = door.health.lock().figures(now_ms);
            (key.to_string(), (figures, door.stop.lock().clone()))
        });
        figures.collect()
    }
}
