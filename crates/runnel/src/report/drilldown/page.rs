//! A page of the top level, cut by the store: the rows that were asked for, and how many there are.
//! Promise: the same rows as a cut of the whole level, and no memory for what lies outside the page.

use super::super::query::{Plan, SortBy};
use super::{Branch, Tree, member};
use crate::store::facts::Text;
use crate::store::facts::select::{Choice, Dimension, Figure, Group, Key, Order, Select, Slice};
use std::collections::HashMap;

impl Tree<'_, '_> {
    /// Keys with names are sorted here: a store knows none. What a path holds is few, and needs
    /// all of its level for the rows that balance it.
    pub(super) fn store_can_slice(&self, first: &Choice) -> bool {
        let has_names = matches!(
            first.dimension,
            Dimension::Mapped(..) | Dimension::Text(Text::Funnel | Text::Source | Text::Event)
        );
        first.dimension.list().is_none() && !has_names
    }

    /// What would not fit into memory for millions of groups is summed when the page is known.
    pub(super) fn rows_sliced_by_store(&mut self) -> anyhow::Result<(Vec<Branch>, i64)> {
        let sums = Select { figures: self.first_figures(), ..self.select.clone() };
        let order = match &self.plan.sort {
            SortBy::Column(column) => column.order(&sums.figures),
            SortBy::Key | SortBy::Label => Order::Key,
        };
        let Plan { descending, offset, limit, .. } = *self.plan;
        let slice = Slice { order, descending, offset, limit };
        let found = self.reader.groups(&sums, 1, None, Some(&slice))?;
        let all = offset == 0 && found.len() < limit as usize;
        let total = if all { found.len() as i64 } else { self.reader.groups_count(&sums)? };
        let mut rows = self.completed(found, &sums.figures)?;
        self.grow(&mut rows, all)?;
        Ok((rows, total))
    }

    /// The figures that find the page: what it is sorted by, and all others unless they are too many for
    /// so many groups. Distinct visitors always are.
    fn first_figures(&self) -> Vec<Figure> {
        let sorted: Vec<&Figure> = match &self.plan.sort {
            SortBy::Column(column) => column.figures().collect(),
            SortBy::Key | SortBy::Label => Vec::new(),
        };
        let all = &self.select.figures;
        let many = self.select.levels[0].dimension.has_many_keys();
        let early = |figure: &&Figure| match figure {
            figure if sorted.contains(figure) => true,
            Figure::Visitors => false,
            _ => !many,
        };
        let mut figures: Vec<Figure> = all.iter().filter(early).cloned().collect();
        // A group stays if any of its figures is not zero; there are visitors where there are visits.
        if many {
            figures.push(Figure::Anything(all.clone()));
        } else if figures.len() < all.len() && !figures.contains(&Figure::Visits) {
            figures.push(Figure::Visits);
        }
        figures
    }

    /// Puts the figures of `found` into the order of the report's, with those that are missing.
    fn completed(&self, found: Vec<Group>, known: &[Figure]) -> anyhow::Result<Vec<Branch>> {
        let missing = |figure: &&Figure| !known.contains(figure);
        let missing: Vec<_> = self.select.figures.iter().filter(missing).cloned().collect();
        let mut rest: HashMap<Vec<Key>, Vec<i64>> = HashMap::new();
        if !missing.is_empty() && !found.is_empty() {
            let keys: Vec<Key> = found.iter().map(|group| group.keys[0].clone()).collect();
            let only = Select { figures: missing.clone(), ..self.select.clone() };
            let groups = self.reader.groups(&only, 1, Some(&keys), None)?;
            rest.extend(groups.into_iter().map(|group| (group.keys, group.sums)));
        }
        let place = |among: &[Figure], figure: &Figure| among.iter().position(|f| f == figure);
        let ordered = |group: &Group| {
            let late = rest.get(&group.keys);
            let value = |figure: &Figure| match place(known, figure) {
                Some(i) => group.sums[i],
                None => late.zip(place(&missing, figure)).map_or(0, |(sums, i)| sums[i]),
            };
            self.select.figures.iter().map(value).collect()
        };
        let rows = found.into_iter().map(|group| member(Group { sums: ordered(&group), ..group }));
        Ok(rows.collect())
    }
}
