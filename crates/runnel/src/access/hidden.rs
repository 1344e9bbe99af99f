//! A secret on its way in or out of the API.
//! Promise: neither `Debug` nor an error message shows it.

use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};
use std::fmt;

/// Text that no log line and no error repeats.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Hidden(String);

impl Hidden {
    /// Hides `secret`.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hidden {
    /// serde's own message would quote a number or flag that was sent in place of text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(secret) => Ok(Self(secret)),
            _ => Err(D::Error::custom("must be text")),
        }
    }
}

impl utoipa::PartialSchema for Hidden {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .into()
    }
}

impl utoipa::ToSchema for Hidden {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_errors_show_it() {
        let hidden: Hidden = serde_json::from_str(r#""hunter2""#).unwrap();
        assert_eq!(hidden.reveal(), "hunter2");
        assert_eq!(format!("{hidden:?}"), "•••");
        let error = serde_json::from_str::<Hidden>("8675309").unwrap_err().to_string();
        assert!(!error.contains("8675309"), "{error}");
    }
}
