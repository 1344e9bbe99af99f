//! Identities of entities, nodes and connections: 12 base62 characters that begin with their time.
//! Promise: sorts by creation time; a client may bring its own (product.md §2).

use super::{IdError, raw};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TIME_DIGITS: usize = 7;
/// 2019-07-23T00:00:00Z in Unix milliseconds.
const EPOCH_MS: u64 = 1_563_840_000_000;

/// 12 characters of `0-9A-Za-z`: 7 of milliseconds since 2019-07-23, 5 of chance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId([u8; 12]);

impl EntityId {
    /// Makes an ID for the moment `at_ms` (Unix milliseconds) from `random` bits.
    pub fn new(at_ms: u64, random: u64) -> Self {
        let mut id = [b'0'; 12];
        write_base62(&mut id[..TIME_DIGITS], at_ms.saturating_sub(EPOCH_MS));
        write_base62(&mut id[TIME_DIGITS..], random);
        Self(id)
    }

    /// The ID as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn write_base62(digits: &mut [u8], mut value: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
}

impl FromStr for EntityId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let id: [u8; 12] = text.as_bytes().try_into().map_err(|_| IdError::Length)?;
        if id.iter().all(u8::is_ascii_alphanumeric) {
            Ok(Self(id))
        } else {
            Err(IdError::Character)
        }
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EntityId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.as_str())
        } else {
            raw::write_12(self.0, serializer)
        }
    }
}

impl<'de> Deserialize<'de> for EntityId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            text.parse().map_err(|_| serde::de::Error::custom("an ID is 12 letters or digits"))
        } else {
            raw::read_12(deserializer).map(Self)
        }
    }
}

impl utoipa::PartialSchema for EntityId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[0-9A-Za-z]{12}$"))
            .description(Some("12 letters or digits, time-ordered"))
            .into()
    }
}

impl utoipa::ToSchema for EntityId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_digits_of_time_then_five_of_chance() {
        let id = EntityId::new(EPOCH_MS + 62 + 1, 3 * 62 + 2);
        assert_eq!(id.as_str(), "000001100032");
    }

    #[test]
    fn refuses_what_is_not_twelve_letters_or_digits() {
        assert_eq!("abc".parse::<EntityId>(), Err(IdError::Length));
        assert_eq!("abcdefghijk-".parse::<EntityId>(), Err(IdError::Character));
    }
}
