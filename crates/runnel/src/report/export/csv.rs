//! A sheet as CSV (RFC 4180) that no spreadsheet takes for a formula.

use crate::store::facts::{Cell, Sheet};

/// The sheet with a header line; lines end with CR LF.
pub(super) fn written(sheet: &Sheet) -> String {
    let header = sheet.columns.iter().map(|(name, _)| text(name)).collect::<Vec<_>>().join(",");
    let mut csv = header + "\r\n";
    for row in &sheet.rows {
        csv.push_str(&row.iter().map(cell).collect::<Vec<_>>().join(","));
        csv.push_str("\r\n");
    }
    csv
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(value) => text(value),
        Cell::Count(count) => count.to_string(),
        Cell::Money(amount) => amount.to_string(),
        Cell::Number(number) => number.to_string(),
    }
}

/// Visitors choose what stands in tracking fields: a leading `=` would run in a spreadsheet.
fn text(value: &str) -> String {
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let safe = if formula { format!("'{value}") } else { value.to_owned() };
    match safe.contains([',', '"', '\r', '\n', ';', '\t', '\'']) {
        true => format!("\"{}\"", safe.replace('"', "\"\"")),
        false => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula_and_every_text_is_one_cell() {
        for (value, cell) in [
            ("plain", "plain"),
            ("=1+1", "\"'=1+1\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("", ""),
        ] {
            assert_eq!(text(value), cell);
        }
    }

    #[test]
    fn amounts_stay_numbers() {
        assert_eq!(cell(&Cell::Money(rules::money::Micros(-1_500_000))), "-1.50");
        assert_eq!(cell(&Cell::Count(-3)), "-3");
    }
}
