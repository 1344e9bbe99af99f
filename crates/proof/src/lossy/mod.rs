//! A file system in memory, mounted through FUSE, whose power can be cut: what was not synced is gone
//! then, or there in part. Single stores on it can be full, or fail to sync.
//! Promise: what a sync confirmed is there after every cut; nothing else is certain.

mod content;
mod disk;
mod serve;
mod tree;

use crate::chance::Chance;
use fuser::{BackgroundSession, Config, MountOption, ReplyEmpty};
use parking_lot::Mutex;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tree::Tree;

/// What the disk does with a store: a file or folder directly below the mount. Matched by the beginning
/// of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Illness {
    /// Its files cannot grow, and no new ones can be made.
    Full,
    /// Syncs fail, and forget some of what was written.
    FailingSyncs,
}

struct State {
    tree: Tree,
    chance: Chance,
    ill: Option<(String, Illness)>,
    /// Since the moment of a cut: nothing gets to the disk any more, and syncs do not come back.
    frozen: bool,
    /// Syncs that do not come back.
    held: Vec<ReplyEmpty>,
}

/// A mounted lossy file system; unmounted when dropped.
pub struct Lossy {
    state: Arc<Mutex<State>>,
    at: PathBuf,
    session: Option<BackgroundSession>,
}

impl Lossy {
    /// Mounts an empty one on the folder `at`.
    /// # Errors
    /// There is no `/dev/fuse`, or this user may not mount.
    pub fn mount(at: &Path, chance: Chance) -> io::Result<Self> {
        let state = State { tree: Tree::new(), chance, ill: None, frozen: false, held: Vec::new() };
        let mut lossy =
            Self { state: Arc::new(Mutex::new(state)), at: at.to_owned(), session: None };
        lossy.start()?;
        Ok(lossy)
    }

    fn start(&mut self) -> io::Result<()> {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("lossy".into()), MountOption::NoAtime];
        let files = serve::Files(self.state.clone());
        self.session = Some(fuser::spawn_mount(files, &self.at, &config)?);
        Ok(())
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Everything on it is safe: the machine has been running for a while.
    pub fn settle(&self) {
        self.state.lock().tree.sync_all();
    }

    /// What the disk does from now on with the stores whose names begin with `store`.
    pub fn ail(&self, store: &str, illness: Illness) {
        self.state.lock().ill = Some((store.to_owned(), illness));
    }

    /// The disk is well again.
    pub fn heal(&self) {
        self.state.lock().ill = None;
    }

    /// The power fails: from now on nothing gets to the disk. Programs notice by their syncs, which do
    /// not return until [`Self::let_go`].
    pub fn freeze(&self) {
        self.state.lock().frozen = true;
    }

    /// Lets go of the programs that wait for a sync, so that those killed can end. To be called when
    /// they have been sent SIGKILL: they shall not see that their syncs failed.
    pub fn let_go(&self) {
        let held = std::mem::take(&mut self.state.lock().held);
        held.into_iter().for_each(|reply| reply.error(fuser::Errno::EIO));
    }

    /// Forgets what was not synced and mounts what is left. Nobody may use it meanwhile.
    /// # Errors
    /// It cannot be unmounted or mounted.
    pub fn cut(&mut self) -> io::Result<()> {
        self.unmount()?;
        let mut state = self.state.lock();
        let State { tree, chance, frozen, .. } = &mut *state;
        tree.cut(chance);
        *frozen = false;
        drop(state);
        self.start()
    }

    fn unmount(&mut self) -> io::Result<()> {
        self.let_go();
        self.session.take().map_or(Ok(()), BackgroundSession::umount_and_join)
    }
}

impl Drop for Lossy {
    fn drop(&mut self) {
        if let Err(error) = self.unmount() {
            eprintln!("{} stays mounted: {error}", self.at.display());
        }
    }
}

impl State {
    fn is(&self, store: &str, illness: Illness) -> bool {
        self.ill.as_ref().is_some_and(|(ill, what)| *what == illness && store.starts_with(ill))
    }
}
