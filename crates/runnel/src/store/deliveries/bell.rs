//! Tells whoever delivers that something new is owed.
//! Promise: rung after the commit; a ring that nobody waits for is kept.

use parking_lot::Mutex;
use std::collections::BTreeSet;
use tokio::sync::Notify;

/// The bell.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Mutex<BTreeSet<String>>,
    news: Notify,
}

impl Bell {
    /// Something new is owed to these destinations.
    pub fn ring(&self, destinations: impl IntoIterator<Item = String>) {
        self.rung.lock().extend(destinations);
        self.news.notify_one();
    }

    /// Waits for a ring; the destinations it was for.
    pub async fn heard(&self) -> BTreeSet<String> {
        loop {
            let rung = std::mem::take(&mut *self.rung.lock());
            if !rung.is_empty() {
                return rung;
            }
            self.news.notified().await;
        }
    }
}
