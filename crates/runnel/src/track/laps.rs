//! Where a click's time goes: one request in 64 is timed step by step, and summed up in the metrics
//! `runnel_stage_nanoseconds_total` and `runnel_stage_samples_total`.

use metrics::counter;
use parking_lot::Mutex;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

const ONE_IN: u32 = 64;

thread_local! {
    /// Of this thread: one count for all threads would go from processor to processor with each click.
    static REQUESTS: Cell<u32> = const { Cell::new(0) };
}

/// The end of the last step of a request that is timed.
#[derive(Clone)]
pub struct Laps(Option<Arc<Mutex<Instant>>>);

impl Laps {
    /// A request begins.
    pub fn begin() -> Self {
        let timed = REQUESTS.replace(REQUESTS.get().wrapping_add(1)).is_multiple_of(ONE_IN);
        Self(timed.then(|| Arc::new(Mutex::new(Instant::now()))))
    }

    /// The step `stage` has ended, the next begins.
    pub fn lap(&self, stage: &'static str) {
        let Some(last) = &self.0 else { return };
        let took = last.lock().elapsed();
        let nanoseconds = took.as_nanos() as u64;
        counter!("runnel_stage_nanoseconds_total", "stage" => stage).increment(nanoseconds);
        counter!("runnel_stage_samples_total", "stage" => stage).increment(1);
        // What the counting took belongs to no step.
        *last.lock() = Instant::now();
    }
}
