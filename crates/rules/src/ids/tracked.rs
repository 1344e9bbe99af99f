//! Hits, requests and visitors: 120 bits that carry their time and a keyed checksum.
//! Promise: a hit ID alone says when it was made and which record holds it.
//!
//! hit: 42 bits of Unix milliseconds, 6 of node, 43 of chance (together the request), 5 of index
//! within the request, 24 of checksum. vid: 42 of milliseconds, 54 of chance, 24 of checksum.

use super::{IdError, IdKeys, base32, raw};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

const MAC_BITS: u32 = 24;
const INDEX_BITS: u32 = 5;
const REQUEST_RANDOM_BITS: u32 = 43;
const NODE_BITS: u32 = 6;
const VID_RANDOM_BITS: u32 = 54;
const HIT_KIND: u8 = b'h';
const VID_KIND: u8 = b'v';

/// One request: the time, the machine and the chance that all its hits share. Orders by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey(u128);

impl RequestKey {
    /// The most hits one request can make.
    pub const MOST_HITS: usize = 1 << INDEX_BITS;

    /// `at_ms` in Unix milliseconds; `node` is this machine's number (below 64).
    pub fn new(at_ms: u64, node: u8, random: u64) -> Self {
        let time = u128::from(at_ms & ((1 << 42) - 1));
        let node = u128::from(node & 63);
        let random = u128::from(random & ((1 << REQUEST_RANDOM_BITS) - 1));
        Self(time << (NODE_BITS + REQUEST_RANDOM_BITS) | node << REQUEST_RANDOM_BITS | random)
    }

    /// The journal's key of the record of this request: ordered by time.
    pub fn as_u128(self) -> u128 {
        self.0
    }

    /// When the request was made, Unix milliseconds.
    pub fn at_ms(self) -> u64 {
        (self.0 >> (NODE_BITS + REQUEST_RANDOM_BITS)) as u64
    }

    /// Issues the ID of the request's hit number `index` (below [`Self::MOST_HITS`]).
    pub fn hit(self, index: usize, keys: &IdKeys) -> HitId {
        let bits = self.0 << INDEX_BITS | (index as u128 & 31);
        HitId(bits << MAC_BITS | u128::from(keys.issue(HIT_KIND, bits)))
    }

    /// The hit number `index` whose checksum was already issued and stored.
    pub fn stored_hit(self, index: usize, checksum: [u8; 3]) -> HitId {
        let [a, b, c] = checksum.map(u128::from);
        HitId((self.0 << INDEX_BITS | (index as u128 & 31)) << MAC_BITS | a << 16 | b << 8 | c)
    }
}

/// One visit of one visitor to one node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HitId(u128);

impl HitId {
    /// Reads a hit ID in any case.
    /// # Errors
    /// Another length, a foreign character, or a checksum that nobody issued.
    pub fn parse(text: &str, keys: &IdKeys) -> Result<Self, IdError> {
        let bits = base32::decode(text)?;
        verified(HIT_KIND, bits, keys).map(Self)
    }

    /// The request that made this hit.
    pub fn request(self) -> RequestKey {
        RequestKey(self.0 >> (MAC_BITS + INDEX_BITS))
    }

    /// The hit's place within its request.
    pub fn index(self) -> usize {
        (self.0 >> MAC_BITS) as usize & (RequestKey::MOST_HITS - 1)
    }

    /// The checksum, as stored beside the hit's step.
    pub fn checksum(self) -> [u8; 3] {
        [(self.0 >> 16) as u8, (self.0 >> 8) as u8, self.0 as u8]
    }

    /// When the hit was made, Unix milliseconds.
    pub fn at_ms(self) -> u64 {
        self.request().at_ms()
    }

    /// The ID as a number, for stores that keep it so.
    pub fn as_u128(self) -> u128 {
        self.0
    }

    /// Trusts a number that came from our own store.
    pub fn from_stored(bits: u128) -> Self {
        Self(bits)
    }
}

/// One visitor: a browser, known by this ID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vid(u128);

impl Vid {
    /// Issues a visitor ID for `at_ms` (Unix milliseconds) from `random` bits.
    pub fn new(at_ms: u64, random: u64, keys: &IdKeys) -> Self {
        let time = u128::from(at_ms & ((1 << 42) - 1));
        let bits = time << VID_RANDOM_BITS | u128::from(random & ((1 << VID_RANDOM_BITS) - 1));
        Self(bits << MAC_BITS | u128::from(keys.issue(VID_KIND, bits)))
    }

    /// Reads a visitor ID in any case.
    /// # Errors
    /// Another length, a foreign character, or a checksum that nobody issued.
    pub fn parse(text: &str, keys: &IdKeys) -> Result<Self, IdError> {
        verified(VID_KIND, base32::decode(text)?, keys).map(Self)
    }

