//! Query strings and form bodies → names and values in the order they came.
//! Promise: any bytes are taken (what is not UTF-8 becomes U+FFFD); limits are the caller's.

use rules::record::Parameter;

/// Parameters in order, duplicates kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(pub Vec<Parameter>);

/// Room for most queries.
const USUAL_PAIRS: usize = 8;

impl Params {
    /// Reads `a=1&b=2`, percent-decoded, `+` as a blank.
    pub fn read(query: &[u8]) -> Self {
        match std::str::from_utf8(query) {
            Ok(text) => {
                let mut pairs = Vec::with_capacity(USUAL_PAIRS);
                pairs.extend(text.split('&').filter_map(read_piece));
                Self(pairs)
            }
            Err(_) => Self::encoded(query),
        }
    }

    fn encoded(query: &[u8]) -> Self {
        Self(form_urlencoded::parse(query).map(|(n, v)| (n.into(), v.into())).collect())
    }

    /// The first value of `name` that is not blank, trimmed.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.trim());
        values.find(|value| !value.is_empty())
    }

    /// Whether a limit is broken: more than `most` parameters, or a value of over `value_bytes`.
    pub fn exceeds(&self, most: usize, value_bytes: usize) -> bool {
        self.0.len() > most || self.0.iter().any(|(n, v)| n.len().max(v.len()) > value_bytes)
    }
}

/// Reads what stands between two `&`; nothing of nothing. Most pieces need no decoding.
fn read_piece(piece: &str) -> Option<Parameter> {
    if piece.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        let decoded = form_urlencoded::parse(piece.as_bytes()).next();
        return decoded.map(|(name, value)| (name.into(), value.into()));
    }
    let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
    (!piece.is_empty()).then(|| (name.into(), value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_and_takes_the_first_that_is_not_blank() {
        let params = Params::read(b"a=&a=+x+&b=%FF&c");
        assert_eq!(params.get("a"), Some("x"));
        assert_eq!(params.get("b"), Some("\u{fffd}"));
        assert_eq!(params.get("c"), None);
        assert_eq!(params.0.len(), 4);
    }

    #[test]
    fn what_needs_no_decoding_is_read_as_what_does() {
        for text in
            ["a=1&b=2", "a", "=1", "a=", "&&a==b=&", "", "ü=ä&a", "a=x+y&b&%61=%26&+", "%&a=%zz+"]
        {
            assert_eq!(Params::read(text.as_bytes()), Params::encoded(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn tells_when_there_is_too_much() {
        assert!(!Params::read(b"a=12&b=1").exceeds(2, 2));
        assert!(Params::read(b"a=12&b=1&c=1").exceeds(2, 2));
        assert!(Params::read(b"a=123").exceeds(2, 2));
    }
}
