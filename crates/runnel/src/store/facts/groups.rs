//! One level of a report as one query: rows joined with the members of their paths, grouped.
//! Promise: what counts where is decided by the members' flags alone (see [`super::path`]).

use super::path::List;
use super::row::Measure;
use super::select::{Choice, Figure, Key, Order, ReportClock, Select, Slice};
use super::sql::{FLAGS, Sql, among, members, rows, scalar};

/// Something joined for its flags: a level (`d0`) or a filter (`p0`) about the path.
struct Joined {
    alias: String,
    list: List,
}

/// The groups of the first `depth` levels. `top` restricts the outermost keys; `slice` cuts.
pub(super) fn groups(
    select: &Select,
    depth: usize,
    top: Option<&[Key]>,
    slice: Option<&Slice>,
    most: usize,
) -> Sql {
    let levels = &select.levels[..depth];
    let mut sql = Sql::new("WITH f AS (");
    sql.add(rows(select)).push(")");
    let joined = joined(&mut sql, select, levels);
    sql.push(" SELECT ");
    let keys = (0..depth).map(|i| Sql::new(&format!("CAST(k{i} AS VARCHAR), ")));
    sql.list(keys, "").push("any_member");
    for i in 0..select.figures.len() {
        sql.push(&format!(", CAST(COALESCE(s{i}, 0) AS BIGINT)"));
    }
    sql.push(" FROM (SELECT ");
    sql.add(inner(select, levels, &joined));
    sql.push(" FROM f");
    for Joined { alias, .. } in &joined {
        sql.push(&format!(" JOIN {alias} ON {alias}.path = f.path"));
    }
    if let (Some(keys), Some(level)) = (top, levels.first()) {
        sql.push(" WHERE ").add(among(level.dimension, &key(select, level, 0), keys));
    }
    sql.push(if depth > 0 { " GROUP BY ALL)" } else { ")" });
    sql.add(ending(select, depth, slice, most));
    sql
}

/// How many groups the first level has. A second look, so that a page of millions of groups needs
/// no memory for all of them.
pub(super) fn count(select: &Select) -> Sql {
    let mut sql = Sql::new("SELECT count(*) FROM (");
    sql.add(groups(select, 1, None, None, usize::MAX >> 1)).push(")");
    sql
}

/// Adds the named queries for everything about the path.
fn joined(sql: &mut Sql, select: &Select, levels: &[Choice]) -> Vec<Joined> {
    let mut joined = Vec::new();
    for (i, level) in levels.iter().enumerate() {
        let Some(list) = level.dimension.list() else { continue };
        let alias = format!("d{i}");
        sql.push(&format!(", {alias} AS ("));
        sql.add(level_members(level, i + 1 == levels.len())).push(")");
        joined.push(Joined { alias, list });
    }
    for (i, choice) in path_filters(select).enumerate() {
        let Some(list) = choice.dimension.list() else { continue };
        let alias = format!("p{i}");
        sql.push(&format!(", {alias} AS (")).add(filtered(choice)).push(")");
        joined.push(Joined { alias, list });
    }
    joined
}

/// The paths that hold any member that a filter includes, with the flags of those members.
pub(super) fn filtered(choice: &Choice) -> Sql {
    let mut sql = Sql::new(&format!("SELECT m.path, {FLAGS} FROM ("));
    sql.add(members(choice.dimension, &choice.include, &[])).push(") m GROUP BY m.path");
    sql
}

/// The members of a level; the last level has one more, which stands for any of them.
fn level_members(level: &Choice, last: bool) -> Sql {
    let one = members(level.dimension, &level.include, &level.exclude);
    let mut sql = Sql::new("SELECT m.*, FALSE AS any_member FROM (");
    sql.add(one.clone()).push(") m");
    if last {
        sql.push(&format!(" UNION ALL SELECT m.path, NULL AS member, {FLAGS}, TRUE FROM ("));
        sql.add(one).push(") m GROUP BY m.path");
    }
    sql
}

