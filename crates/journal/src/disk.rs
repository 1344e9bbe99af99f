//! The file operations a journal needs, and the folder of the operating system that offers them.
//! Promise: nothing else in this crate touches files, so a hostile disk can stand in for tests.

mod folder;

pub use folder::Folder;
use std::io;
use std::sync::Arc;

/// A folder of files, known by name.
pub trait Disk: Send + Sync + 'static {
    /// Names of all files, in no order.
    /// # Errors
    /// The system's.
    fn names(&self) -> io::Result<Vec<String>>;
    /// Makes an empty file; one of that name must not exist.
    /// # Errors
    /// The system's.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file to read and write. Each opening learns of failed syncs by itself.
    /// # Errors
    /// The system's.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file to be filled ahead, as [`Self::open`] does. What is written at multiples of
    /// 4 KiB goes to the disk at once where the system can do so: the sync at the end then has
    /// little to do. What was written may be read from memory all the same.
    /// # Errors
    /// The system's.
    fn open_to_fill(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open(name)
    }
    /// Gives a file another name, replacing what had it.
    /// # Errors
    /// The system's.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a name; those who have the file open go on reading it.
    /// # Errors
    /// The system's.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes the names themselves survive a crash.
    /// # Errors
    /// The system's.
    fn sync_names(&self) -> io::Result<()>;
}

/// Pieces that go to the disk as a whole.
pub(crate) const WHOLE_BYTES: u64 = if cfg!(test) { 1 } else { 4096 };

/// Zeros where the disk can fetch them from.
#[repr(align(4096))]
struct Aligned([u8; FILL_BYTES]);

static ALIGNED: Aligned = Aligned([0; FILL_BYTES]);
/// Zeros written at once: a write holds the file, and records that come meanwhile shall not wait long.
pub(crate) const FILL_BYTES: usize = if cfg!(test) { 4_000 } else { 64 * 1024 };
/// So many zeros.
pub(crate) static ZEROS: &[u8; FILL_BYTES] = &ALIGNED.0;

/// An open file. Positions are byte offsets from its start.
pub trait DiskFile: Send + Sync {
    /// Reads up to `bytes.len()` bytes; fewer only at the end of the file.
    /// # Errors
    /// The system's.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize>;
    /// Writes all of `bytes`, growing the file if need be.
    /// # Errors
    /// The system's.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Puts the content, and the size needed to read it, on disk.
    /// # Errors
    /// The system's. What was written since the last success may be lost for ever.
    fn sync(&self) -> io::Result<()>;
    /// Length in bytes.
    /// # Errors
    /// The system's.
    fn length(&self) -> io::Result<u64>;
}

/// What stands where the disk could not be read: no checksum fits it.
const UNREADABLE: u8 = 0xdb;
const SECTOR_BYTES: usize = 4096;

/// Reads `length` bytes at `offset`; shorter at the end of the file.
pub(crate) fn read_range(file: &dyn DiskFile, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let got = file.read_at(offset, &mut bytes)?;
    bytes.truncate(got);
    Ok(bytes)
}

/// Like [`read_range`], but sectors that stay unreadable are filled so that only their records are
/// lost. Says how many bytes that were.
pub(crate) fn read_around_bad_sectors(
    file: &dyn DiskFile,
    offset: u64,
    length: usize,
) -> (Vec<u8>, u64) {
    if let Ok(bytes) = read_range(file, offset, length) {
        return (bytes, 0);
    }
    let mut bytes = Vec::with_capacity(length);
    let mut unreadable = 0;
    while bytes.len() < length {
        let want = SECTOR_BYTES.min(length - bytes.len());
        let at = offset + bytes.len() as u64;
        match (0..3).find_map(|_| read_range(file, at, want).ok()) {
            Some(sector) if sector.is_empty() => break,
            Some(sector) => bytes.extend(sector),
            None => {
                bytes.resize(bytes.len() + want, UNREADABLE);
                unreadable += want as u64;
            }
        }
    }
    (bytes, unreadable)
}
