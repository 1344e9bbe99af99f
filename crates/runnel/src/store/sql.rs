//! Statements with as many binds as there are rows.
//! Promise: only numbered placeholders are composed here, never a value.

/// `($1,$2),($3,$4)`: placeholders for `rows` rows of `columns` values.
pub(in crate::store) fn rows(rows: usize, columns: usize) -> String {
    let row = |r: usize| {
        let binds: Vec<_> = (1..=columns).map(|c| format!("${}", r * columns + c)).collect();
        format!("({})", binds.join(","))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(",")
}

/// `$1,$2,$3`: placeholders for a list of `count` values, the first being number `from`.
pub(in crate::store) fn list(from: usize, count: usize) -> String {
    (from..from + count).map(|i| format!("${i}")).collect::<Vec<_>>().join(",")
}

/// Most binds of one statement. SQLite looks each `$n` up among those before it, so that binding a
/// thousand costs a thousand times a thousand steps.
const MOST_BINDS: usize = 200;

/// How many rows of `columns` values one statement takes. Statements of few sizes stay prepared.
pub(in crate::store) fn rows_at_once(columns: usize) -> usize {
    (MOST_BINDS / columns).max(1)
}

/// `values` with the last repeated up to a power of two: a list of them means the same, and its
/// statement stays prepared.
pub(in crate::store) fn even<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

#[cfg(test)]
mod tests {
    #[test]
    fn placeholders_are_numbered_through() {
        assert_eq!(super::rows(2, 3), "($1,$2,$3),($4,$5,$6)");
        assert_eq!(super::list(2, 3), "$2,$3,$4");
    }

    #[test]
    fn lists_come_in_few_lengths() {
        assert_eq!(super::even([1, 2, 3]), [1, 2, 3, 3]);
        assert_eq!(super::even([1]), [1]);
        assert!(super::even::<u8>([]).is_empty());
    }
}
