//! Opens the DuckDB file with its limits, and without a log.
//! Promise: what does not open, or is of another layout, is set aside and made anew: the store is
//! derived, so nothing is lost (product.md §17). For the same reason a commit is in memory alone until
//! the next checkpoint: a crash takes cursors and rows back together, and feed reads them again.

use super::super::aside;
use super::schema::{LAYOUT, create};
use super::set_aside::{self, Lacking};
use anyhow::{Context, ensure};
use duckdb::{AccessMode, Config, Connection};
use std::path::{Path, PathBuf};

/// The file's name within the engine, which itself is in memory: only what is attached can be had
/// without a log.
const STORE: &str = "store";
/// The newest format of the pinned library: its texts take three fifths of the processor to compress.
const FORMAT: &str = "v1.5.0";
/// Large, because a checkpoint in the middle of feeding stalls it for seconds.
const AUTOMATIC_CHECKPOINT: &str = "1TB";
/// Whoever asks works alone. With a further thread of DuckDB's, the asker turns on a lock for as long
/// as that works (no task is left for it), which takes a core from visitors; and as that thread has
/// feed's low priority, on a busy machine it may not even come to its turn.
const THREADS: i64 = 1;
/// What follows the file's name in the names of its parts: itself, and the log that earlier versions
/// kept.
const PARTS: [&str; 2] = ["", ".wal"];

/// The store's file in the data folder.
pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join("facts.duckdb")
}

/// Opens the store in `folder`, setting a broken one aside.
/// # Errors
/// A new store cannot be made either: the folder cannot be written.
pub(super) fn open(folder: &Path, memory_mb: u32) -> anyhow::Result<Connection> {
    if !file(folder).exists() {
        // A log without its file belongs to a store that is gone.
        set_aside(folder)?;
    }
    match open_file(folder, memory_mb) {
        Ok(connection) => Ok(connection),
        Err(error) => {
            tracing::warn!(%error, "the report store does not open; it is filled anew");
            set_aside(folder)?;
            open_file(folder, memory_mb)
        }
    }
}

/// What the store in `folder` lacks, if it opens and is of our layout; changes nothing.
pub(super) fn examine(folder: &Path) -> anyhow::Result<Option<Lacking>> {
    let file = file(folder);
    if !file.exists() {
        return Ok(None);
    }
    let config = Config::default().access_mode(AccessMode::ReadOnly)?;
    let connection = Connection::open_with_flags(file, config)?;
    let layout: i64 = connection.query_row("SELECT layout FROM state", [], |row| row.get(0))?;
    ensure!(layout == LAYOUT, "the report store has layout {layout}, not {LAYOUT}");
    let (count, first) = set_aside::noted(&connection)?;
    Ok(Some(Lacking { count, first }))
}

fn open_file(folder: &Path, memory_mb: u32) -> anyhow::Result<Connection> {
    let temporary = with_suffix(&file(folder), ".tmp");
    let config = Config::default()
        .max_memory(&format!("{memory_mb}MB"))?
        .threads(THREADS)?
        .enable_autoload_extension(false)?
        .with("autoinstall_known_extensions", "false")?
        .with("preserve_insertion_order", "false")?
        .with("temp_directory", temporary.to_string_lossy())?
        .with("checkpoint_threshold", AUTOMATIC_CHECKPOINT)?;
    let connection = Connection::open_in_memory_with_flags(config)?;
    let name = file(folder).to_string_lossy().replace('\'', "''");
    connection.execute_batch(&format!(
        "ATTACH '{name}' AS {STORE} (RECOVERY_MODE no_wal_writes, STORAGE_VERSION '{FORMAT}')"
    ))?;
    enter(&connection)?;
    create(&connection)?;
    let layout: i64 = connection.query_row("SELECT layout FROM state", [], |row| row.get(0))?;
    ensure!(layout == LAYOUT, "the report store has layout {layout}, not {LAYOUT}");
    Ok(connection)
}

/// A further connection to the store.
pub(super) fn another(connection: &Connection) -> duckdb::Result<Connection> {
    let other = connection.try_clone()?;
    enter(&other)?;
    Ok(other)
}

/// Has names without a prefix mean tables of the store.
fn enter(connection: &Connection) -> duckdb::Result<()> {
    connection.execute_batch(&format!("USE {STORE}"))
}

/// Renames the store's files, whatever they are; what was set aside earlier is replaced.
pub(super) fn set_aside(folder: &Path) -> anyhow::Result<()> {
    let file = file(folder);
    for suffix in PARTS {
        let from = with_suffix(&file, suffix);
        aside::set_aside(&from, &with_suffix(&file, &format!(".aside{suffix}")))
            .with_context(|| format!("cannot set {} aside", from.display()))?;
    }
    Ok(())
}

/// Removes the store's files, so that the next start fills it anew.
pub(super) fn remove(folder: &Path) -> anyhow::Result<()> {
    for suffix in PARTS {
        aside::remove(&with_suffix(&file(folder), suffix))?;
    }
    Ok(())
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
