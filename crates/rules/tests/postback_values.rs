//! Every row of `vectors/postback-values.tsv` is what the program reads.

use rules::amount::{Amount, TextValue, is_yes};
use rules::assets::StatusWords;
use rules::status::{NormalBecause, StatusMeaning};

const ROWS: &str = include_str!("vectors/postback-values.tsv");

#[test]
fn every_row_is_read_as_it_says() {
    let mut read = 0;
    for row in ROWS.lines().filter(|line| !line.starts_with('#')) {
        let [parameter, raw, meaning] = row.splitn(3, '\t').collect::<Vec<_>>()[..] else {
            panic!("not three columns: {row}");
        };
        assert_eq!(meaning_of(parameter, &raw.replace('\u{2423}', " ")), meaning, "{row}");
        read += 1;
    }
    assert!(read >= 72, "only {read} rows");
}

fn meaning_of(parameter: &str, raw: &str) -> String {
    match parameter {
        "rev" => amount(Amount::read(Some(raw))),
        "status" => status(StatusMeaning::of(Some(raw), &StatusWords::default())).into(),
        "tx" => match TextValue::read(Some(raw)) {
            TextValue::Absent { flagged } => absent(flagged).into(),
            TextValue::Given(tx) => format!("tx:{tx}"),
        },
        "hit" => TextValue::read(Some(raw)).given().map_or("unbooked".into(), |hit| hit),
        "disable_postbacks" => if is_yes(Some(raw)) { "yes" } else { "no" }.into(),
        other => panic!("no such parameter: {other}"),
    }
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Absent { flagged } => absent(flagged).into(),
        Amount::Value(value) => format!("amount:{}", shortest(value.to_string())),
        Amount::Refund(value) => format!("refund:{}", shortest(value.to_string())),
        Amount::Delete => "delete".into(),
        Amount::Unreadable => "unbooked".into(),
    }
}

fn absent(flagged: bool) -> &'static str {
    if flagged { "absent!" } else { "absent" }
}

fn shortest(decimal: String) -> String {
    decimal.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn status(meaning: StatusMeaning) -> &'static str {
    match meaning {
        StatusMeaning::Pending => "pending",
        StatusMeaning::Reject => "reject",
        StatusMeaning::Normal(NormalBecause::Absent | NormalBecause::Approved) => "normal",
        StatusMeaning::Normal(_) => "normal!",
    }
}
