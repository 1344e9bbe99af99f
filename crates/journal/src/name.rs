//! File names: `{marker}.spare` before use, `{first}-{marker}.raw` while written,
//! `{first}-{end}-{marker}.sealed` after.
//! Promise: from then on the name alone tells which numbers a file holds, even when its content is damaged.
//!
//! The marker is a random number that every frame and checksum of the file contains. Nobody outside
//! knows it, so no payload can pretend to be a frame.

use std::hash::{BuildHasher, Hasher, RandomState};

const RAW: &str = ".raw";
const SEALED: &str = ".sealed";
const SPARE: &str = ".spare";
/// Ending of files that are not finished; a crash leaves them, recovery removes them.
pub(crate) const UNFINISHED: &str = ".unfinished";
/// Ending of files set aside because they were damaged; nothing reads them.
pub(crate) const DAMAGED: &str = ".damaged";

/// What a file's name tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Raw { first: u64, marker: u64 },
    Sealed { first: u64, end: u64, marker: u64 },
}

impl Name {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(stem) = text.strip_suffix(RAW) {
            let (first, marker) = stem.split_once('-')?;
            Some(Self::Raw { first: first.parse().ok()?, marker: hex(marker)? })
        } else {
            let mut parts = text.strip_suffix(SEALED)?.splitn(3, '-');
            let first = parts.next()?.parse().ok()?;
            let end = parts.next()?.parse().ok()?;
            Some(Self::Sealed { first, end, marker: hex(parts.next()?)? })
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Raw { first, marker } => write!(f, "{first:020}-{marker:016x}{RAW}"),
            Self::Sealed { first, end, marker } => {
                write!(f, "{first:020}-{end:020}-{marker:016x}{SEALED}")
            }
        }
    }
}

/// The name of a segment that holds nothing yet.
pub(crate) fn spare(marker: u64) -> String {
    format!("{marker:016x}{SPARE}")
}

/// The marker in such a name.
pub(crate) fn parse_spare(text: &str) -> Option<u64> {
    hex(text.strip_suffix(SPARE)?)
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

/// A new marker. Never starts with a zero byte, so zeros are never taken for a frame.
pub(crate) fn new_marker() -> u64 {
    let random = RandomState::new().build_hasher().finish();
    random | 0x0101_0101_0101_0101
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in [
            Name::Raw { first: 0, marker: 1 },
            Name::Sealed { first: 7, end: u64::MAX, marker: u64::MAX },
        ] {
            assert_eq!(Name::parse(&name.to_string()), Some(name));
        }
        assert_eq!(parse_spare(&spare(77)), Some(77));
        assert_eq!(Name::parse(&spare(77)), None);
        assert_eq!(Name::parse("lock"), None);
        assert_eq!(Name::parse("1-2.raw.damaged"), None);
    }
}
