//! From verdicts to how deliveries stand: delivered, again later, or for good.
//! Promise: the schedule is counted from attempts that were made, and a final state has its reason.

use super::schedule;
use super::send::Sent;
use super::verdict::Verdict;
use crate::clock::Clock;
use crate::store::deliveries::{Attempted, DeliveryState, Due, Finished};

/// What a batch came to, for the store.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub attempts: Vec<Attempted>,
    pub finished: Vec<Finished>,
    /// The destination wants no more calls.
    pub stop: Option<String>,
    /// How many arrived.
    pub delivered: u32,
    /// Why the last one did not.
    pub error: Option<String>,
}

/// Settles `batch`, whose deliveries got the verdicts in `sent`, in the same order.
pub(super) fn settle(batch: &[Due], sent: &Sent, clock: &Clock) -> Settled {
    let mut settled = Settled::default();
    for (due, (verdict, call)) in batch.iter().zip(&sent.verdicts) {
        let at_ms = clock.now_ms();
        let (word, reason) = words(verdict);
        settled.attempts.push(Attempted {
            number: due.number,
            call: call.clone(),
            at_ms,
            verdict: word,
            reason: reason.to_owned(),
        });
        settled.finished.push(finished(due, verdict, at_ms, clock.random()));
        match verdict {
            Verdict::Delivered => settled.delivered += 1,
            Verdict::Disable { reason } => settled.stop = Some(reason.clone()),
            _ => {}
        }
        if *verdict != Verdict::Delivered {
            settled.error = Some(reason.to_owned());
        }
    }
    settled
}

/// What cannot even be read is settled without a call.
pub(super) fn unreadable(due: &Due, now_ms: u64) -> Finished {
    let reason = "what was to be told cannot be read".to_owned();
    let (state, number, attempts) = (DeliveryState::Failed, due.number, due.attempts);
    Finished { number, state, reason, attempts, due_ms: now_ms, at_ms: now_ms }
}

/// The word in the log, and what the verdict says to people.
fn words(verdict: &Verdict) -> (&'static str, &str) {
    match verdict {
        Verdict::Delivered => ("delivered", ""),
        Verdict::TooLate { reason } => ("too_late", reason),
        Verdict::Refused { reason } => ("refused", reason),
        Verdict::Again { reason, .. } => ("again", reason),
        Verdict::Disable { reason } => ("disable", reason),
        Verdict::TokenExpired => ("again", "the access token is refused"),
        Verdict::Split => ("again", "refused for a reason not given"),
    }
}

fn finished(due: &Due, verdict: &Verdict, now_ms: u64, chance: u64) -> Finished {
    let attempts = due.attempts + 1;
    let wish = match verdict {
        Verdict::Again { after, .. } => *after,
        _ => None,
    };
    let pause = schedule::pause(attempts, chance, wish);
    let (state, due_ms) = match (verdict, pause) {
        (Verdict::Delivered, _) => (DeliveryState::Delivered, now_ms),
        (Verdict::TooLate { .. }, _) => (DeliveryState::TooLate, now_ms),
        (Verdict::Refused { .. }, _) => (DeliveryState::Refused, now_ms),
        // Nobody is at fault: it waits for somebody to enable the destination.
        (Verdict::Disable { .. }, _) => (DeliveryState::Owed, now_ms),
        (_, Some(pause)) => (DeliveryState::Owed, now_ms + pause.as_millis() as u64),
        (_, None) => (DeliveryState::Failed, now_ms),
    };
    let reason = words(verdict).1.to_owned();
    Finished { number: due.number, state, reason, attempts, due_ms, at_ms: now_ms }
}
