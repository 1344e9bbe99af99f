//! What a destination's worker and the rest of the program share.

use super::adapter::Grant;
use super::health::Health;
use super::send::Sent;
use super::settle::Settled;
use crate::store::deliveries::Stop;
use metrics::{counter, histogram};
use parking_lot::Mutex;
use std::sync::atomic::AtomicBool;
use tokio::sync::Notify;

/// One destination's side of the program.
#[derive(Default)]
pub(super) struct Door {
    /// Whether a worker serves it.
    pub works: AtomicBool,
    /// Something new is owed, or something was decided.
    pub wake: Notify,
    /// What was read ahead may no longer hold.
    pub reload: AtomicBool,
    /// Why it is not called.
    pub stop: Mutex<Option<Stop>>,
    /// How it is doing.
    pub health: Mutex<Health>,
    /// Its access token.
    pub grant: tokio::sync::Mutex<Option<Grant>>,
}

impl Door {
    /// Lets no further call through; the first reason stays.
    pub(super) fn close(&self, key: &str, stop: Stop) {
        tracing::warn!(destination = key, reason = stop.reason, "a destination is disabled");
        self.stop.lock().get_or_insert(stop);
    }

    /// Takes the outcome of a batch into the figures.
    pub(super) fn note(&self, key: &str, sent: &Sent, settled: &Settled, at_ms: u64, took_ms: u64) {
        let mut health = self.health.lock();
        if !sent.calls.is_empty() {
            health.called(at_ms, took_ms, settled.delivered);
            let seconds = took_ms as f64 / 1000.0;
            histogram!("runnel_delivery_seconds", "destination" => key.to_owned()).record(seconds);
        }
        if let Some(error) = &settled.error {
            health.failed(at_ms, error.clone());
        }
        for attempt in &settled.attempts {
            counter!("runnel_delivery_attempts_total",
                "destination" => key.to_owned(), "verdict" => attempt.verdict)
            .increment(1);
        }
    }
}
