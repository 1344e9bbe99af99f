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
    match DIGITS[usize::from(byte)] {
        NO_DIGIT => Err(IdError::Character),
        digit => Ok(digit),
    }
}

const NO_DIGIT: u8 = 255;
/// What each byte stands for: IDs are read with every request.
static DIGITS: [u8; 256] = digits();

const fn digits() -> [u8; 256] {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        let letter = ALPHABET[value];
        digits[letter as usize] = value as u8;
        digits[letter.to_ascii_uppercase() as usize] = value as u8;
        value += 1;
    }
    // Crockford's look-alikes.
    let alike = [(b'o', 0), (b'O', 0), (b'i', 1), (b'I', 1), (b'l', 1), (b'L', 1)];
    let mut index = 0;
    while index < alike.len() {
        digits[alike[index].0 as usize] = alike[index].1;
        index += 1;
    }
    digits
}
