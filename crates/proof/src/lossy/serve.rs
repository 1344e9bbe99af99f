//! Answers the kernel: FUSE requests → what the disk does → their answers.
//! Promise: a sync is answered with success only when what it covers would survive a cut.

use super::State;
use super::content::Content;
use super::disk::BLOCK_BYTES;
use super::tree::{Place, ROOT};
use fuser::{
    Errno, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, LockOwner, OpenFlags,
    RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry,
    ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use parking_lot::Mutex;
use std::ffi::OsStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Only this kernel changes anything: it may remember what it was told.
const REMEMBER: Duration = Duration::from_secs(3600);
const NO_HANDLE: FileHandle = FileHandle(0);
const BLOCKS: u64 = 1 << 24;

pub(super) struct Files(pub Arc<Mutex<State>>);

fn place(folder: INodeNo, name: &OsStr) -> Place {
    (u64::from(folder), name.to_string_lossy().into_owned())
}

fn answer(reply: ReplyEmpty, done: Result<(), Errno>) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

impl Files {
    fn entry(&self, number: Result<u64, Errno>, reply: ReplyEntry) {
        let attributes = number.and_then(|n| self.0.lock().attributes(n).ok_or(Errno::ENOENT));
        match attributes {
            Ok(attributes) => reply.entry(&REMEMBER, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn sync(&self, number: Option<u64>, reply: ReplyEmpty) {
        let mut state = self.0.lock();
        if state.frozen {
            state.held.push(reply);
        } else {
            answer(reply, state.sync(number));
        }
    }
}

impl Filesystem for Files {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.0.lock().tree.find(&place(parent, name)).ok_or(Errno::ENOENT);
        self.entry(found, reply);
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.0.lock().attributes(u64::from(ino)) {
            Some(attributes) => reply.attr(&REMEMBER, &attributes),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let number = u64::from(ino);
        let mut state = self.0.lock();
        let resized = size.map_or(Ok(()), |size| state.resize(number, size as usize));
        match resized.and_then(|()| state.attributes(number).ok_or(Errno::ENOENT)) {
            Ok(attributes) => reply.attr(&REMEMBER, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, name: &OsStr, _: u32, _: u32, reply: ReplyEntry) {
        let made = self.0.lock().add(place(parent, name), None);
        self.entry(made, reply);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(reply, self.0.lock().remove(place(parent, name)));
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let mut state = self.0.lock();
        let place = place(parent, name);
        let filled = state.tree.find(&place).is_some_and(|n| state.tree.list(n).next().is_some());
        answer(reply, if filled { Err(Errno::ENOTEMPTY) } else { state.remove(place) });
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let (from, to) = (place(parent, name), place(newparent, newname));
        answer(reply, self.0.lock().rename(from, to, flags));
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.0.lock().tree.nodes.get_mut(&u64::from(ino)) {
            Some(node) => {
                node.opened += 1;
                reply.opened(NO_HANDLE, FopenFlags::FOPEN_KEEP_CACHE);
            }
            None => reply.error(Errno::ENOENT),
        }
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        _: u32,
        _: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let mut state = self.0.lock();
        let made = state.add(place(parent, name), Some(Content::default())).and_then(|number| {
            state.tree.nodes.get_mut(&number).ok_or(Errno::ENOENT)?.opened += 1;
            state.attributes(number).ok_or(Errno::ENOENT)
        });
        match made {
            Ok(attributes) => reply.created(
                &REMEMBER,
                &attributes,
                Generation(0),
                NO_HANDLE,
                FopenFlags::FOPEN_KEEP_CACHE,
            ),
            Err(error) => reply.error(error),
        }
    }

    fn release(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        let mut state = self.0.lock();
        if let Some(node) = state.tree.nodes.get_mut(&u64::from(ino)) {
            node.opened = node.opened.saturating_sub(1);
        }
        state.tree.forget_unreachable();
        reply.ok();
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.0.lock().content(u64::from(ino)) {
            Ok(content) => reply.data(content.read(offset as usize, size as usize)),
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.0.lock().write(u64::from(ino), offset as usize, data) {
            Ok(()) => reply.written(data.len() as u32),
            Err(error) => reply.error(error),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.sync(Some(u64::from(ino)), reply);
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.sync(None, reply);
    }

    fn readdir(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let state = self.0.lock();
        let folder = u64::from(ino);
        let dots = [(".", folder), ("..", ROOT)];
        let entries = dots.into_iter().chain(state.tree.list(folder));
        for (i, (name, number)) in entries.enumerate().skip(offset as usize) {
            let kind = state.attributes(number).map_or(FileType::Directory, |found| found.kind);
            if reply.add(INodeNo(number), i as u64 + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        reply.statfs(BLOCKS, BLOCKS, BLOCKS, BLOCKS, BLOCKS, BLOCK_BYTES, 255, BLOCK_BYTES);
    }
}
