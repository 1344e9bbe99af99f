//! The only source of time and chance, so that tests can stand at any moment.
//! Promise: nothing else in the program asks the system for the time of day or random bits for IDs.

use rand::rngs::SysRng;
use rand::{RngExt, TryRng};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;

/// Tells the time. Clones share a fake clock's hands.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// The system's clock, moved by so many milliseconds.
    Offset(i64),
    /// Stands where a test put it.
    Fake(Arc<Hands>),
}

/// The hands of a clock that only a test moves.
#[derive(Debug, Default)]
pub struct Hands {
    /// Unix milliseconds.
    now_ms: AtomicU64,
    moved: Notify,
}

/// The system's clock may be set while somebody waits; it is looked at so often.
const LONGEST_SLEEP_MS: u64 = 60_000;

impl Clock {
    /// A clock that stands at `now_ms` (Unix milliseconds) until it is moved.
    pub fn fake(now_ms: u64) -> Self {
        Self::Fake(Arc::new(Hands { now_ms: AtomicU64::new(now_ms), moved: Notify::new() }))
    }

    /// The system's clock, `by_seconds` ahead.
    pub fn offset(by_seconds: i64) -> Self {
        if by_seconds == 0 { Self::System } else { Self::Offset(by_seconds.saturating_mul(1000)) }
    }

    /// Now, in Unix milliseconds.
    pub fn now_ms(&self) -> u64 {
        match self {
            Self::System => system_ms(),
            Self::Offset(by_ms) => system_ms().saturating_add_signed(*by_ms),
            Self::Fake(hands) => hands.now_ms.load(Ordering::SeqCst),
        }
    }

    /// Moves a fake clock forward; the system's clock stays as it is.
    pub fn advance_ms(&self, by_ms: u64) {
        if let Self::Fake(hands) = self {
            hands.now_ms.fetch_add(by_ms, Ordering::SeqCst);
            hands.moved.notify_waiters();
        }
    }

    /// Waits until the clock shows `at_ms` (Unix milliseconds) or later.
    pub async fn until(&self, at_ms: u64) {
        loop {
            let moved = match self {
                Self::Fake(hands) => Some(hands.moved.notified()),
                Self::System | Self::Offset(_) => None,
            };
            let left_ms = at_ms.saturating_sub(self.now_ms());
            match moved {
                _ if left_ms == 0 => return,
                Some(moved) => moved.await,
                None => {
                    tokio::time::sleep(Duration::from_millis(left_ms.min(LONGEST_SLEEP_MS))).await;
                }
            }
        }
    }

    /// 64 random bits from the operating system's seeded generator.
    pub fn random(&self) -> u64 {
        rand::rng().random()
    }

    /// 256 random bits for a secret, straight from the operating system.
    /// # Errors
    /// The operating system has none to give; there is no safe substitute.
    pub fn secret(&self) -> std::io::Result<[u8; 32]> {
        let mut secret = [0; 32];
        SysRng.try_fill_bytes(&mut secret).map_err(std::io::Error::other)?;
        Ok(secret)
    }

    /// A new entity ID for now.
    pub fn entity_id(&self) -> rules::ids::EntityId {
        rules::ids::EntityId::new(self.now_ms(), self.random())
    }
}

fn system_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
