//! Random secrets and their hashes: only the hash is stored, so a stolen database opens nothing.

use crate::clock::Clock;
use sha2::{Digest, Sha256};

/// The prefix that tells an API key from other secrets, also in leak scanners.
pub const KEY_PREFIX: &str = "rk_";

/// A new secret of 256 random bits behind `prefix`, as text of letters and digits.
/// # Errors
/// The operating system gives no random bits.
pub fn make(clock: &Clock, prefix: &str) -> std::io::Result<String> {
    Ok(format!("{prefix}{}", hex::encode(clock.secret()?)))
}

/// What is stored of a secret. A plain SHA-256 is enough because the secret has 256 random bits:
/// there is nothing to guess, and a look-up by hash leaks no part of it through its timing.
pub fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_256_bits_behind_its_prefix_and_is_new_each_time() {
        let (one, two) =
            (make(&Clock::System, KEY_PREFIX).unwrap(), make(&Clock::System, KEY_PREFIX).unwrap());
        assert!(one.starts_with("rk_") && one.len() == 3 + 64);
        assert_ne!(one, two);
    }

    #[test]
    fn the_hash_is_sha_256() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc"), abc);
    }
}
