//! The thread that follows both sources for as long as the program runs.
//! Promise: what is committed reaches reports within a second; no failure of the report store
//! reaches anything else.

use super::{Sources, Wake, step::step};
use crate::clock::Clock;
use crate::store::facts::{Facts, Writer};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Shortest time between two commits: each syncs a file that clicks' disk shares.
const PACE: Duration = Duration::from_millis(200);
/// Longest sleep when nobody wakes it.
const POLL: Duration = Duration::from_millis(300);
/// Wait after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// Quiet time after which the store's log is moved into its file.
const QUIET: Duration = Duration::from_secs(30);

/// Runs feed until `wake` says stop.
pub(super) fn follow(
    facts: &Arc<Facts>,
    mut sources: Box<dyn Sources>,
    clock: &Clock,
    wake: &Wake,
) {
    let mut writer = match facts.open() {
        Ok(writer) => writer,
        Err(error) => return tracing::error!(%error, "reports are off"),
    };
    let mut busy = Instant::now();
    while !wake.stopped() {
        let began = Instant::now();
        match advance(facts, sources.as_mut(), &mut writer, clock) {
            Ok(true) => busy = began,
            Ok(false) if busy.elapsed() > QUIET => writer.checkpoint(),
            Ok(false) => {}
            Err(error) => {
                metrics::counter!("feed_failures_total").increment(1);
                tracing::error!(%error, "reports fall behind");
                wake.wait(AFTER_FAILURE);
            }
        }
        wake.pause(PACE.saturating_sub(began.elapsed()));
        if busy != began {
            wake.wait(POLL);
        }
    }
    facts.close("The server is stopping.");
}

/// Takes in pages until nothing is new; then everything up to the moment before is in the store.
fn advance(
    facts: &Facts,
    sources: &mut dyn Sources,
    writer: &mut Writer,
    clock: &Clock,
) -> anyhow::Result<bool> {
    let now_ms = clock.now_ms();
    let moved = step(sources, writer)?;
    if !moved {
        facts.caught_up(now_ms);
    }
    Ok(moved)
}
