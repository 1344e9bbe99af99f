//! Bytes in, bytes out, in order, surviving a crash. Knows nothing of clicks.
//!
//! # Promises
//! 1. A record whose [`Journal::synced`] returned `Ok` is read back exactly, under its number, after
//!    any crash of the process or the machine.
//! 2. No payload ever comes back altered: what fails its checksum is not given out.
//! 3. Damage costs the records it touches, never their neighbours. A flipped byte costs at most one
//!    record; sealed segments keep their index twice, at both ends of the file.
//! 4. Numbers are given once. A number that was synced is never given to another record, whatever
//!    was damaged; so a cursor (*node, record number*) stays valid for ever.
//! 5. After a failed write or sync a file is trusted no more: unsynced records go to a fresh file,
//!    waiters get errors instead of a false `Ok`, and all heals when the disk does.
//!
//! # Limits
//! - One process per folder (a lock file holds it).
//! - A payload has at most [`MOST_PAYLOAD_BYTES`].
//! - Disk: beside the records, one spare segment ([`Options::segment_bytes`]).
//! - Memory: recent records up to [`Options::recent_bytes`], unsynced ones up to
//!   [`Options::most_unsynced_bytes`] (above it, records are refused and counted), about 100 bytes
//!   per segment, the indexes of a few sealed segments.
//! - A record that was never synced may or may not be there after a crash.
//! - Numbers are dense while nothing breaks. After damage some are missing: readers skip them.
//! - Two records with the same key: [`Journal::find`] gives one of them.
//! - Keys should rise with time. Disorder costs speed of finding, nothing else.
//!
//! # How
//! [`Journal::append`] numbers a record and queues it; one OS thread ([`writer`]) writes it at once as
//! a frame ([`frame`]) to the live segment, a file of zeros, where it survives the end of the process;
//! the next such file is made ahead ([`spare`]), so that a sync writes records and nothing else;
//! another ([`syncer`]) syncs all that was written, where it survives all else. A full segment is
//! sealed in the background ([`seal`]): compressed record by record with a dictionary of its own.
//! [`recovery`] reads what a crash left. Every file operation goes through [`Disk`], so that tests
//! run on a disk that lies, tears and fails.

mod block;
mod cache;
mod disk;
mod entry;
mod find;
mod frame;
mod health;
#[cfg(test)]
mod hostile;
mod journal;
mod name;
mod options;
mod pipe;
mod queue;
mod raw;
mod read;
mod recent;
mod recovery;
mod room;
mod seal;
mod sealed;
mod segments;
mod spare;
mod syncer;
mod tender;
mod waiting;
mod writer;

pub use disk::{Disk, DiskFile, Folder};
pub use entry::{AppendError, Entry, JournalError, MOST_PAYLOAD_BYTES, Unsafe};
pub use health::Health;
pub use journal::Journal;
pub use options::Options;
pub use recovery::Recovery;
pub use room::Room;
