//! Numbers for paths: rows of the same path share one set of members.
//! Promise: memory is bounded; a path that is forgotten gets a second number, which changes no sum.

use super::append::{append_columns, flags};
use super::path::{Member, Path};
use duckdb::Connection;
use duckdb::arrow::array::{Int8Array, Int32Array, Int64Array, StringArray};
use rules::record::Record;
use siphasher::sip128::{Hasher128, SipHasher13};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Most paths remembered, about 40 bytes each.
const MOST_REMEMBERED: usize = 200_000;

/// A hash of a path, the same in every run. Two paths of one store would share it once in some 10³⁰
/// pairs; a build that hashes otherwise gives known paths second numbers, which changes no sum.
pub(super) type Fingerprint = (i64, i64);

pub(super) struct Paths {
    known: HashMap<Fingerprint, i32>,
    next: i32,
    /// After a rollback `next` must be asked for again.
    stale: bool,
}

struct NewPath<'a> {
    number: i32,
    fingerprint: Fingerprint,
    path: &'a Path,
}

impl Paths {
    /// Reads the newest paths of the store.
    pub(super) fn load(connection: &Connection) -> duckdb::Result<Self> {
        let next = "SELECT COALESCE(MAX(path), -1) + 1 FROM paths";
        let next = connection.query_row(next, [], |row| row.get(0))?;
        let newest = "SELECT high, low, path FROM paths ORDER BY path DESC LIMIT 100000";
        let mut statement = connection.prepare(newest)?;
        let known = statement
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        Ok(Self { known, next, stale: false })
    }

    /// Forgets everything, after a transaction that numbered paths was lost.
    pub(super) fn forget(&mut self) {
        self.stale = true;
    }

    /// The numbers of `paths`, storing those not met before.
    pub(super) fn intern(
        &mut self,
        connection: &Connection,
        paths: &[(Fingerprint, Path)],
    ) -> anyhow::Result<Vec<i32>> {
        if self.stale {
            *self = Self::load(connection)?;
        }
        if self.known.len() > MOST_REMEMBERED {
            self.known.clear();
        }
        let mut new = Vec::new();
        let numbers = paths.iter().map(|(print, path)| self.number(*print, path, &mut new));
        let numbers = numbers.collect();
        if !new.is_empty() {
            store(connection, &new)?;
        }
        Ok(numbers)
    }

    fn number<'a>(
        &mut self,
        fingerprint: Fingerprint,
        path: &'a Path,
        new: &mut Vec<NewPath<'a>>,
    ) -> i32 {
        *self.known.entry(fingerprint).or_insert_with(|| {
            let number = self.next;
            self.next += 1;
            new.push(NewPath { number, fingerprint, path });
            number
        })
    }
}

fn fingerprint(of: &impl Hash) -> Fingerprint {
    let mut hasher = SipHasher13::new();
    of.hash(&mut hasher);
    let hash = hasher.finish128();
    (hash.h1 as i64, hash.h2 as i64)
}

/// The path of a row, known by its fingerprint: most rows have one that was met before, and of those
/// it is never made.
#[derive(Clone, Debug)]
pub struct PathOf<'a> {
    pub(super) fingerprint: Fingerprint,
    make: Make<'a>,
}

#[derive(Clone, Debug)]
enum Make<'a> {
    Made(Path),
    Of(&'a Record, fn(&Record) -> Path),
}

impl<'a> PathOf<'a> {
    /// What `make` makes of `record`; `says` is all that it looks at.
    pub fn record(record: &'a Record, says: &impl Hash, make: fn(&Record) -> Path) -> Self {
        Self { fingerprint: fingerprint(says), make: Make::Of(record, make) }
    }

    pub(super) fn made(self) -> Path {
        match self.make {
            Make::Made(path) => path,
            Make::Of(record, make) => make(record),
        }
    }
}

impl From<Path> for PathOf<'_> {
    fn from(path: Path) -> Self {
        Self { fingerprint: fingerprint(&path), make: Make::Made(path) }
    }
}

fn store(connection: &Connection, new: &[NewPath<'_>]) -> anyhow::Result<()> {
    let numbers = Int32Array::from_iter_values(new.iter().map(|n| n.number));
    let high = Int64Array::from_iter_values(new.iter().map(|n| n.fingerprint.0));
    let low = Int64Array::from_iter_values(new.iter().map(|n| n.fingerprint.1));
    append_columns(
        connection,
        "paths",
        vec![("path", Arc::new(numbers)), ("high", Arc::new(high)), ("low", Arc::new(low))],
    )?;
    let members: Vec<(i32, Member)> =
        new.iter().flat_map(|n| n.path.members().into_iter().map(|m| (n.number, m))).collect();
    if members.is_empty() { Ok(()) } else { store_members(connection, &members) }
}

fn store_members(connection: &Connection, members: &[(i32, Member)]) -> anyhow::Result<()> {
    let of = || members.iter().map(|(_, member)| member);
    let columns: Vec<(&str, duckdb::arrow::array::ArrayRef)> = vec![
        ("path", Arc::new(Int32Array::from_iter_values(members.iter().map(|(path, _)| *path)))),
        ("list", Arc::new(Int8Array::from_iter_values(of().map(|m| m.list as i8)))),
        ("member", Arc::new(StringArray::from_iter_values(of().map(|m| &m.key)))),
        ("new", flags(of().map(|m| m.new))),
        ("here", flags(of().map(|m| m.here))),
        ("lander_view", flags(of().map(|m| m.lander_view))),
        ("offer_view", flags(of().map(|m| m.offer_view))),
        ("lander_click", flags(of().map(|m| m.lander_click))),
        ("offer_click", flags(of().map(|m| m.offer_click))),
    ];
    append_columns(connection, "members", columns)
}
