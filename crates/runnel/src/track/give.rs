//! An answer that is ready → given, once the record that it tells of is safe.
//! Promise: while it waits, nothing is kept of the request that it answers: what many waiting clicks hold
//! is far from the processor when it is used again.

use super::Site;
use super::asked::Asked;
use super::laps::Laps;
use super::walk::Walked;
use crate::outcome::{Outcome, Underway};
use axum::response::Response;
use metrics::counter;
use std::sync::Once;
use std::time::Duration;

/// Longest that a click waits for its record to be in a file when it is not on disk in time.
const FILE_WAIT: Duration = Duration::from_millis(20);
/// The log says once that the disk did not even take writes; the metrics say how often.
static STALLED: Once = Once::new();

/// An answer, and what it waits for.
pub struct Answer {
    response: Response,
    due: Due,
}

/// When an answer is given.
enum Due {
    /// At once, with this outcome.
    Now(Outcome),
    /// When the record of this number is safe.
    Safe { number: u64, laps: Laps },
}

impl Answer {
    /// Given at once.
    pub fn now(outcome: Outcome, response: Response) -> Self {
        Self { response, due: Due::Now(outcome) }
    }

    /// Given when the record of the walk is safe, if there is one.
    pub fn of_walk(response: Response, walked: &Walked, asked: &Asked) -> Self {
        let due = match walked.number {
            _ if asked.is_head() => Due::Now(Outcome::Head),
            Some(number) => Due::Safe { number, laps: asked.laps.clone() },
            None => Due::Now(Outcome::Unrecorded),
        };
        Self { response, due }
    }

    /// Waits as long as it has to, and counts how the request ended.
    pub async fn give(self, site: &Site, underway: Underway) -> Response {
        let outcome = match self.due {
            Due::Now(outcome) => outcome,
            Due::Safe { number, laps } => {
                safe(site, number).await;
                laps.lap("sync");
                Outcome::Recorded
            }
        };
        underway.end(outcome);
        self.response
    }
}

/// Waits for the record to be on disk, but no longer than a click may wait; then for it to be in a file
/// at least, where a crash of the program does not lose it.
async fn safe(Site { app, room }: &Site, number: u64) {
    let patience = Duration::from_millis(app.config.click_wait_ms);
    if room.synced(&app.journal, number, patience).await {
        return;
    }
    // Rare, and larger than all else that waits.
    if !Box::pin(app.journal.hasten(number, FILE_WAIT)).await {
        STALLED.call_once(|| tracing::warn!("clicks are answered before they are in a file"));
        counter!("runnel_answered_before_written_total").increment(1);
    }
    counter!("runnel_answered_before_sync_total").increment(1);
}