    /// When the ID was issued, Unix milliseconds.
    pub fn issued_ms(self) -> u64 {
        (self.0 >> (MAC_BITS + VID_RANDOM_BITS)) as u64
    }

    /// The ID as a number, for stores that keep it so.
    pub fn as_u128(self) -> u128 {
        self.0
    }

    /// Trusts a number that came from our own store.
    pub fn from_stored(bits: u128) -> Self {
        Self(bits)
    }
}

fn verified(kind: u8, id: u128, keys: &IdKeys) -> Result<u128, IdError> {
    let checksum = id as u32 & 0x00ff_ffff;
    if keys.verifies(kind, id >> MAC_BITS, checksum) { Ok(id) } else { Err(IdError::Checksum) }
}

macro_rules! text_and_serde {
    ($($id:ty),*) => {$(
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&base32::encode(self.0)).unwrap_or_default())
            }
        }
        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        // Text for people and JSON, 15 bytes in records. Reading trusts the text: only our own
        // stores are read so; what comes from outside goes through `parse`.
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    raw::write_15(fifteen_bytes(self.0), serializer)
                }
            }
        }
        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                    base32::decode(&text).map(Self).map_err(serde::de::Error::custom)
                } else {
                    raw::read_15(deserializer).map(|bytes| Self(from_fifteen(bytes)))
                }
            }
        }
    )*};
}

text_and_serde!(HitId, Vid);

// Nothing but records holds one: it has no form for people.
impl Serialize for RequestKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [bytes @ .., _, _, _] = fifteen_bytes(self.0 << 29);
        raw::write_12(bytes, serializer)
    }
}

impl<'de> Deserialize<'de> for RequestKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let head = raw::read_12(deserializer)?;
        let mut bytes = [0; 15];
        bytes[..12].copy_from_slice(&head);
        Ok(Self(from_fifteen(bytes) >> 29))
    }
}

impl fmt::Debug for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

fn fifteen_bytes(bits: u128) -> [u8; 15] {
    let [_, bytes @ ..] = bits.to_be_bytes();
    bytes
}

fn from_fifteen(bytes: [u8; 15]) -> u128 {
    let mut all = [0; 16];
    all[1..].copy_from_slice(&bytes);
    u128::from_be_bytes(all)
}

#[cfg(test)]
mod tests {
    use super::super::IdKey;
    use super::*;
    use proptest::prelude::*;

    fn keys() -> IdKeys {
        IdKeys::new(IdKey([7; 16]), vec![])
    }

    proptest! {
        #[test]
        fn a_hit_is_read_back_in_any_case(at in 0u64..1 << 42, random: u64, index in 0usize..32) {
            let hit = RequestKey::new(at, 5, random).hit(index, &keys());
            let text = hit.to_string();
            prop_assert_eq!(text.len(), 24);
            prop_assert!(text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()));
            prop_assert_eq!(HitId::parse(&text.to_uppercase(), &keys()), Ok(hit));
            prop_assert_eq!((hit.at_ms(), hit.index()), (at, index));
            prop_assert_eq!(hit.request().stored_hit(index, hit.checksum()), hit);
        }

        #[test]
        fn ids_survive_the_record(at in 0u64..1 << 42, random: u64) {
            let request = RequestKey::new(at, 63, random);
            let all = (request, request.hit(31, &keys()), Vid::new(at, random, &keys()));
            let bytes = postcard::to_stdvec(&all).unwrap();
            prop_assert_eq!(bytes.len(), 12 + 15 + 15);
            prop_assert_eq!(postcard::from_bytes::<(RequestKey, HitId, Vid)>(&bytes).unwrap(), all);
        }

        #[test]
        fn a_changed_bit_is_never_issued(at in 0u64..1 << 42, random: u64, bit in 0u32..120) {
            let hit = RequestKey::new(at, 0, random).hit(0, &keys());
            let forged = HitId(hit.0 ^ 1 << bit).to_string();
            prop_assert_eq!(HitId::parse(&forged, &keys()), Err(IdError::Checksum));
        }
    }

    #[test]
    fn a_vid_is_not_a_hit_and_an_older_key_still_verifies() {
        let vid = Vid::new(1_700_000_000_000, 42, &keys());
        assert_eq!(HitId::parse(&vid.to_string(), &keys()), Err(IdError::Checksum));
        let rotated = IdKeys::new(IdKey([9; 16]), vec![IdKey([7; 16])]);
        assert_eq!(Vid::parse(&vid.to_string(), &rotated), Ok(vid));
        assert_eq!(vid.issued_ms(), 1_700_000_000_000);
    }
}
