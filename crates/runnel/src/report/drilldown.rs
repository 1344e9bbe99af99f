//! A checked query → rows: one store query per level, put together as a tree.
//! Promise: children + *(none)* + *(overlap)* equal their parent in every summed column.

mod page;

use super::names::Names;
use super::query::{Plan, SortBy};
use crate::store::facts::select::{Bots, Choice, Dimension, Figure, Group, Key, Select};
use crate::store::facts::{Measure, Reader};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Above this number of rows distinct visitors are estimated (product.md §11).
pub const EXACT_VISITORS_ROWS: i64 = 5_000_000;

/// A row of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// What it stands for.
    pub of: Of,
    /// Figures, in the order of [`Select::figures`].
    pub sums: Vec<i64>,
    /// Rows of the next level.
    pub children: Vec<Branch>,
}

/// What a row stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// A member of the dimension, by the store's key.
    Member(String),
    /// What has no member.
    None,
    /// What several members share, with its sign reversed.
    Overlap,
}

/// A finished report.
#[derive(Clone, Debug)]
pub struct Report {
    /// Rows of the top level that were asked for.
    pub rows: Vec<Branch>,
    /// How many rows the top level has.
    pub rows_total: i64,
    /// Figures of everything together.
    pub totals: Vec<i64>,
    /// Visits and cost of bots that were left out.
    pub left_out: (i64, i64),
    /// Whether distinct visitors are estimated.
    pub approximate: bool,
}

/// Makes the report. `sliced` cuts the top level as the plan says; else all of it is given.
/// # Errors
/// The store failed, was interrupted, or a level has too many groups.
pub fn drilldown(
    reader: &Reader<'_>,
    plan: &Plan,
    names: &Names<'_>,
    sliced: bool,
) -> anyhow::Result<Report> {
    let mut select = plan.select.clone();
    if select.figures.contains(&Figure::Visitors) {
        select.approximate = reader.count(&select)? > EXACT_VISITORS_ROWS;
    }
    let totals = reader.totals(&select)?;
    let left_out = left_out(reader, &select)?;
    let approximate = select.approximate;
    let mut tree = Tree { reader, plan, names, levels: Vec::new(), select };
    let (rows, rows_total) = tree.rows(&totals, sliced)?;
    Ok(Report { rows, rows_total, totals, left_out, approximate })
}

fn left_out(reader: &Reader<'_>, select: &Select) -> anyhow::Result<(i64, i64)> {
    if select.bots != Bots::Exclude {
        return Ok((0, 0));
    }
    let figures = vec![Figure::Visits, Figure::Measure(Measure::Cost)];
    let only = Select { bots: Bots::Only, figures, ..select.clone() };
    let sums = reader.totals(&only)?;
    Ok((sums[0], sums[1]))
}

struct Tree<'a, 'r> {
    reader: &'a Reader<'r>,
    plan: &'a Plan,
    names: &'a Names<'a>,
    select: Select,
    /// Groups of each level by the keys of their parent.
    levels: Vec<HashMap<Vec<Key>, Vec<Group>>>,
}

impl Tree<'_, '_> {
    fn rows(&mut self, totals: &[i64], sliced: bool) -> anyhow::Result<(Vec<Branch>, i64)> {
        let Some(first) = self.select.levels.first().cloned() else { return Ok((vec![], 0)) };
        if sliced && self.store_can_slice(&first) {
            return self.rows_sliced_by_store();
        }
        let groups = self.reader.groups(&self.select, 1, None, None)?;
        let mut rows = self.branches(&first, groups, totals);
        let rows_total = rows.len() as i64;
        if sliced {
            rows = cut(rows, self.plan.offset, self.plan.limit);
        }
        let all = rows.len() as i64 == rows_total;
        self.grow(&mut rows, all)?;
        Ok((rows, rows_total))
    }

    /// Adds the lower levels to the rows of the top level; `all` if none was cut off.
    fn grow(&mut self, rows: &mut [Branch], all: bool) -> anyhow::Result<()> {
        let top: Vec<Key> = rows.iter().filter_map(key).collect();
        if top.is_empty() {
            return Ok(());
        }
        for depth in 2..=self.select.levels.len() {
            let restricted = (!all).then_some(&top[..]);
            let groups = self.reader.groups(&self.select, depth, restricted, None)?;
            let mut by_parent: HashMap<Vec<Key>, Vec<Group>> = HashMap::new();
            for mut group in groups {
                let parent = group.keys[..depth - 1].to_vec();
                group.keys.drain(..depth - 1);
                by_parent.entry(parent).or_default().push(group);
            }
            self.levels.push(by_parent);
        }
        let first = self.select.levels[0].clone();
        for row in rows {
            if let Some(key) = self.key_below(&first, row) {
                self.grow_row(row, vec![key]);
            }
        }
        Ok(())
    }

