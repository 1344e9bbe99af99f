//! What goes in, what comes out, and how either can fail.

use bytes::Bytes;

/// Most bytes of one payload.
pub const MOST_PAYLOAD_BYTES: usize = 1 << 20;

/// A record as it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the journal: from 0, rising, given once.
    pub number: u64,
    /// The key it was appended under.
    pub key: u128,
    /// The bytes that were appended. Clones share them.
    pub payload: Bytes,
}

/// Why a record was refused. Refusals are counted in [`crate::Health::dropped`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The disk has not taken what is waiting, and the memory for waiting records is full.
    #[error("the disk does not take records and the memory for them is full")]
    Full,
    /// The payload is longer than [`MOST_PAYLOAD_BYTES`].
    #[error("the record is too long")]
    TooLong,
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}

/// The record is not known to be on disk. It may still get there: it stays queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record is not safe on disk")]
pub struct Unsafe;

/// Why a journal cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has this folder open.
    #[error("another process uses the journal in {0}")]
    InUse(String),
    /// The operating system failed.
    #[error("cannot {what}: {cause}")]
    Disk {
        /// What was attempted.
        what: String,
        /// What the system said.
        cause: std::io::Error,
    },
}

impl JournalError {
    /// For `map_err`: names what was attempted.
    pub(crate) fn disk(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        move |cause| Self::Disk { what: what.into(), cause }
    }
}
