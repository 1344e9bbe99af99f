//! The secret that marks IDs as issued here: a keyed checksum of 24 bits.
//! Promise: without the key an ID that verifies is found once in 16 million guesses; an older key
//! goes on verifying after a rotation, only the newest issues.

use siphasher::sip::SipHasher24;
use std::hash::Hasher;

/// One secret of 128 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IdKey(pub [u8; 16]);

/// The keys in use: the first issues, all verify.
#[derive(Clone)]
pub struct IdKeys {
    newest: IdKey,
    older: Vec<IdKey>,
}

impl IdKeys {
    /// `newest` issues; `older` still verify.
    pub fn new(newest: IdKey, older: Vec<IdKey>) -> Self {
        Self { newest, older }
    }

    pub(super) fn issue(&self, kind: u8, bits: u128) -> u32 {
        self.newest.checksum(kind, bits)
    }

    pub(super) fn verifies(&self, kind: u8, bits: u128, checksum: u32) -> bool {
        std::iter::once(&self.newest)
            .chain(&self.older)
            .any(|key| key.checksum(kind, bits) == checksum)
    }
}

impl IdKey {
    fn checksum(&self, kind: u8, bits: u128) -> u32 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(&[kind]);
        hasher.write(&bits.to_le_bytes());
        hasher.finish() as u32 & 0x00ff_ffff
    }
}

// A key in a log would let its reader forge hits.
impl std::fmt::Debug for IdKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdKey(…)")
    }
}

impl std::fmt::Debug for IdKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdKeys(…)")
    }
}
