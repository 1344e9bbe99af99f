//! The thread that follows both sources for as long as the program runs.
//! Promise: what is committed reaches reports within a second; no failure of the report store
//! reaches anything else.

use super::page::Held;
use super::{Sources, Wake, fill::fill, step::take_in};
use crate::clock::Clock;
use crate::store::facts::{Facts, OPENING, Writer};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Shortest time between two commits: what each costs beside its rows counts for more of them, and
/// together with the commit it stays well below a second.
const PACE: Duration = Duration::from_millis(400);
/// Longest sleep when nobody wakes it: another process may book too.
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
/// Openings in a row that came to nothing, after which the store is taken for damaged.
const OPENINGS_UNTIL_MISTRUST: u32 = 2;

/// Runs feed until `wake` says stop.
pub(super) fn follow(
    facts: &Arc<Facts>,
    mut sources: Box<dyn Sources>,
    clock: &Clock,
    wake: &Wake,
) {
    let mut in_vain = 0;
    while !wake.stopped() {
        match facts.open() {
            Ok(writer) => {
                let worked = follow_open(facts, sources.as_mut(), writer, clock, wake);
                in_vain = if worked { 0 } else { in_vain + 1 };
                if in_vain >= OPENINGS_UNTIL_MISTRUST {
                    facts.mistrust();
                    in_vain = 0;
                }
            }
            Err(error) => {
                tracing::error!(%error, "reports are off");
                wake.pause(UNTIL_OPENED_AGAIN);
            }
        }
    }
    facts.close("The server is stopping.");
}

/// Runs feed with the store open, until it fails too often or turns out to be damaged. Says whether
/// anything worked.
fn follow_open(
    facts: &Facts,
    sources: &mut dyn Sources,
    mut writer: Writer,
    clock: &Clock,
    wake: &Wake,
) -> bool {
    let (mut failures, mut busy, mut worked) = (0, Instant::now(), false);
    while !wake.stopped() && failures < FAILURES_UNTIL_ANEW && !facts.is_damaged() {
        let began = Instant::now();
        match advance(facts, sources, &mut writer, clock, wake) {
            Ok(moved) => {
                (failures, worked) = (0, true);
                if moved {
                    busy = began;
                } else if busy.elapsed() > QUIET {
                    facts.between_reports(|| writer.checkpoint());
                }
            }
            Err(error) => {
                failures += 1;
                metrics::counter!("feed_failures_total").increment(1);
                tracing::error!(%error, "reports fall behind");
                facts.judge(&error);
                wake.pause(AFTER_FAILURE);
            }
        }
        if busy == began {
            wake.pause(PACE.saturating_sub(began.elapsed()));
        }
        wake.wait(POLL);
    }
    // What is in memory alone would have to be read again.
    writer.checkpoint();
    facts.close(OPENING);
    worked
}

/// Takes in a page, and all the rest if there is much; then everything up to the moment before is
/// in the store. Says whether there was anything.
fn advance(
    facts: &Facts,
    sources: &mut dyn Sources,
    writer: &mut Writer,
    clock: &Clock,
    wake: &Wake,
) -> anyhow::Result<bool> {
    let mut now_ms = clock.now_ms();
    let held = take_in(sources, writer)?;
    if held == Held::Full {
        now_ms = clock.now_ms();
        fill(sources, writer, &|| wake.stopped())?;
        // What arrived while it filled is the next page's.
    }
    if !wake.stopped() {
        facts.caught_up(now_ms);
    }
    Ok(held != Held::Nothing)
}
