//! Text with tokens in braces, read once and written for each visitor (product.md §5).
//! Promise: the text is kept exactly; a value is encoded for where it stands; an unknown token
//! becomes empty; no value adds a control byte.

mod sender;
mod token;
mod told;
mod visit;

pub use token::{Name, Token};
pub use visit::{VisitTokens, domain_of};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// All but RFC 3986's unreserved characters: such a value can end nothing in a URL.
pub const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const MOST_NAME_BYTES: usize = 100;

/// Whoever knows the values.
pub trait Tokens {
    /// Appends the value of `token` to `out`; nothing if there is none.
    fn token(&self, token: &Token, out: &mut String);
}

impl<T: Tokens + ?Sized> Tokens for &T {
    fn token(&self, token: &Token, out: &mut String) {
        (**self).token(token, out);
    }
}

/// Where a text stands, and so how values in it are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Path, query or fragment of a URL: percent-encoded, all but unreserved characters.
    Url,
    /// Inside a JSON string: escaped.
    Json,
    /// As it is, without control characters.
    Plain,
}

/// A text with tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Token(Token),
}

impl Template {
    /// Reads `text`. Braces around anything that cannot be a name are plain text.
    pub fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let (mut plain, mut rest) = (String::new(), text);
        while let Some(open) = rest.find('{') {
            plain.push_str(&rest[..open]);
            rest = &rest[open..];
            if let Some(name) = leading_name(rest) {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Token(Token::named(name)));
                rest = &rest[name.len() + 2..];
            } else {
                plain.push('{');
                rest = &rest[1..];
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Self { source: text.to_owned(), pieces }
    }

    /// The same template with `encode` applied to its plain text.
    #[must_use]
    pub fn with_text(mut self, encode: impl Fn(&str) -> String) -> Self {
        for piece in &mut self.pieces {
            if let Piece::Text(text) = piece {
                *text = encode(text);
            }
        }
        self
    }

    /// The text it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The tokens in it, in order.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Token(token) => Some(token),
            Piece::Text(_) => None,
        })
    }

    /// Appends the text with the values of `tokens`, each written for `place`.
    pub fn render(&self, tokens: &dyn Tokens, place: Place, out: &mut String) {
        let mut value = String::new();
        self.render_with(
            tokens,
            &mut |token, tokens, out| {
                value.clear();
                tokens.token(token, &mut value);
                write_value(&value, place, out);
            },
            out,
        );
    }

    /// Appends the text; `write` writes each value.
    pub(crate) fn render_with(
        &self,
        tokens: &dyn Tokens,
        write: &mut dyn FnMut(&Token, &dyn Tokens, &mut String),
        out: &mut String,
    ) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Token(token) => write(token, tokens, out),
            }
        }
    }
}

/// Appends `value` as it must be written in `place`.
pub fn write_value(value: &str, place: Place, out: &mut String) {
    match place {
        Place::Url => out.extend(utf8_percent_encode(value, VALUE)),
        Place::Json => {
            let quoted = serde_json::to_string(value).unwrap_or_default();
            out.push_str(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default());
        }
        Place::Plain => out.extend(value.chars().filter(|c| !c.is_control())),
    }
}

/// The name between the braces that `text` begins with.
fn leading_name(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let allowed = |c: char| c.is_alphanumeric() || "-_.~[]".contains(c);
    let fits = !name.is_empty() && name.len() <= MOST_NAME_BYTES;
    (fits && name.chars().all(allowed)).then_some(name)
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer).map(|text| Self::parse(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes each token as its name, or a fixed value.
    struct Fixed(&'static str);

    impl Tokens for Fixed {
        fn token(&self, token: &Token, out: &mut String) {
            if !matches!(token, Token::Alias(_)) {
                out.push_str(self.0);
            }
        }
    }

    fn rendered(text: &str, value: &'static str, place: Place) -> String {
        let mut out = String::new();
        Template::parse(text).render(&Fixed(value), place, &mut out);
        out
    }

    #[test]
    fn values_are_written_for_where_they_stand() {
        for (text, value, place, expected) in [
            ("a{hit}b", "x&y=1 ü/", Place::Url, "ax%26y%3D1%20%C3%BC%2Fb"),
            ("a{hit}b", "x&y", Place::Plain, "ax&yb"),
            ("a{hit}b", "x\r\ny", Place::Plain, "axyb"),
            (r#"{"rev":"{rev}"}"#, "a\"b\\\n", Place::Json, r#"{"rev":"a\"b\\\n"}"#),
            (r#"{"rev":"{rev}"}"#, "\"\"", Place::Json, r#"{"rev":"\"\""}"#),
            ("{unknown}", "v", Place::Url, ""),
            ("{{hit}}", "v", Place::Plain, "{v}"),
            ("{}{ hit}{hit", "v", Place::Plain, "{}{ hit}{hit"),
            ("{hit}{vid}{data-a}", "v", Place::Plain, "vvv"),
            ("", "v", Place::Plain, ""),
        ] {
            assert_eq!(rendered(text, value, place), expected, "{text}");
        }
    }

    /// Gives every token back as it was written.
    struct Echo;

    impl Tokens for Echo {
        fn token(&self, token: &Token, out: &mut String) {
            match token {
                Token::Data(name) => out.extend(["{data-", name, "}"]),
                Token::Alias(name) => out.extend(["{", name, "}"]),
                Token::Field(field) => out.extend(["{", field.key(), "}"]),
                other => panic!("not generated: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn text_around_tokens_is_kept_exactly(
            parts in prop::collection::vec("([^\\p{C}]{0,6}|\\{c1\\}|\\{data-a\\}|\\{zone\\}|\\{|\\})", 0..8)
        ) {
            let text = parts.concat();
            let mut out = String::new();
            Template::parse(&text).render(&Echo, Place::Plain, &mut out);
            prop_assert_eq!(out, text);
        }

        #[test]
        fn any_value_is_encoded_to_unreserved_characters(value: String) {
            let mut out = String::new();
            write_value(&value, Place::Url, &mut out);
            prop_assert!(out.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
            let decoded = percent_encoding::percent_decode_str(&out).decode_utf8().unwrap();
            prop_assert_eq!(decoded, value);
        }

        #[test]
        fn any_value_stays_inside_its_json_string(value: String) {
            let mut out = String::from("\"");
            write_value(&value, Place::Json, &mut out);
            out.push('"');
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), value);
        }
    }
}
