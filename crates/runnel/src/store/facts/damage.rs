//! Which errors of DuckDB mean that the store's file is damaged.
//! Promise: a full disk, a lack of memory or an interrupted report is never taken for damage.

/// What DuckDB says of bytes that it did not write: checksums of blocks and log entries, and
/// structures that cannot be read back.
const SAID_OF_DAMAGE: [&str; 5] = [
    "corrupt",
    "checksum",
    "serialization error",
    "not a valid duckdb",
    "could not read enough bytes",
];

/// Whether `error` says that the file is damaged.
pub(super) fn is_damage(error: &anyhow::Error) -> bool {
    let said = format!("{error:#}").to_lowercase();
    SAID_OF_DAMAGE.iter().any(|words| said.contains(words))
}
