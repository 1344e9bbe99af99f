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

#[cfg(test)]
mod tests {
    #[test]
    fn placeholders_are_numbered_through() {
        assert_eq!(super::rows(2, 3), "($1,$2,$3),($4,$5,$6)");
        assert_eq!(super::list(2, 3), "$2,$3,$4");
    }
}