/// Filters about the path, and lists that levels about the path include.
pub(super) fn path_filters(select: &Select) -> impl Iterator<Item = &Choice> {
    let all = select.filters.iter().chain(&select.levels);
    all.filter(|choice| choice.dimension.list().is_some() && !choice.include.is_empty())
}

fn key(select: &Select, level: &Choice, i: usize) -> Sql {
    match level.dimension.list() {
        Some(_) => Sql::new(&format!("d{i}.member")),
        None => scalar(level.dimension, "f.t", &select.offsets),
    }
}

fn inner(select: &Select, levels: &[Choice], joined: &[Joined]) -> Sql {
    let mut sql = Sql::default();
    for (i, level) in levels.iter().enumerate() {
        sql.add(key(select, level, i)).push(&format!(" AS k{i}, "));
    }
    match levels.last().is_some_and(|level| level.dimension.list().is_some()) {
        true => sql.push(&format!("d{}.any_member AS any_member", levels.len() - 1)),
        false => sql.push("FALSE AS any_member"),
    };
    if levels.is_empty() {
        // Without grouping every selected value must be an aggregate.
        sql = Sql::new("any_value(FALSE) AS any_member");
    }
    for (i, figure) in select.figures.iter().enumerate() {
        sql.push(", ").add(summed(select, figure, joined)).push(&format!(" AS s{i}"));
    }
    sql
}

fn summed(select: &Select, figure: &Figure, joined: &[Joined]) -> Sql {
    match figure {
        Figure::Visitors => visitors(select, joined),
        Figure::Anything(figures) => anything(select, figures, joined),
        figure => {
            let mut sql = Sql::new("sum(");
            sql.add(value(select, figure, joined)).push(")");
            sql
        }
    }
}

fn visitors(select: &Select, joined: &[Joined]) -> Sql {
    let distinct = format!("CASE WHEN {} = 1 THEN f.visitor END", visits(joined));
    Sql::new(&match select.approximate {
        true => format!("approx_count_distinct({distinct})"),
        false => format!("count(DISTINCT {distinct})"),
    })
}

/// Whether any of the sums is not zero, as one sum: each weighs so much in it, and so oddly, that they do
/// not make up for each other. A sum for each would take many times the memory.
fn anything(select: &Select, figures: &[Figure], joined: &[Joined]) -> Sql {
    // There are visitors where there are visits.
    let sums = figures.iter().map(|figure| match figure {
        Figure::Visitors => &Figure::Visits,
        figure => figure,
    });
    let weighted = sums.enumerate().map(|(i, figure)| {
        let mut sql = Sql::new(&format!("{} * CAST(COALESCE(", weight(i)));
        sql.add(value(select, figure, joined)).push(", 0) AS HUGEINT)");
        sql
    });
    let mut sql = Sql::new("CASE WHEN sum(0");
    weighted.for_each(|term| {
        sql.push(" + ").add(term);
    });
    sql.push(") <> 0 THEN 1 ELSE 0 END");
    sql
}

/// Odd numbers of some 40 bits without a pattern (the finish of splitmix64, https://prng.di.unimi.it):
/// those of a sequence would make up for each other.
fn weight(place: usize) -> u64 {
    let seed = 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(place as u64 + 1);
    let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ mixed >> 31) >> 24 | 1
}

/// What a row adds to a sum.
fn value(select: &Select, figure: &Figure, joined: &[Joined]) -> Sql {
    let visits = visits(joined);
    match figure {
        Figure::Measure(Measure::Cost) => Sql::new(&format!(
            "CASE WHEN f.kind = 0 THEN ({visits}) * f.cost ELSE {} END",
            weighed(select, "f.cost")
        )),
        Figure::Measure(measure) if *measure != Measure::Entrance => {
            let value = weighed(select, &format!("f.{}", measure.column()));
            Sql::new(&match own_flags(*measure, joined) {
                Some(flags) => format!("CASE WHEN {flags} THEN {value} ELSE 0 END"),
                None => value,
            })
        }
        Figure::EventCount(id) => of_event(select, "f.events", id),
        Figure::EventRevenue(id) => of_event(select, "f.event_revenue", id),
        Figure::EventTold(id) => of_event(select, "f.event_told", id),
        Figure::Visits | Figure::Visitors | Figure::Measure(_) | Figure::Anything(_) => {
            Sql::new(&visits)
        }
    }
}

