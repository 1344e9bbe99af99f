//! What all workers share, and what the API asks of them.
//! Promise: a stop is in force before it is answered, and survives a restart.

use super::destination::Target;
use super::door::Door;
use super::finisher::Finisher;
use super::renewals::Renewals;
use super::send::Sender;
use crate::clock::Clock;
use crate::outbound::Outbound;
use crate::snapshot::Snapshot;
use crate::store::Database;
use crate::store::deliveries::{self, Stop};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What all workers share.
pub(super) struct Shared {
    pub clock: Clock,
    pub database: Database,
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    pub outbound: Outbound,
    pub finisher: Finisher,
    pub renewals: Renewals,
    pub doors: Mutex<BTreeMap<Arc<str>, Arc<Door>>>,
}

impl Shared {
    /// The destination's door.
    pub(super) fn door(&self, key: &str) -> Arc<Door> {
        let mut doors = self.doors.lock();
        if let Some(door) = doors.get(key) {
            return door.clone();
        }
        let door = Arc::new(Door::default());
        doors.insert(key.into(), door.clone());
        door
    }

    /// What sends to `target`, whose door is `door`.
    pub(super) fn sender<'s>(
        &'s self,
        key: &'s str,
        target: &'s Target,
        door: &'s Door,
    ) -> Sender<'s> {
        let (clock, outbound, renewals) = (&self.clock, &self.outbound, &self.renewals);
        Sender { clock, outbound, key, target, grant: &door.grant, renewals }
    }

    /// Stops the destination. It is in force even if it cannot be written down.
    pub(super) async fn stop(&self, key: &str, door: &Door, stop: Stop) {
        door.close(key, stop.clone());
        if let Err(error) = deliveries::stop(&self.database, key, &stop).await {
            tracing::error!(%error, destination = key, "a stop cannot be written down");
        }
    }

    /// What was read ahead is read again: somebody decided otherwise.
    pub(super) fn reload(&self) {
        for door in self.doors.lock().values() {
            door.reload.store(true, Ordering::Release);
            door.wake.notify_one();
        }
    }
}
