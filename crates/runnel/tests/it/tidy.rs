//! The rules of the house, held by a test: who may import whom, where SQL and URLs live, what every
//! file begins with, which licences are linked, and that DuckDB's two halves are of one version.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What happens to a visit or a conversion: a folder each, none knows another.
const FLOWS: [&str; 5] = ["track", "convert", "report", "feed", "deliver"];

/// What may be linked; `deny.toml` says the same to cargo-deny.
const LICENCES: [&str; 13] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "BSL-1.0",
    "CC0-1.0",
    "Unlicense",
    "Unicode-3.0",
];
/// Root certificates as data.
const DATA_LICENCES: [&str; 1] = ["CDLA-Permissive-2.0"];
/// Accepted for one library each. Rhai needs smartstring, whose licence reaches its own files only.
const EXCEPTIONS: [(&str, &str); 1] = [("smartstring", "MPL-2.0+")];

struct Source {
    /// From the repository's root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The text without comments and without its own tests.
    fn code(&self) -> String {
        let program = self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = program.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn is_below(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every Rust file of the workspace.
fn sources() -> Vec<Source> {
    let root = root();
    let (mut folders, mut found) = (vec![root.join("crates"), root.join("bench")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                found.push(Source { path: name, text: std::fs::read_to_string(&path).unwrap() });
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

/// Names what offends, all of it at once.
fn none(offences: impl IntoIterator<Item = String>, rule: &str) {
    let offences: BTreeSet<String> = offences.into_iter().collect();
    assert!(offences.is_empty(), "{rule}:\n  {}", Vec::from_iter(offences).join("\n  "));
}

/// `file: word` for each word of `words` in the code of the files that `concerned` picks.
fn uses(concerned: impl Fn(&Source) -> bool, words: &[String]) -> Vec<String> {
    let all = sources();
    let files = all.iter().filter(|source| concerned(source));
    let found = files.flat_map(|source| {
        let code = source.code();
        let path = &source.path;
        words
            .iter()
            .filter(|w| contains(&code, w))
            .map(|w| format!("{path}: {w}"))
            .collect::<Vec<_>>()
    });
    found.collect()
}

/// Whether `word` stands in `code` and is not the begin of a longer name.
fn contains(code: &str, word: &str) -> bool {
    let named = |c: char| c.is_alphanumeric() || c == '_';
    let ends = !word.ends_with(named);
    code.match_indices(word).any(|(at, _)| ends || !code[at + word.len()..].starts_with(named))
}

fn words<const N: usize>(list: [&str; N]) -> Vec<String> {
    list.map(str::to_owned).to_vec()
}

#[test]
fn flows_do_not_import_each_other() {
    for flow in FLOWS {
        let folder = format!("crates/runnel/src/{flow}/");
        let others: Vec<_> =
            FLOWS.iter().filter(|f| **f != flow).map(|other| format!("crate::{other}")).collect();
        none(uses(|source| source.is_below(&folder), &others), "a flow imports another");
    }
}

#[test]
fn imports_run_one_way() {
    let upwards = words([
        "crate::track",
        "crate::convert",
        "crate::report",
        "crate::feed",
        "crate::deliver",
        "crate::admin",
        "crate::http",
        "crate::app",
    ]);
    let store = |source: &Source| source.is_below("crates/runnel/src/store/");
    none(uses(store, &upwards), "the store knows who uses it");
    let flows = |source: &Source| {
        FLOWS.iter().any(|flow| source.is_below(&format!("crates/runnel/src/{flow}/")))
    };
    none(uses(flows, &words(["crate::admin", "crate::http"])), "a flow knows who calls it");
    let journal = |source: &Source| source.is_below("crates/journal/");
    none(uses(journal, &words(["rules::", "runnel::"])), "the journal knows of clicks");
}

#[test]
fn rules_touch_nothing_outside() {
    let outside = words([
        "std::fs",
        "std::net::Tcp",
        "std::net::Udp",
        "std::process",
        "std::env",
        "std::thread",
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "rand::",
        "tokio::",
        "tracing::",
        "println!",
    ]);
    none(uses(|source| source.is_below("crates/rules/src/"), &outside), "a rule does I/O");
}

#[test]
fn sql_lives_in_the_store() {
    let sql = words([
        "sqlx::query",
        "sqlx::raw_sql",
        "duckdb::",
        "\"SELECT ",
        "\"INSERT INTO ",
        "\"UPDATE ",
        "\"DELETE FROM ",
        "\"CREATE TABLE ",
    ]);
    let outside = |source: &Source| {
        source.is_below("crates/runnel/src/") && !source.is_below("crates/runnel/src/store/")
    };
    none(uses(outside, &sql), "SQL outside the store");
}

#[test]
fn urls_are_named_where_requests_are_routed() {
    let routing = words([".route(\"", ".nest(\"", "utoipa::path("]);
    let elsewhere = |source: &Source| {
        let router = ["crates/runnel/src/http.rs", "crates/runnel/src/admin/"];
        source.is_below("crates/runnel/src/") && !router.iter().any(|place| source.is_below(place))
    };
    none(uses(elsewhere, &routing), "a URL outside http.rs and admin/");
}

#[test]
fn no_crate_allows_unsafe_code() {
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    for name in ["crates/rules", "crates/journal", "crates/proof", "crates/runnel", "bench"] {
        let manifest = root().join(name).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name} has lints of its own");
    }
    let word = format!("un{}", "safe");
    let blocks = vec![format!("{word} {{"), format!("{word} fn"), format!("{word} impl")];
    none(uses(|_| true, &blocks), "unsafe code");
}

#[test]
fn every_file_says_first_what_it_does() {
    let silent = |source: &Source| !source.text.starts_with("//! ");
    let silent = sources().into_iter().filter(silent).map(|source| source.path);
    none(silent, "a file does not open with what it turns into what");
}

#[test]
fn nothing_is_left_for_later() {
    let markers = ["todo", "unimplemented"].map(|word| format!("{word}!("));
    none(uses(|_| true, &markers), "something is unfinished");
    let ignored = vec![format!("#[{}", "ignore")];
    none(uses(|_| true, &ignored), "a test is not run");
}

#[test]
fn every_linked_library_has_a_licence_we_accept() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &platform])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100);
    let refused = packages.iter().filter_map(|package| {
        let licence = package["license"].as_str().unwrap_or("none");
        let name = package["name"].as_str().unwrap_or_default();
        let fine = accepted(licence) || EXCEPTIONS.contains(&(name, licence));
        (!fine).then(|| format!("{name}: {licence}"))
    });
    none(refused, "a library's licence is not accepted");
}

/// Reads an SPDX expression: one of the alternatives must be accepted, with all its parts.
fn accepted(expression: &str) -> bool {
    let known = |name: &str| {
        let name = name.trim().trim_matches(['(', ')']);
        LICENCES.contains(&name) || DATA_LICENCES.contains(&name)
    };
    // "(A OR B) AND C": the parts joined by AND outside of brackets come first.
    let expression = expression.replace(" / ", " OR ").replace('/', " OR ");
    if expression.starts_with('(') && expression.contains(") AND ") {
        return expression.split(") AND ").all(|part| accepted(part.trim_matches(['(', ')'])));
    }
    expression.split(" OR ").any(|alternative| alternative.split(" AND ").all(known))
}

#[test]
fn licences_are_read_as_expressions() {
    for (expression, expected) in [
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("Apache-2.0 OR GPL-2.0-only", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND GPL-3.0", false),
        ("MIT AND GPL-3.0", false),
        ("AGPL-3.0", false),
        ("MPL-2.0+", false),
        ("none", false),
    ] {
        assert_eq!(accepted(expression), expected, "{expression}");
    }
}

/// Crate `1.10506.0` stands for library `1.5.6`: two digits for the minor, two for the patch.
#[test]
fn duckdbs_crate_and_library_are_of_one_version() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let (_, rest) = lock.split_once("name = \"duckdb\"\nversion = \"").unwrap();
    let packed: u32 = rest.split('.').nth(1).unwrap().parse().unwrap();
    let of_crate = format!("v{}.{}.{}", packed / 10_000, packed / 100 % 100, packed % 100);
    let connection = duckdb::Connection::open_in_memory().unwrap();
    let of_library: String = connection
        .query_row("SELECT library_version FROM pragma_version()", [], |row| row.get(0))
        .unwrap();
    assert_eq!(of_library, of_crate);
}
