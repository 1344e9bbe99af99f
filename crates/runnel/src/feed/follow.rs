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
/// Wait before a store that does not open is tried again.
const UNTIL_OPENED_AGAIN: Duration = Duration::from_secs(60);
/// Quiet time after which the store's log is moved into its file.
const QUIET: Duration = Duration::from_secs(30);

/// Failures in a row after which the store is opened anew: after a fatal error DuckDB answers
/// nothing else.
const FAILURES_UNTIL_ANEW: u32 = 5;

/// Runs feed until `wake` says stop.
pub(super) fn follow(
    facts: &Arc<Facts>,
    mut sources: Box<dyn Sources>,
    clock: &Clock,
    wake: &Wake,
) {
    while !wake.stopped() {
        match facts.open() {
            Ok(writer) => follow_open(facts, sources.as_mut(), writer, clock, wake),
            Err(error) => {
                tracing::error!(%error, "reports are off");
                wake.pause(UNTIL_OPENED_AGAIN);
            }
        }
    }
    facts.close("The server is stopping.");
}

/// Runs feed with the store open, until it fails too often.
fn follow_open(
    facts: &Facts,
    sources: &mut dyn Sources,
    mut writer: Writer,
    clock: &Clock,
    wake: &Wake,
) {
    let (mut failures, mut busy) = (0, Instant::now());
    while !wake.stopped() && failures < FAILURES_UNTIL_ANEW {
        let began = Instant::now();
        match advance(facts, sources, &mut writer, clock) {
            Ok(moved) => {
                failures = 0;
                if moved {
                    busy = began;
                } else if busy.elapsed() > QUIET {
                    writer.checkpoint();
                }
            }
            Err(error) => {
                failures += 1;
                metrics::counter!("feed_failures_total").increment(1);
                tracing::error!(%error, "reports fall behind");
                wake.pause(AFTER_FAILURE);
            }
        }
        wake.pause(PACE.saturating_sub(began.elapsed()));
        if busy != began {
            wake.wait(POLL);
        }
    }
    facts.close("Reports are being opened.");
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
