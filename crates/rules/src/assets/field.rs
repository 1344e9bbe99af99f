//! The tracking fields of a visit: `campaign`, `external`, `c1` … `c20`.
//! Promise: a closed list; records keep a field as one byte.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// One of the 22 tracking fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field(u8);

impl Field {
    /// The campaign's name or ID at the source.
    pub const CAMPAIGN: Self = Self(0);
    /// The source's click ID.
    pub const EXTERNAL: Self = Self(1);
    /// How many there are.
    pub const COUNT: usize = 22;

    /// All fields, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }

    /// Place in [`Self::all`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Its key: `campaign`, `external`, `c1` … `c20`.
    pub fn key(self) -> &'static str {
        KEYS[self.index()]
    }
}

const KEYS: [&str; Field::COUNT] = [
    "campaign", "external", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c10", "c11",
    "c12", "c13", "c14", "c15", "c16", "c17", "c18", "c19", "c20",
];

/// The text names no tracking field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not campaign, external or c1 to c20")]
pub struct NoSuchField;

impl FromStr for Field {
    type Err = NoSuchField;
    fn from_str(key: &str) -> Result<Self, NoSuchField> {
        KEYS.iter().position(|k| *k == key).map(|i| Self(i as u8)).ok_or(NoSuchField)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.key())
        } else {
            serializer.serialize_u8(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if deserializer.is_human_readable() {
            let key = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            key.parse().map_err(Error::custom)
        } else {
            let index = u8::deserialize(deserializer)?;
            Self::all().nth(usize::from(index)).ok_or_else(|| Error::custom(NoSuchField))
        }
    }
}
