//! What the disk does with a request, well or ill: no room, failing syncs.
//! Promise: what is refused changed nothing; a sync that fails forgets some of what was written.

use super::content::Content;
use super::tree::Place;
use super::{Illness, State};
use fuser::{Errno, FileAttr, FileType, INodeNo, RenameFlags};
use std::time::UNIX_EPOCH;

pub(super) const BLOCK_BYTES: u32 = 4096;

impl State {
    pub(super) fn attributes(&self, number: u64) -> Option<FileAttr> {
        let node = self.tree.nodes.get(&number)?;
        let size = node.content.as_ref().map_or(0, |content| content.seen.len() as u64);
        let (kind, perm) = match node.content {
            Some(_) => (FileType::RegularFile, 0o644),
            None => (FileType::Directory, 0o755),
        };
        Some(FileAttr {
            ino: INodeNo(number),
            size,
            blocks: size.div_ceil(512),
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind,
            perm,
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: BLOCK_BYTES,
            flags: 0,
        })
    }

    pub(super) fn content(&mut self, number: u64) -> Result<&mut Content, Errno> {
        let node = self.tree.nodes.get_mut(&number).ok_or(Errno::ENOENT)?;
        node.content.as_mut().ok_or(Errno::EISDIR)
    }

    /// Whether the disk has room for a file of `length` bytes in the place of this one.
    fn has_room(&mut self, number: u64, length: usize) -> Result<(), Errno> {
        let grows = self.content(number)?.seen.len() < length;
        let store = &self.tree.nodes[&number].store;
        if grows && self.is(store, Illness::Full) { Err(Errno::ENOSPC) } else { Ok(()) }
    }

    pub(super) fn add(&mut self, place: Place, content: Option<Content>) -> Result<u64, Errno> {
        if self.tree.find(&place).is_some() {
            return Err(Errno::EEXIST);
        }
        if self.is(&self.tree.store_of(&place), Illness::Full) {
            return Err(Errno::ENOSPC);
        }
        Ok(self.tree.add(place, content))
    }

    pub(super) fn write(&mut self, number: u64, offset: usize, bytes: &[u8]) -> Result<(), Errno> {
        self.has_room(number, offset + bytes.len())?;
        self.content(number)?.write(offset, bytes);
        Ok(())
    }

    pub(super) fn resize(&mut self, number: u64, length: usize) -> Result<(), Errno> {
        self.has_room(number, length)?;
        self.content(number)?.resize(length);
        Ok(())
    }

    /// `None` for the names.
    pub(super) fn sync(&mut self, number: Option<u64>) -> Result<(), Errno> {
        let Some(number) = number else {
            self.tree.sync_names();
            return Ok(());
        };
        let store = self.tree.nodes.get(&number).map(|node| node.store.clone());
        let fails = self.is(&store.ok_or(Errno::ENOENT)?, Illness::FailingSyncs);
        if fails {
            let mut chance = self.chance.clone();
            self.content(number)?.fail_sync(&mut chance);
            self.chance = chance;
            return Err(Errno::EIO);
        }
        self.content(number)?.sync();
        Ok(())
    }

    pub(super) fn remove(&mut self, place: Place) -> Result<(), Errno> {
        self.tree.find(&place).ok_or(Errno::ENOENT)?;
        self.tree.remove(place);
        Ok(())
    }

    pub(super) fn rename(
        &mut self,
        from: Place,
        to: Place,
        flags: RenameFlags,
    ) -> Result<(), Errno> {
        let number = self.tree.find(&from).ok_or(Errno::ENOENT)?;
        if flags.contains(RenameFlags::RENAME_NOREPLACE) && self.tree.find(&to).is_some() {
            return Err(Errno::EEXIST);
        }
        self.tree.rename(from, to, number);
        Ok(())
    }
}
