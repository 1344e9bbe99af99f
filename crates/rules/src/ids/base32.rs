//! 120 bits ↔ 24 characters of lower-case Crockford base32.
//! Promise: decoding takes any case and Crockford's look-alikes (`o`, `i`, `l`), encoding is unique.

use super::IdError;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Length of an encoded ID in characters.
pub(super) const LENGTH: usize = 24;

pub(super) fn encode(bits: u128) -> [u8; LENGTH] {
    std::array::from_fn(|i| ALPHABET[(bits >> (5 * (LENGTH - 1 - i))) as usize & 31])
}

pub(super) fn decode(text: &str) -> Result<u128, IdError> {
    let bytes = text.as_bytes();
    if bytes.len() != LENGTH {
        return Err(IdError::Length);
    }
    bytes.iter().try_fold(0u128, |bits, byte| Ok(bits << 5 | u128::from(digit(*byte)?)))
}

fn digit(byte: u8) -> Result<u8, IdError> {
    let lower = match byte.to_ascii_lowercase() {
        b'o' => b'0',
        b'i' | b'l' => b'1',
        other => other,
    };
    ALPHABET.iter().position(|c| *c == lower).map(|i| i as u8).ok_or(IdError::Character)
}
