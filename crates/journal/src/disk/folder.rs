//! A folder of the operating system as a [`Disk`].
//! Promise: held by one process at a time, for as long as this value lives.

use super::{Disk, DiskFile, read_range};
use crate::JournalError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const LOCK: &str = "lock";

/// A locked folder.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be and locks it.
    /// # Errors
    /// Another process has it, or the system refuses.
    pub fn lock(path: &Path) -> Result<Self, JournalError> {
        let what = format!("open the journal folder {}", path.display());
        std::fs::create_dir_all(path).map_err(JournalError::disk(&what))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .map_err(JournalError::disk(&what))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse(path.display().to_string())),
            Err(TryLockError::Error(cause)) => Err(JournalError::Disk { what, cause }),
        }
    }
}

impl Disk for Folder {
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for item in std::fs::read_dir(&self.path)? {
            if let Ok(name) = item?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(self.path.join(name))?;
        Ok(Arc::new(file))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path.join(name))?;
        Ok(Arc::new(file))
    }

    fn open_to_fill(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let (path, mut options) = (self.path.join(name), OpenOptions::new());
        let plain = options.read(true).write(true).open(&path)?;
        // Not every file system can.
        let direct = options.custom_flags(DIRECT).open(&path).ok();
        Ok(Arc::new(ToFill { direct, plain }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

/// `O_DIRECT`: reads and writes pass the system's memory by.
#[cfg(target_os = "linux")]
const DIRECT: i32 = rustix::fs::OFlags::DIRECT.bits() as i32;
#[cfg(not(target_os = "linux"))]
const DIRECT: i32 = 0;

/// A file that is filled ahead. A sync for each portion would end a transaction of the file system
/// each time, and whoever writes to a neighbouring file waits for those; one for megabytes in memory
/// would keep the disk busy for long.
struct ToFill {
    direct: Option<File>,
    plain: File,
}

impl ToFill {
    /// Writes past the system's memory, which then reads it back: the first record on a page that is not
    /// in memory would have to wait for it.
    fn write_through(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let direct = self.direct.as_ref().ok_or(io::ErrorKind::InvalidInput)?;
        direct.write_all_at(bytes, offset)?;
        let _ = read_range(&self.plain, offset, bytes.len());
        Ok(())
    }
}

impl DiskFile for ToFill {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        DiskFile::read_at(&self.plain, offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        match self.write_through(offset, bytes) {
            // Not in whole pieces, or not on this file system: then little by little.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                self.plain.write_all_at(bytes, offset)?;
                self.sync()
            }
            written => written,
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.plain.sync_data()
    }

    fn length(&self) -> io::Result<u64> {
        self.plain.length()
    }
}

impl DiskFile for File {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let mut got = 0;
        while got < bytes.len() {
            match FileExt::read_at(self, &mut bytes[got..], offset + got as u64) {
                Ok(0) => break,
                Ok(more) => got += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(got)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(align(4096))]
    struct Piece([u8; 8192]);

    #[test]
    fn what_is_filled_whole_or_in_part_is_there_for_every_opening() {
        static SEVENS: Piece = Piece([7; 8192]);
        let folder = tempfile::tempdir().unwrap();
        let disk = Folder::lock(folder.path()).unwrap();
        let plain = disk.create("a").unwrap();
        let filled = disk.open_to_fill("a").unwrap();
        filled.write_at(0, &SEVENS.0).unwrap();
        plain.write_at(1, b"record").unwrap();
        filled.write_at(8192, b"xyz").unwrap();
        filled.sync().unwrap();
        let expected = [&b"\x07record"[..], &SEVENS.0[7..], b"xyz"].concat();
        for file in [&plain, &filled] {
            assert_eq!(file.length().unwrap(), expected.len() as u64);
            assert_eq!(read_range(&**file, 0, 9999).unwrap(), expected);
        }
        assert!(disk.open_to_fill("b").is_err(), "it makes no file");
    }
}
