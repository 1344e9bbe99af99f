//! Bytes of a fixed number ↔ records and sessions: these bytes and no length, as serde writes an array.
//! Promise: the layout of `[u8; N]`, at a fraction of its cost. serde hands arrays over byte by byte; a
//! floating-point number it hands over whole, and postcard writes it as its bytes, the least first. So
//! the bytes travel as such numbers, which nobody computes with.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Eight bytes and four.
type Twelve = (f64, f32);

/// Writes twelve bytes.
pub(super) fn write_12<S: Serializer>(bytes: [u8; 12], serializer: S) -> Result<S::Ok, S::Error> {
    numbers(bytes).serialize(serializer)
}

/// Reads what [`write_12`] wrote.
pub(super) fn read_12<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 12], D::Error> {
    Twelve::deserialize(deserializer).map(bytes)
}

/// Writes fifteen bytes.
pub(super) fn write_15<S: Serializer>(bytes: [u8; 15], serializer: S) -> Result<S::Ok, S::Error> {
    let [head @ .., a, b, c] = bytes;
    (numbers(head), [a, b, c]).serialize(serializer)
}

/// Reads what [`write_15`] wrote.
pub(super) fn read_15<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 15], D::Error> {
    let (head, tail) = <(Twelve, [u8; 3])>::deserialize(deserializer)?;
    let mut all = [0; 15];
    all[..12].copy_from_slice(&bytes(head));
    all[12..].copy_from_slice(&tail);
    Ok(all)
}

fn numbers(bytes: [u8; 12]) -> Twelve {
    let [a, b, c, d, e, f, g, h, tail @ ..] = bytes;
    (f64::from_le_bytes([a, b, c, d, e, f, g, h]), f32::from_le_bytes(tail))
}

fn bytes((head, tail): Twelve) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&head.to_le_bytes());
    bytes[8..].copy_from_slice(&tail.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Raw(
        #[serde(serialize_with = "twelve", deserialize_with = "read_12")] [u8; 12],
        #[serde(serialize_with = "fifteen", deserialize_with = "read_15")] [u8; 15],
    );

    fn twelve<S: Serializer>(bytes: &[u8; 12], serializer: S) -> Result<S::Ok, S::Error> {
        write_12(*bytes, serializer)
    }

    fn fifteen<S: Serializer>(bytes: &[u8; 15], serializer: S) -> Result<S::Ok, S::Error> {
        write_15(*bytes, serializer)
    }

    fn hold(twelve: [u8; 12], fifteen: [u8; 15]) {
        let written = postcard::to_stdvec(&Raw(twelve, fifteen)).unwrap();
        assert_eq!(written, postcard::to_stdvec(&(twelve, fifteen)).unwrap(), "as arrays");
        assert_eq!(postcard::from_bytes::<Raw>(&written).unwrap(), Raw(twelve, fifteen));
        assert!(postcard::from_bytes::<Raw>(&written[..26]).is_err(), "a byte is missing");
    }

    proptest! {
        #[test]
        fn any_bytes_are_written_as_they_are(twelve: [u8; 12], fifteen: [u8; 15]) {
            hold(twelve, fifteen);
        }
    }

    /// Bytes that are no number, of the kind that arithmetic would change.
    #[test]
    fn bytes_that_are_no_number_stay_as_they_are() {
        let signalling = [1, 0, 0, 0, 0, 0, 0xf0, 0x7f, 1, 0, 0x80, 0x7f, 1, 2, 3];
        let (twelve, _) = signalling.split_first_chunk().unwrap();
        hold(*twelve, signalling);
        hold([0xff; 12], [0xff; 15]);
    }
}
