//! Passwords → argon2id hashes and back to yes or no.
//! Promise: an unknown user costs the same time as a wrong password; at most a few hashes are
//! computed at once (each takes 19 MB), and when too many wait, the next is turned away.

use super::Hidden;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Shortest password, in characters.
pub const LEAST_CHARACTERS: usize = 10;
/// Longest password, in bytes.
pub const MOST_BYTES: usize = 256;

/// Computed at once; others wait for their turn.
const MOST_AT_ONCE: usize = 2;
/// Waiting or under way; above this an attempt is turned away.
const MOST_WAITING: usize = 32;

/// Too many log-ins at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many log-ins at this moment")]
pub struct Busy;

/// Why `password` cannot be taken; none if it can.
pub fn acceptable(password: &Hidden) -> Result<(), String> {
    let password = password.reveal();
    if password.chars().count() < LEAST_CHARACTERS {
        Err(format!("needs at least {LEAST_CHARACTERS} characters"))
    } else if password.len() > MOST_BYTES {
        Err(format!("takes at most {MOST_BYTES} bytes"))
    } else {
        Ok(())
    }
}

/// Hashes and checks passwords away from the threads that serve requests.
pub struct Passwords {
    turns: Arc<Semaphore>,
    seats: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(MOST_AT_ONCE)),
            seats: Arc::new(Semaphore::new(MOST_WAITING)),
        }
    }
}

impl Passwords {
    /// The argon2id hash of `password` in PHC form, with a salt from `random`.
    /// # Errors
    /// Too many wait already.
    pub async fn hash(&self, password: &Hidden, random: [u8; 32]) -> Result<String, Busy> {
        let password = password.clone();
        self.run(move || hash(&password, &random)).await
    }

    /// Whether `password` belongs to `stored`; without a stored hash it works as long and says no.
    /// # Errors
    /// Too many wait already.
    pub async fn check(&self, password: &Hidden, stored: Option<String>) -> Result<bool, Busy> {
        let password = password.clone();
        self.run(move || {
            let known = stored.is_some();
            let right = verify(&password, stored.as_deref().unwrap_or(&NOBODY));
            known && right
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let _seat = self.seats.try_acquire().map_err(|_| Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Busy)?;
        let work = move || {
            // Held by the work itself: a client that leaves does not free the turn early.
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }
}

/// A hash that no password matches in practice: what an unknown user's attempt is checked against.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash(&Hidden::new("nobody"), &[7; 32]));

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

fn hash(password: &Hidden, random: &[u8; 32]) -> String {
    let salted = SaltString::encode_b64(&random[..16]).and_then(|salt| {
        Ok(hasher().hash_password(password.reveal().as_bytes(), &salt)?.to_string())
    });
    // Only fails for lengths that the constants above rule out; an empty hash matches nothing.
    salted.unwrap_or_default()
}

fn verify(password: &Hidden, stored: &str) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|parsed| hasher().verify_password(password.reveal().as_bytes(), &parsed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right() {
        let passwords = Passwords::default();
        let right = Hidden::new("correct horse");
        let stored = passwords.hash(&right, [1; 32]).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.check(&right, Some(stored.clone())).await.unwrap());
        assert!(!passwords.check(&Hidden::new("wrong horse"), Some(stored)).await.unwrap());
        assert!(!passwords.check(&Hidden::new("nobody"), None).await.unwrap());
        assert!(!passwords.check(&right, Some(String::new())).await.unwrap());
    }

    #[tokio::test]
    async fn when_too_many_wait_the_next_is_turned_away() {
        let passwords = Passwords::default();
        let _all = passwords.seats.try_acquire_many(MOST_WAITING as u32).unwrap();
        assert_eq!(passwords.check(&Hidden::new("x"), None).await, Err(Busy));
    }

    #[test]
    fn length_is_bounded_both_ways() {
        assert!(acceptable(&Hidden::new("ninechars")).is_err());
        assert!(acceptable(&Hidden::new("tencharac.")).is_ok());
        assert!(acceptable(&Hidden::new("x".repeat(257))).is_err());
    }
}
