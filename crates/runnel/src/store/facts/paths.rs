//! Numbers for paths: rows of the same path share one set of members.
//! Promise: memory is bounded; a path that is forgotten gets a second number, which changes no sum.

use super::append::{append_columns, flags};
use super::path::{Member, Path};
use super::row::Row;
use duckdb::Connection;
use duckdb::arrow::array::{Int8Array, Int32Array, Int64Array, StringArray};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// Most paths remembered, about 40 bytes each.
const MOST_REMEMBERED: usize = 200_000;

/// The first 16 bytes of a path's SHA-256.
type Fingerprint = (i64, i64);

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

    /// The number of each row's path, storing those not met before.
    pub(super) fn intern(
        &mut self,
        connection: &Connection,
        rows: &[Row],
    ) -> anyhow::Result<Vec<i32>> {
        if self.stale {
            *self = Self::load(connection)?;
        }
        if self.known.len() > MOST_REMEMBERED {
            self.known.clear();
        }
        let mut new = Vec::new();
        let numbers = rows.iter().map(|row| self.number(&row.path, &mut new)).collect();
        if !new.is_empty() {
            store(connection, &new)?;
        }
        Ok(numbers)
    }

    fn number<'a>(&mut self, path: &'a Path, new: &mut Vec<NewPath<'a>>) -> i32 {
        let fingerprint = fingerprint(path);
        *self.known.entry(fingerprint).or_insert_with(|| {
            let number = self.next;
            self.next += 1;
            new.push(NewPath { number, fingerprint, path });
            number
        })
    }
}

fn fingerprint(path: &Path) -> Fingerprint {
    let bytes = postcard::to_stdvec(path).unwrap_or_default();
    let hash = Sha256::digest(&bytes);
    let eight = |from: usize| i64::from_le_bytes(std::array::from_fn(|i| hash[from + i]));
    (eight(0), eight(8))
}

fn store(connection: &Connection, new: &[NewPath<'_>]) -> anyhow::Result<()> {
    let numbers = Int32Array::from_iter_values(new.iter().map(|n| n.number));
    let high = Int64Array::from_iter_values(new.iter().map(|n| n.fingerprint.0));
    let low = Int64Array::from_iter_values(new.iter().map(|n| n.fingerprint.1));
    append_columns(connection, "paths", vec![Arc::new(numbers), Arc::new(high), Arc::new(low)])?;
    let members: Vec<(i32, Member)> =
        new.iter().flat_map(|n| n.path.members().into_iter().map(|m| (n.number, m))).collect();
    if members.is_empty() { Ok(()) } else { store_members(connection, &members) }
}

fn store_members(connection: &Connection, members: &[(i32, Member)]) -> anyhow::Result<()> {
    let of = || members.iter().map(|(_, member)| member);
    let columns: Vec<duckdb::arrow::array::ArrayRef> = vec![
        Arc::new(Int32Array::from_iter_values(members.iter().map(|(path, _)| *path))),
        Arc::new(Int8Array::from_iter_values(of().map(|m| m.list as i8))),
        Arc::new(StringArray::from_iter_values(of().map(|m| &m.key))),
        flags(of().map(|m| m.new)),
        flags(of().map(|m| m.here)),
        flags(of().map(|m| m.lander_view)),
        flags(of().map(|m| m.offer_view)),
        flags(of().map(|m| m.lander_click)),
        flags(of().map(|m| m.offer_click)),
    ];
    append_columns(connection, "members", columns)
}
