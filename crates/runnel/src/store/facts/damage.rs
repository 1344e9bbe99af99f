//! Which errors of DuckDB mean that the store's file is damaged, which that its disk fails or its
//! memory is not enough.
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

/// What DuckDB says when a file operation failed, and of all that is asked after one that was fatal, until
/// the store is opened anew.
const SAID_OF_DISK: [&str; 3] = ["io error", "fatal error", "invalidated"];

/// Whether `error` says that the disk beneath the store failed.
pub(super) fn is_of_disk(error: &anyhow::Error) -> bool {
    let said = format!("{error:#}").to_lowercase();
    SAID_OF_DISK.iter().any(|words| said.contains(words)) && !is_of_memory(error)
}

/// What DuckDB says where a report and what runs beside it need more memory than the store may take.
const SAID_OF_MEMORY: [&str; 2] = ["out of memory error", "failed to pin block"];

/// Whether `error` says that the store's memory was not enough.
pub fn is_of_memory(error: &anyhow::Error) -> bool {
    let said = format!("{error:#}").to_lowercase();
    SAID_OF_MEMORY.iter().any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_disk_is_told_from_damage_and_from_a_bad_question() {
        let of = |text: &'static str| {
            let error = anyhow::anyhow!(text);
            (is_damage(&error), is_of_disk(&error))
        };
        let read = "IO Error: Could not read from file \"facts.duckdb\": Input/output error";
        assert_eq!(of(read), (false, true));
        let fatal =
            "FATAL Error: Failed: database has been invalidated because of a previous fatal error";
        assert_eq!(of(fatal), (false, true));
        assert_eq!(
            of("IO Error: Corrupt database file: computed checksum 1 does not match"),
            (true, true)
        );
        assert_eq!(of("Binder Error: Referenced column \"x\" not found"), (false, false));
        assert_eq!(of("Out of Memory Error: could not allocate block"), (false, false));
        let pinned = "IO Error: Database \"store\" has been invalidated because checkpointing failed. \
            Original error: failed to pin block of size 256.0 KiB (286.0 MiB/286.1 MiB used)";
        assert_eq!(of(pinned), (false, false));
        assert!(is_of_memory(&anyhow::anyhow!(pinned)));
    }
}
