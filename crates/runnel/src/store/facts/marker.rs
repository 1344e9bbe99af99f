//! A file that exists while the program is inside DuckDB, whose library can abort the process.
//! Promise: a start after such an end knows how many ended so in a row; any call that returns,
//! with a result or an error, starts the count anew.

use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts ends inside DuckDB.
#[derive(Clone)]
pub(super) struct Marker(Arc<Inner>);

struct Inner {
    file: PathBuf,
    crashes: AtomicU32,
    inside: Mutex<u32>,
}

/// Exists while a call is inside DuckDB.
pub(super) struct Inside(Arc<Inner>);

impl Marker {
    /// Reads what the last run left in `file`.
    pub(super) fn read(file: PathBuf) -> Self {
        let before = std::fs::read_to_string(&file).ok();
        let crashes = before.map_or(0, |text| text.trim().parse::<u32>().unwrap_or(0) + 1);
        let inner = Inner { file, crashes: AtomicU32::new(crashes), inside: Mutex::new(0) };
        Self(Arc::new(inner))
    }

    /// How many runs in a row ended inside DuckDB before this one.
    pub(super) fn crashes(&self) -> u32 {
        self.0.crashes.load(Ordering::Relaxed)
    }

    /// Marks that a call is inside.
    pub(super) fn enter(&self) -> Inside {
        let mut inside = self.0.inside.lock();
        if *inside == 0 {
            // Without the file a crash goes uncounted; that must not stop reports.
            let _ = std::fs::write(&self.0.file, self.crashes().to_string());
        }
        *inside += 1;
        Inside(self.0.clone())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.crashes.store(0, Ordering::Relaxed);
        let mut inside = self.0.inside.lock();
        *inside -= 1;
        if *inside == 0 {
            let _ = std::fs::remove_file(&self.0.file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_inside_are_counted_until_a_call_returns() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inside");
        for crashes in 0..3 {
            let marker = Marker::read(file.clone());
            assert_eq!(marker.crashes(), crashes);
            std::mem::forget(marker.enter());
        }
        drop(Marker::read(file.clone()).enter());
        assert_eq!(Marker::read(file).crashes(), 0);
    }
}
