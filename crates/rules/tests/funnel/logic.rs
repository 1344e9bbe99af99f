//! Logic nodes by hand: what expressions see and give, what stops them, what is refused at save.

use crate::universe::{Universe, id};
use rules::assets::{Field, Funnel};
use rules::facts::{Device, Facts};
use rules::funnel::*;
use rules::record::{Question, Reply};
use serde_json::json;

fn sample() -> Sample {
    Sample {
        facts: Facts {
            country: "US".into(),
            device: Device::Mobile,
            os_version: "17.4".into(),
            asn: 15_169,
            ip: "192.0.2.7".parse().ok(),
            ..Facts::default()
        },
        source: Some(id('Z', 1)),
        fields: vec![(Field::CAMPAIGN, "spring".into())],
        domain: "go.example".into(),
        data: [("age".into(), "42".into()), ("click id".into(), "x".into())].into(),
        has: vec![id('T', 1), id('N', 3), id('O', 2)],
        new_visitor: true,
        url: "https://go.example/fts/a-b?c1=z".into(),
        referrer: "https://News.Example/story".into(),
        seed: 1,
        // 2026-11-22T14:26:40Z, a Sunday.
        at_ms: 1_795_357_600_000,
    }
}

fn tried(expression: &str) -> Tried {
    try_logic(expression, "", &["yes".into(), "no".into()], &sample())
}

/// Whether `condition` holds for the sample.
#[track_caller]
fn holds(condition: &str) -> bool {
    let tried = tried(&format!("if {condition} {{ \"yes\" }} else {{ \"no\" }}"));
    assert_eq!(tried.failure, None, "{condition}: {tried:?}");
    tried.route == "yes"
}

#[test]
fn an_expression_sees_what_conditions_test_and_the_time_in_its_zone() {
    for condition in [
        r#"country == "US" && continent == """#,
        r#"device in ["mobile", "tablet"]"#,
        r#"os_version.starts_with("17") && asn == "15169" && ip == "192.0.2.7""#,
        r#"campaign == "spring" && c7 == "" && source == "Z00000000001""#,
        r#"tracking_domain == "go.example" && referrer_domain == "news.example""#,
        r#"url.contains("c1=z") && referrer.len() == 26"#,
        "new_visitor && !bot",
        r#"data.age == "42" && data["click id"] == "x" && data.none == """#,
        "number(data.age) > 41.5 && number(data.age) == 42 && !(number(country) > 0)",
        r#"tags["T00000000001"] && !tags["T00000000002"]"#,
        r#"seen_nodes["N00000000003"] && !seen_pages["L00000000001"] && converted["O00000000002"]"#,
        r#"year == 2026 && month == 11 && day == 22 && date == "2026-11-22""#,
        "hour == 14 && minute == 26 && weekday == 7 && hour in 9..15 && !(hour in 15..=20)",
        "random >= 0.0 && random < 100.0 && random == random",
        r#"switch country { "US" | "CA" => true, _ => false }"#,
    ] {
        assert!(holds(condition), "{condition}");
    }
    let kolkata = try_logic(
        r#"if hour == 19 && minute == 56 { "yes" } else { "no" }"#,
        "Asia/Kolkata",
        &["yes".into()],
        &sample(),
    );
    assert_eq!(kolkata.route, "yes");
}

