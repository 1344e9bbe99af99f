//! Email addresses as log-in names: compared in lower case, checked no further than is safe to be sure of.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

const MOST_BYTES: usize = 254;

/// An email address in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.trim().to_lowercase();
        let odd = |c: char| c.is_whitespace() || c.is_control();
        match address.split_once('@') {
            Some((name, host))
                if !name.is_empty()
                    && !host.is_empty()
                    && !host.contains('@')
                    && !address.contains(odd)
                    && address.len() <= MOST_BYTES =>
            {
                Ok(Self(address))
            }
            _ => Err("is no email address"),
        }
    }
}

impl TryFrom<String> for Email {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl utoipa::PartialSchema for Email {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
            .max_length(Some(MOST_BYTES))
            .into()
    }
}

impl utoipa::ToSchema for Email {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_blanks_around_do_not_matter() {
        assert_eq!(" Ann@Example.COM ".parse::<Email>().unwrap().as_str(), "ann@example.com");
    }

    #[test]
    fn refuses_what_cannot_be_an_address() {
        for text in
            ["", "ann", "@b", "a@", "a@b@c", "a b@c", "a@b\n", &format!("a@{}", "b".repeat(253))]
        {
            let is_trimmed_line = text == "a@b\n";
            assert_eq!(text.parse::<Email>().is_err(), !is_trimmed_line, "{text:?}");
        }
    }
}
