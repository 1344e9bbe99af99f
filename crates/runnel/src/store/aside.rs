//! Derived stores that cannot be used are kept under another name: somebody may want to know why.
//! Promise: at most one of each name is kept, whatever stood there before, file or folder.

use std::io::{ErrorKind, Result};
use std::path::Path;

/// Renames `from`, if it is there, to `to`, which is replaced.
/// # Errors
/// The folder cannot be written.
pub(super) fn set_aside(from: &Path, to: &Path) -> Result<()> {
    if from.symlink_metadata().is_err() {
        return Ok(());
    }
    remove(to)?;
    std::fs::rename(from, to)
}

/// Removes `path`, file or folder, if it is there.
/// # Errors
/// It cannot be removed.
pub(super) fn remove(path: &Path) -> Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    removed.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_replace_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("store"), folder.path().join("aside"));
        for n in 0..4 {
            match n % 2 {
                0 => std::fs::write(&from, n.to_string()).unwrap(),
                _ => std::fs::create_dir_all(from.join("inner")).unwrap(),
            }
            set_aside(&from, &to).unwrap();
            assert_eq!((from.exists(), to.is_dir()), (false, n % 2 == 1));
        }
        set_aside(&from, &to).unwrap();
        assert!(to.exists(), "nothing to set aside replaces nothing");
        remove(&to).unwrap();
        remove(&to).unwrap();
        assert!(!to.exists());
    }
}