#[test]
fn what_is_no_key_of_the_node_leads_to_default_with_the_reason() {
    use LogicFailure::{Failed, NoText, TooMuchWork, UnknownKey};
    let long = format!("let a = \"{}\"; {} a", "x".repeat(1000), "a += a; ".repeat(100));
    for (expression, failure, line) in [
        (r#""maybe""#, UnknownKey, None),
        ("42", NoText, None),
        (r#"if country == "DE" { "yes" }"#, NoText, None),
        ("let x = 1;\n x / 0", Failed, Some(2)),
        ("let x = [1];\n\n x[5]", Failed, Some(3)),
        (r#"tags["no ID"]"#, Failed, Some(1)),
        (&long, TooMuchWork, Some(1)),
    ] {
        let tried = tried(expression);
        assert_eq!((tried.route.as_str(), tried.failure), ("default", Some(failure)), "{tried:?}");
        assert_eq!(tried.line, line, "{tried:?}");
        assert!(tried.message.is_some());
    }
    let meant = tried(r#""default""#);
    assert_eq!((meant.route.as_str(), meant.failure), ("default", None));
}

/// What asks without end is stopped: the record would keep every reply.
#[test]
fn an_expression_asks_at_most_so_much() {
    let asking = |count: usize| {
        let each: String = (0..count).map(|n| format!("data.n{n};")).collect();
        tried(&format!("{each} \"yes\""))
    };
    assert_eq!(asking(50).route, "yes");
    assert_eq!(asking(51).failure, Some(LogicFailure::TooMuchWork));
}

/// The sandbox has no way to loop, to catch a question, to run text, or to reach anything outside.
#[test]
fn what_the_sandbox_has_not_is_refused() {
    for expression in [
        "loop { }",
        "while true { }",
        "for x in [1] { }",
        "do { } until true",
        "try { data.x } catch { } \"yes\"",
        "throw 1",
        "eval(\"1\")",
        "print(\"x\")",
        "fn f() { 1 } f()",
        "|x| x",
        "import \"x\" as x;",
        "timestamp()",
        "sleep(1)",
        "2 ** 3",
        "cuntry == \"US\"",
        "country.no_such_thing()",
        "if country { \"yes\" }",
        "\"yes",
        "data.x = 1; \"yes\"",
    ] {
        assert!(!problems_of(expression, &["yes"]).is_empty(), "{expression} is accepted");
    }
}

#[test]
fn problems_are_named_at_the_node_with_line_and_column() {
    let at = |expression: &str| {
        let problems = problems_of(expression, &["yes"]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(
            (problems[0].at.as_str(), problems[0].node),
            ("nodes[1].expression", Some(id('N', 1)))
        );
        problems[0].message.clone()
    };
    assert_eq!(
        at("let x = 1;\n  if cuntry == 2 { \"yes\" }"),
        "line 2, column 6: Undefined variable: cuntry"
    );
    assert!(at("if (").starts_with("line 1, column 5: "), "{}", at("if ("));
    assert_eq!(at(&"x".repeat(10_241)), "is longer than 10240 bytes");
    let deep = format!("{}1{}", "(".repeat(2000), ")".repeat(2000));
    assert!(at(&deep).contains("complexity"), "{}", at(&deep));
    let deep = format!("{}true", "!".repeat(5000));
    assert!(at(&deep).contains("complexity"), "{}", at(&deep));
}

#[test]
fn keys_are_unique_named_and_connected() {
    let messages = |keys: &[&str]| -> Vec<(String, String)> {
        let found = problems_of("\"yes\"", keys);
        found.into_iter().map(|problem| (problem.at, problem.message)).collect()
    };
    let text = |at: &str, message: &str| (at.to_owned(), message.to_owned());
    assert_eq!(messages(&["yes"]), []);
    assert_eq!(
        messages(&["yes", "yes", "", "default"]),
        [
            text("nodes[1].routes[1]", "is the key of an earlier route too"),
            text("nodes[1].routes[2]", "is empty"),
            text(
                "nodes[1].routes[3]",
                "is the name of the way that is taken when no route matches"
            ),
            text("nodes[1]", "does not connect its route “”"),
        ]
    );
    assert_eq!(
        messages(&["no"]),
        [
            text("nodes[1]", "does not connect its route “no”"),
            text("connections[1].route", "“yes” is no route of the node"),
        ]
    );
}

fn funnel(expression: &str, keys: &[&str]) -> Funnel {
    serde_json::from_value(json!({
        "name": "F",
        "nodes": [
            {"id": "N00000000000", "kind": "traffic"},
            {"id": "N00000000001", "kind": "logic", "expression": expression, "routes": keys},
            {"id": "N00000000002", "kind": "lander", "pages": [{"page": "L00000000001"}]},
            {"id": "N00000000003", "kind": "lander", "pages": [{"page": "L00000000002"}]},
        ],
        "connections": [
            {"id": "C00000000000", "from": "N00000000000", "to": "N00000000001"},
            {"id": "C00000000001", "from": "N00000000001", "to": "N00000000002", "route": "yes"},
            {"id": "C00000000002", "from": "N00000000001", "to": "N00000000003", "route": "default"},
        ],
    }))
    .unwrap()
}

fn problems_of(expression: &str, keys: &[&str]) -> Vec<Problem> {
    problems(&funnel(expression, keys), &Universe::new())
}

struct Knows(Vec<Question>);

impl Inputs for Knows {
    fn ask(&mut self, question: &Question) -> Reply {
        self.0.push(question.clone());
        Reply::Text(Some("42".into()))
    }
}

/// Only what the run came to is asked, each once, and the way follows the key.
#[test]
fn a_walk_follows_the_key_and_asks_only_what_the_run_needs() {
    let expression = r#"
        if country == "DE" && data.never == "1" { return "no"; }
        if data.age == "42" && data.age != data.other + "x" { "yes" } else { "default" }"#;
    let plan = funnel(expression, &["yes"]);
    assert_eq!(problems(&plan, &Universe::new()), []);
    let plan = Ready::new(Plan::compile(id('F', 1), &plan, &Universe::new()));
    let facts = Facts { country: "US".into(), ..Facts::default() };
    let request = Request { facts: &facts, source: id('Z', 1), fields: &[], domain: "go.example" };
    let mut knows = Knows(Vec::new());
    let route = route(&plan, Start::Entrance { node: None }, &request, &mut knows, 7, 1);
    assert_eq!(route.end, End::Page { node: id('N', 2), page: id('L', 1) });
    assert_eq!(route.steps[1].why, Reason::Gave { route: Some(0) });
    assert_eq!(knows.0, [Question::Data("age".into()), Question::Data("other".into())]);
}

/// The deepest expressions that are accepted, of every shape, run on half of the stack that a thread
/// of the server has.
#[test]
fn the_deepest_expression_fits_the_stack() {
    let shapes: [fn(usize) -> String; 7] = [
        |n| format!("{}1{}", "(1 + ".repeat(n), ")".repeat(n)),
        |n| format!("{}true", "!".repeat(n)),
        |n| format!("{}1{}", "[".repeat(n), "]".repeat(n)),
        |n| format!("{}1{}", "#{a: ".repeat(n), "}".repeat(n)),
        |n| format!("{}1{}", "if true { ".repeat(n), " }".repeat(n)),
        |n| format!("{}1{}", "switch 1 { 1 => ".repeat(n), ", _ => 2 }".repeat(n)),
        |n| format!("1{}", " + 1".repeat(n)),
    ];
    let work = move || {
        for shape in shapes {
            let long = [100, 200, 500, 1000, 2000];
            let accepted = |n: &usize| tried(&shape(*n)).failure == Some(LogicFailure::NoText);
            let deepest = (1..60).chain(long).filter(accepted).max();
            assert!(deepest.is_some_and(|deepest| deepest >= 5), "{}", shape(1));
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap();
}