/// 1 where the row makes a visit count: at its entrance, or where a combination of members is
/// completed by this request.
fn visits(joined: &[Joined]) -> String {
    let reached: Vec<_> =
        joined.iter().filter(|j| j.list != List::Tag).map(|j| format!("{}.new", j.alias)).collect();
    match reached.is_empty() {
        true => "f.v * f.entrance".into(),
        false => format!("CASE WHEN f.kind = 0 AND ({}) THEN f.v ELSE 0 END", reached.join(" OR ")),
    }
}

/// The conversion clock looks at a row twice: once for its visit, once for the rest.
fn weighed(select: &Select, value: &str) -> String {
    match select.clock {
        ReportClock::Visit | ReportClock::Own => value.into(),
        ReportClock::Conversion => format!("f.o * {value}"),
    }
}

/// Views and clicks count where the flags of all members say so.
fn own_flags(measure: Measure, joined: &[Joined]) -> Option<String> {
    let flag = match measure {
        Measure::LanderViews | Measure::LanderViewsUnique => "lander_view",
        Measure::OfferViews | Measure::OfferViewsUnique => "offer_view",
        Measure::LanderClicks | Measure::LanderClicksUnique => "lander_click",
        Measure::OfferClicks | Measure::OfferClicksUnique => "offer_click",
        _ => return None,
    };
    let flags: Vec<_> = joined.iter().map(|j| format!("{}.{flag}", j.alias)).collect();
    (!flags.is_empty()).then(|| flags.join(" AND "))
}

fn of_event(select: &Select, value: &str, id: &str) -> Sql {
    let mut sql = Sql::new("CASE WHEN f.event = ");
    sql.bind(id.to_owned()).push(&format!(" THEN {} ELSE 0 END", weighed(select, value)));
    sql
}

/// Drops groups in which everything is zero, sorts and cuts.
fn ending(select: &Select, depth: usize, slice: Option<&Slice>, most: usize) -> Sql {
    let mut sql = Sql::default();
    if depth > 0 {
        let nonzero = (0..select.figures.len()).map(|i| Sql::new(&format!("s{i} <> 0")));
        sql.push(" WHERE (").list(nonzero, " OR ").push(")");
    }
    match slice {
        None => sql.push(&format!(" LIMIT {most}")),
        Some(slice) => {
            let way = if slice.descending { "DESC" } else { "ASC" };
            sql.push(&format!(" ORDER BY k0 IS NULL, {} {way}, k0", ordered(&slice.order)));
            sql.push(&format!(" LIMIT {} OFFSET {}", slice.limit, slice.offset))
        }
    };
    sql
}

fn ordered(order: &Order) -> String {
    match order {
        Order::Key => "k0".into(),
        Order::Sum(terms) => terms_of(terms),
        Order::Ratio(above, below) => {
            let below = terms_of(below);
            let above = terms_of(above);
            format!("CASE WHEN {below} = 0 THEN 0 ELSE CAST({above} AS DOUBLE) / {below} END")
        }
    }
}

fn terms_of(terms: &[(usize, i64)]) -> String {
    let terms: Vec<_> = terms.iter().map(|(i, sign)| format!("{sign} * s{i}")).collect();
    format!("({})", terms.join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Sums of one and the same size, some negative: what a conversion and its undoing may leave.
    #[test]
    fn weights_do_not_make_up_for_each_other() {
        let weights: Vec<i128> = (0..64).map(|place| weight(place).into()).collect();
        assert!(weights.iter().all(|weight| *weight < 1 << 40));
        let pairs = || {
            weights.iter().enumerate().flat_map(|(i, a)| weights[..i].iter().map(move |b| a + b))
        };
        let different: BTreeSet<i128> = pairs().chain(weights.iter().copied()).collect();
        assert_eq!(different.len(), pairs().count() + weights.len());
    }
}
