//! One record as it lies in a raw segment, and the search for records in damaged bytes.
//! Promise: a frame is given out only if its marker and checksum fit; after damage the search goes
//! on at the next whole frame.
//!
//! marker 8 · checksum 4 · length 4 (top bit: void) · number 8 · key 16 · payload. Little-endian.
//! A void frame says that its number, and all before it that are missing, hold no record.

use crate::MOST_PAYLOAD_BYTES;

/// Bytes before the payload.
pub(crate) const HEADER_BYTES: usize = 40;
const CHECKED_FROM: usize = 12;
const VOID: u32 = 1 << 31;

/// A whole frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub number: u64,
    pub key: u128,
    /// `None` for a void frame.
    pub payload: Option<&'a [u8]>,
}

impl Frame<'_> {
    /// Bytes it takes in the file.
    pub(crate) fn length(&self) -> usize {
        HEADER_BYTES + self.payload.map_or(0, <[u8]>::len)
    }

    /// Appends the frame to `buffer`.
    pub(crate) fn write(&self, marker: u64, buffer: &mut Vec<u8>) {
        let start = buffer.len();
        let payload = self.payload.unwrap_or_default();
        let length = payload.len() as u32 | if self.payload.is_none() { VOID } else { 0 };
        buffer.extend(marker.to_le_bytes());
        buffer.extend([0; 4]);
        buffer.extend(length.to_le_bytes());
        buffer.extend(self.number.to_le_bytes());
        buffer.extend(self.key.to_le_bytes());
        buffer.extend(payload);
        let sum = crc32fast::hash(&buffer[start + CHECKED_FROM..]);
        buffer[start + 8..start + 12].copy_from_slice(&sum.to_le_bytes());
    }
}

/// The frame that starts at the first byte, if it is whole and intact.
pub(crate) fn parse(bytes: &[u8], marker: u64) -> Option<Frame<'_>> {
    let header = bytes.first_chunk::<HEADER_BYTES>()?;
    if header[..8] != marker.to_le_bytes() {
        return None;
    }
    let length = u32::from_le_bytes(field(header, 12));
    let payload_length = (length & !VOID) as usize;
    if payload_length > MOST_PAYLOAD_BYTES {
        return None;
    }
    let whole = bytes.get(..HEADER_BYTES + payload_length)?;
    if crc32fast::hash(&whole[CHECKED_FROM..]) != u32::from_le_bytes(field(header, 8)) {
        return None;
    }
    Some(Frame {
        number: u64::from_le_bytes(field(header, 16)),
        key: u128::from_le_bytes(field(header, 24)),
        payload: (length & VOID == 0).then_some(&whole[HEADER_BYTES..]),
    })
}

fn field<const N: usize>(header: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    std::array::from_fn(|i| header[at + i])
}

/// All intact frames in `bytes` with their offsets, however damaged the bytes between them are.
pub(crate) struct Frames<'a> {
    bytes: &'a [u8],
    marker: u64,
    at: usize,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(bytes: &'a [u8], marker: u64) -> Self {
        Self { bytes, marker, at: 0 }
    }

    /// Where the next marker is at or after `from`.
    fn next_marker(&self, from: usize) -> Option<usize> {
        let marker = self.marker.to_le_bytes();
        let mut at = from;
        loop {
            at += self.bytes.get(at..)?.iter().position(|byte| *byte == marker[0])?;
            if self.bytes[at..].starts_with(&marker) {
                return Some(at);
            }
            at += 1;
        }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (usize, Frame<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let at = self.next_marker(self.at)?;
            if let Some(frame) = parse(&self.bytes[at..], self.marker) {
                self.at = at + frame.length();
                return Some((at, frame));
            }
            self.at = at + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MARKER: u64 = 0x1122_3344_5566_7788;

    fn three(payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in 0..3 {
            Frame { number, key: 9, payload: Some(payload) }.write(MARKER, &mut bytes);
        }
        bytes
    }

    proptest! {
        #[test]
        fn a_flipped_bit_costs_its_record_only(
            payload in prop::collection::vec(any::<u8>(), 0..60), at: prop::sample::Index, bit in 0..8,
        ) {
            let mut bytes = three(&payload);
            let at = at.index(bytes.len());
            bytes[at] ^= 1u8 << bit;
            let hurt = (at / (HEADER_BYTES + payload.len())) as u64;
            let found: Vec<_> = Frames::new(&bytes, MARKER).map(|(_, frame)| frame).collect();
            prop_assert_eq!(found.len(), 2);
            for frame in found {
                prop_assert!(frame.number != hurt && frame.payload == Some(&payload[..]));
            }
        }

        #[test]
        fn a_torn_frame_is_none(payload in prop::collection::vec(any::<u8>(), 0..60), cut: prop::sample::Index) {
            let bytes = three(&payload);
            let cut = cut.index(bytes.len());
            let whole = cut / (HEADER_BYTES + payload.len());
            prop_assert_eq!(Frames::new(&bytes[..cut], MARKER).count(), whole);
        }
    }

    #[test]
    fn void_frames_and_empty_payloads_differ() {
        let mut bytes = Vec::new();
        Frame { number: 4, key: 0, payload: None }.write(MARKER, &mut bytes);
        Frame { number: 5, key: 0, payload: Some(b"") }.write(MARKER, &mut bytes);
        let found: Vec<_> = Frames::new(&bytes, MARKER).map(|(_, f)| f.payload).collect();
        assert_eq!(found, [None, Some(&b""[..])]);
    }
}
