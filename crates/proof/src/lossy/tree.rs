//! Names, directories and the files below them, with what a cut would leave of each.
//! Promise: a synced directory keeps all its changes; of the others a cut keeps a beginning, in order.

use super::content::Content;
use crate::chance::Chance;
use std::collections::BTreeMap;

/// Number of the root directory, as FUSE has it.
pub(super) const ROOT: u64 = 1;

/// A name in a directory.
pub(super) type Place = (u64, String);
type Names = BTreeMap<Place, u64>;

pub(super) struct Node {
    /// `None` for a directory.
    pub content: Option<Content>,
    /// First part of its path: which store it belongs to.
    pub store: String,
    pub opened: usize,
}

#[derive(Clone)]
enum Change {
    Set(Place, u64),
    Move(Place, Place, u64),
    Remove(Place),
}

pub(super) struct Tree {
    pub nodes: BTreeMap<u64, Node>,
    pub names: Names,
    kept: Names,
    changes: Vec<Change>,
    next: u64,
}

impl Tree {
    pub(super) fn new() -> Self {
        let root = Node { content: None, store: String::new(), opened: 1 };
        let nodes = BTreeMap::from([(ROOT, root)]);
        Self { nodes, names: Names::new(), kept: Names::new(), changes: Vec::new(), next: 2 }
    }

    pub(super) fn find(&self, place: &Place) -> Option<u64> {
        self.names.get(place).copied()
    }

    /// Adds a file or, without content, a directory.
    pub(super) fn add(&mut self, place: Place, content: Option<Content>) -> u64 {
        let store = self.store_of(&place);
        let number = self.next;
        self.next += 1;
        self.nodes.insert(number, Node { content, store, opened: 0 });
        self.change(Change::Set(place, number));
        number
    }

    /// To which store a name belongs.
    pub(super) fn store_of(&self, place: &Place) -> String {
        match self.nodes.get(&place.0) {
            Some(folder) if place.0 != ROOT => folder.store.clone(),
            _ => place.1.clone(),
        }
    }

    pub(super) fn rename(&mut self, from: Place, to: Place, number: u64) {
        self.change(Change::Move(from, to, number));
        self.forget_unreachable();
    }

    pub(super) fn remove(&mut self, place: Place) {
        self.change(Change::Remove(place));
        self.forget_unreachable();
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.names, change.clone());
        self.changes.push(change);
    }

    /// What is in a directory, by name.
    pub(super) fn list(&self, folder: u64) -> impl Iterator<Item = (&str, u64)> {
        let all = self.names.range((folder, String::new())..(folder + 1, String::new()));
        all.map(|((_, name), number)| (name.as_str(), *number))
    }

    /// All names are kept from now on.
    pub(super) fn sync_names(&mut self) {
        self.changes.clear();
        self.kept.clone_from(&self.names);
        self.forget_unreachable();
    }

    /// Everything is kept: the machine has been running for a while.
    pub(super) fn sync_all(&mut self) {
        self.nodes.values_mut().filter_map(|node| node.content.as_mut()).for_each(Content::sync);
        self.sync_names();
    }

    pub(super) fn cut(&mut self, chance: &mut Chance) {
        let survive = chance.below(self.changes.len() + 1);
        for change in std::mem::take(&mut self.changes).into_iter().take(survive) {
            apply(&mut self.kept, change);
        }
        self.names.clone_from(&self.kept);
        for node in self.nodes.values_mut() {
            node.opened = 0;
            if let Some(content) = &mut node.content {
                content.cut(chance);
            }
        }
        self.forget_unreachable();
    }

    /// Files without a name in either version, which nobody has open.
    pub(super) fn forget_unreachable(&mut self) {
        let named: std::collections::BTreeSet<u64> =
            self.names.values().chain(self.kept.values()).copied().collect();
        let pending: std::collections::BTreeSet<u64> =
            self.changes.iter().filter_map(Change::number).collect();
        self.nodes.retain(|number, node| {
            *number == ROOT || node.opened > 0 || named.contains(number) || pending.contains(number)
        });
    }
}

impl Change {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Set(_, number) | Self::Move(_, _, number) => Some(*number),
            Self::Remove(_) => None,
        }
    }
}

fn apply(names: &mut Names, change: Change) {
    match change {
        Change::Set(place, number) => {
            names.insert(place, number);
        }
        Change::Move(from, to, number) => {
            names.remove(&from);
            names.insert(to, number);
        }
        Change::Remove(place) => {
            names.remove(&place);
        }
    }
}
