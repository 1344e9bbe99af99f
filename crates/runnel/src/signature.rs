//! Signatures after Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, in base64 behind
//! `v1,`, one for each secret in force.
//! Source of the rule: https://github.com/standard-webhooks/standard-webhooks, spec.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, header};
use sha2::Sha256;
use std::fmt;

const PREFIX: &str = "whsec_";
/// Bytes of a new secret; the specification wants 24 to 64.
const BYTES: usize = 32;

/// A secret that signs. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// The text is no `whsec_` secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no secret: whsec_ and base64 of 24 to 64 bytes")]
pub struct Unreadable;

impl Secret {
    /// A secret of fresh random bits.
    pub fn of_bits(bits: [u8; BYTES]) -> Self {
        Self(bits.to_vec())
    }

    /// Reads `whsec_…`.
    /// # Errors
    /// It is none, or of a length that the specification does not allow.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let encoded = text.strip_prefix(PREFIX).ok_or(Unreadable)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| Unreadable)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(Unreadable) }
    }

    /// The text that receivers are given.
    pub fn plain(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    fn sign(&self, id: &str, timestamp_s: u64, body: &[u8]) -> String {
        // A key of any length is taken; there is nothing to fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp_s}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The headers of a JSON call under `id` at `timestamp_s` (Unix seconds).
pub fn signed_headers(id: &str, timestamp_s: u64, body: &[u8], secrets: &[Secret]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let signatures: Vec<_> = secrets.iter().map(|s| s.sign(id, timestamp_s, body)).collect();
    let ours = [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp_s.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ];
    for (name, value) in ours {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the reference libraries' own tests.
    #[test]
    fn the_signature_is_that_of_the_reference() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", br#"{"test": 2432232314}"#);
        let headers = signed_headers(id, 1_614_265_330, body, &[secret]);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(headers["webhook-signature"], expected);
        assert_eq!(headers["webhook-id"], id);
        assert_eq!(headers["webhook-timestamp"], "1614265330");
    }

    #[test]
    fn every_secret_in_force_signs() {
        let (new, old) = (Secret::of_bits([1; 32]), Secret::of_bits([2; 32]));
        let one = |secret: &Secret| {
            signed_headers("a", 1, b"{}", std::slice::from_ref(secret))["webhook-signature"].clone()
        };
        let both = signed_headers("a", 1, b"{}", &[new.clone(), old.clone()]);
        let expected = [one(&new), one(&old)].map(|text| text.to_str().unwrap().to_owned());
        assert_eq!(both["webhook-signature"].to_str().unwrap(), expected.join(" "));
    }

    #[test]
    fn a_secret_is_read_back_and_hides_itself() {
        let secret = Secret::of_bits([7; 32]);
        assert_eq!(Secret::parse(&secret.plain()), Ok(secret.clone()));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        for text in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%"] {
            assert_eq!(Secret::parse(text), Err(Unreadable), "{text}");
        }
    }
}