    fn grow_row(&mut self, row: &mut Branch, keys: Vec<Key>) {
        let Some(level) = self.select.levels.get(keys.len()).cloned() else { return };
        let groups = self.levels[keys.len() - 1].remove(&keys).unwrap_or_default();
        row.children = self.branches(&level, groups, &row.sums);
        for child in &mut row.children {
            // Rows that balance what a path holds have nothing below them.
            if let Some(own) = self.key_below(&level, child) {
                let keys = keys.iter().cloned().chain([own]).collect();
                self.grow_row(child, keys);
            }
        }
    }

    fn key_below(&self, level: &Choice, row: &Branch) -> Option<Key> {
        key(row).filter(|key| key.is_some() || level.dimension.list().is_none())
    }

    /// The groups below a parent with `parent` figures, sorted, with the rows that balance them.
    fn branches(&self, level: &Choice, groups: Vec<Group>, parent: &[i64]) -> Vec<Branch> {
        let (any, members): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.any);
        let mut rows: Vec<Branch> = members.into_iter().map(member).collect();
        rows.sort_by(|a, b| self.compare(level, a, b));
        if level.dimension.list().is_some() {
            let any = any.into_iter().next().map_or_else(|| vec![0; parent.len()], |g| g.sums);
            let balance = balance(parent, &any, &rows);
            rows.extend(balance);
        }
        rows
    }

    /// *(none)* is last, whatever the order.
    fn compare(&self, level: &Choice, a: &Branch, b: &Branch) -> Ordering {
        let last = |row: &Branch| row.of == Of::None;
        let figures = &self.select.figures;
        let dimension = level.dimension;
        let asked = match &self.plan.sort {
            SortBy::Column(column) => {
                column.weight(figures, &a.sums).total_cmp(&column.weight(figures, &b.sums))
            }
            SortBy::Label => self.label(dimension, a).cmp(&self.label(dimension, b)),
            SortBy::Key => by_key(dimension, a, b),
        };
        let asked = if self.plan.descending { asked.reverse() } else { asked };
        last(a).cmp(&last(b)).then(asked).then_with(|| by_key(dimension, a, b))
    }

    fn label(&self, dimension: Dimension, row: &Branch) -> String {
        match &row.of {
            Of::Member(key) if dimension.is_numeric() => {
                format!("{:020}", key.parse::<i64>().unwrap_or_default())
            }
            Of::Member(key) => self.names.label(dimension, key).to_lowercase(),
            Of::None | Of::Overlap => String::new(),
        }
    }
}

fn by_key(dimension: Dimension, a: &Branch, b: &Branch) -> Ordering {
    let text = |row: &Branch| match &row.of {
        Of::Member(key) => key.clone(),
        Of::None | Of::Overlap => String::new(),
    };
    match dimension.is_numeric() {
        true => text(a).parse::<i64>().ok().cmp(&text(b).parse::<i64>().ok()),
        false => text(a).cmp(&text(b)),
    }
}

fn member(mut group: Group) -> Branch {
    let of = group.keys.pop().flatten().map_or(Of::None, Of::Member);
    Branch { of, sums: group.sums, children: Vec::new() }
}

/// The key under which the row's children are found; the overlap has none.
fn key(row: &Branch) -> Option<Key> {
    match &row.of {
        Of::Member(key) => Some(Some(key.clone())),
        Of::None => Some(None),
        Of::Overlap => None,
    }
}

/// What is in the parent but in no member, and what members share.
fn balance(parent: &[i64], any: &[i64], members: &[Branch]) -> Vec<Branch> {
    let minus = |a: &[i64], b: &[i64]| -> Vec<i64> {
        a.iter().zip(b).map(|(a, b)| a.saturating_sub(*b)).collect()
    };
    let shared = members.iter().fold(any.to_vec(), |rest, member| minus(&rest, &member.sums));
    let rows = [(Of::None, minus(parent, any)), (Of::Overlap, shared)];
    let filled = rows.into_iter().filter(|(_, sums)| sums.iter().any(|sum| *sum != 0));
    filled.map(|(of, sums)| Branch { of, sums, children: Vec::new() }).collect()
}

fn cut<T>(rows: Vec<T>, offset: u32, limit: u32) -> Vec<T> {
    rows.into_iter().skip(offset as usize).take(limit as usize).collect()
}
