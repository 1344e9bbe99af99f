//! The text that Runnel was created from, sentence by sentence through real HTTP. `docs/origin.md`
//! says which test proves which sentence; it is checked here.

mod builder;
mod codes;
mod credit;
mod javascript;
mod postback;
mod silence;
mod stage;
mod statuses;
mod visitor;

pub use stage::drawn;

use std::path::Path;

const ORIGIN: &str = include_str!("../../../../../docs/origin-conversion-tracking.txt");
const TABLE: &str = include_str!("../../../../../docs/origin.md");

/// The rows of the tables: a quotation and the names of its tests.
fn promises() -> Vec<(&'static str, Vec<&'static str>)> {
    let row = |line: &'static str| {
        let (quotation, tests) = line.strip_prefix("| “")?.split_once("” |")?;
        Some((quotation, tests.split('`').skip(1).step_by(2).collect()))
    };
    TABLE.lines().filter_map(row).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sources below a folder, of one kind.
fn sources_of(folder: &Path, kind: &str) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.extension() {
            _ if path.is_dir() => sources_of(&path, kind),
            Some(extension) if extension == kind => std::fs::read_to_string(path).unwrap(),
            _ => String::new(),
        })
        .collect()
}

#[test]
fn every_promise_is_quoted_and_proved() {
    let origin = one_line(ORIGIN);
    let tests = sources_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/origin"), "rs");
    let in_browser =
        sources_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tag/tests"), "ts");
    let promises = promises();
    assert!(promises.len() >= 45, "only {} promises", promises.len());
    let unproved = TABLE.lines().filter_map(|line| line.strip_prefix("- “")?.split_once('”'));
    for (quotation, _) in unproved {
        assert!(origin.contains(&one_line(quotation)), "the origin does not say: {quotation}");
    }
    for (quotation, names) in promises {
        assert!(origin.contains(&one_line(quotation)), "the origin does not say: {quotation}");
        assert!(!names.is_empty(), "nothing proves: {quotation}");
        for name in names {
            if let Some(title) = name.strip_prefix("browser: ") {
                let title = format!("\ntest(\"{title}\", ");
                assert!(in_browser.contains(&title), "no test in a browser is called {title}");
                continue;
            }
            let written = tests.contains(&format!("\nasync fn {name}()"));
            let attribute = format!("#[tokio::test]\nasync fn {name}()");
            assert!(written && tests.contains(&attribute), "no test is called {name}");
        }
    }
}

#[test]
fn every_test_of_the_origin_stands_in_the_table() {
    let tests = sources_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/origin"), "rs");
    let names: Vec<_> = promises().into_iter().flat_map(|(_, names)| names).collect();
    for part in tests.split("#[tokio::test]\nasync fn ").skip(1) {
        let name = part.split('(').next().unwrap();
        assert!(names.contains(&name), "{name} proves nothing that is quoted");
    }
}
