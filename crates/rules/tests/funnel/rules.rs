//! Every test and operator of conditions, against facts worked out by hand (product.md §4).

use crate::universe::{Universe, id};
use rules::assets::{Condition, Field, Funnel};
use rules::facts::{Device, Facts};
use rules::funnel::*;
use rules::record::{Question, Reply};

/// Sunday 2026-11-22, 03:30 in UTC; Saturday 22:30 in New York.
const AT_MS: u64 = 1_795_318_200_000;

fn facts() -> Facts {
    Facts {
        ip: Some("192.0.2.77".parse().unwrap()),
        continent: "NA".into(),
        country: "US".into(),
        region: "New York".into(),
        city: "Zürich".into(),
        timezone: "America/New_York".into(),
        asn: 15_169,
        isp: "Google LLC".into(),
        connection: "cellular".into(),
        device: Device::Mobile,
        brand: "Apple".into(),
        model: "iPhone".into(),
        os: "iOS".into(),
        os_version: "17.4".into(),
        browser: "Mobile Safari".into(),
        browser_version: "9".into(),
        language: "en".into(),
        bot: "".into(),
    }
}

struct Known;

impl Inputs for Known {
    fn ask(&mut self, question: &Question) -> Reply {
        match question {
            Question::SeenNode(node) => Reply::Is(*node == id('N', 7)),
            Question::SeenPage(page) => Reply::Is(*page == id('L', 1)),
            Question::Converted(offer) => Reply::Is(*offer == id('O', 1)),
            Question::HasTag(tag) => Reply::Is(*tag == id('T', 1)),
            Question::Cap(name) if name == "N00000000001/r/0/0" => Reply::Count(5),
            Question::Cap(name) => panic!("{name}"),
            Question::NewVisitor => Reply::Is(true),
            Question::Data(name) if name == "Age" => Reply::Text(Some("42".into())),
            Question::Data(_) => Reply::Text(None),
            Question::Url => Reply::Text(Some("https://go.example/fts/a-b?utm=Mail".into())),
            Question::Referrer => Reply::Text(Some("https://WWW.News.example:8443/a?b".into())),
            Question::Sticky(_) | Question::Shown(_) | Question::Answer(_) => unreachable!(),
        }
    }
}

fn condition(rule: &str) -> Condition {
    let text =
        format!(r#"{{"name":"C","routes":[{{"key":"r","groups":[{{"rules":[{rule}]}}]}}]}}"#);
    serde_json::from_str(&text).unwrap_or_else(|flaw| panic!("{flaw}: {text}"))
}

fn plan(rule: &str) -> Ready {
    let mut universe = Universe::new();
    universe.conditions.insert(id('K', 1), condition(rule));
    let funnel: Funnel = serde_json::from_str(
        r#"{"name":"F","nodes":[{"id":"N00000000000","kind":"traffic"},
            {"id":"N00000000001","kind":"condition","condition":"K00000000001"}],
            "connections":[]}"#,
    )
    .unwrap();
    Ready::new(Plan::compile(id('F', 1), &funnel, &universe))
}

fn holds(rule: &str, facts: &Facts, seed: u64) -> bool {
    assert_eq!(condition_problems(&condition(rule), &Universe::new()), [], "{rule}");
    let fields = [
        ("campaign".parse::<Field>().unwrap(), "Summer-1".into()),
        ("c2".parse().unwrap(), "9.50".into()),
    ];
    let request = Request { facts, source: id('Z', 1), fields: &fields, domain: "go.example" };
    let start = Start::Entrance { node: Some(id('N', 1)) };
    let route = route(&plan(rule), start, &request, &mut Known, seed, AT_MS);
    route.steps[0].why == Reason::Matched { route: 0, group: 0 }
}

/// `test op value|value`, and whether it holds.
const TABLE: &[(&str, bool)] = &[
    ("continent is NA", true),
    ("country is us", true),
    ("country is DE", false),
    ("country is DE|US", true),
    ("country is-not DE", true),
    ("country is-not DE|US", false),
    ("country in-list DE|US|FR", true),
    ("country exists", true),
    ("region contains york", true),
    ("region starts new", true),
    ("region ends YORK", true),
    ("region ends new", false),
    ("city is ZÜRICH", true),
    ("city matches ^z.rich$", true),
    ("city matches ^rich", false),
    ("timezone is america/new_york", true),
    ("device is mobile", true),
    ("brand is apple", true),
    ("model starts iph", true),
    ("os is ios", true),
    // 17.4 against 17, 17.10 and 9, part by part.
    ("os-version > 17", true),
    ("os-version < 17.10", true),
    ("os-version > 9", true),
    ("os-version >= 17.4.0", true),
    ("os-version <= 17.4", true),
    ("os-version < 17.4", false),
    ("os-version is 17.4.0", true),
    ("os-version is 17", false),
    ("os-version starts 17.", true),
    ("browser contains safari", true),
    ("browser-version < 10", true),
    ("language is EN", true),
    ("isp contains google", true),
    ("isp > apple", true),
    ("asn is AS15169", true),
    ("asn is 15169", true),
    ("asn < 15170", true),
    ("connection is cellular", true),
    ("ip is 192.0.2.0/24", true),
    ("ip is 192.0.2.77", true),
    ("ip in-list 10.0.0.0/8|192.0.2.64/26", true),
    ("ip is-not 192.0.2.0/24", false),
    ("ip is 2001:db8::/32", false),
    ("ip exists", true),
    ("referrer contains /a?b", true),
    ("referrer-domain is www.news.example", true),
    ("referrer-domain ends .example", true),
    ("url contains utm=mail", true),
    ("tracking-domain is go.example", true),
    ("source is Z00000000001", true),
    ("source is-not Z00000000001", false),
    ("source in-list Z00000000002|Z00000000001", true),
    ("campaign is summer-1", true),
    // As numbers: 9.50 < 10, though "9" comes after "1".
    ("c2 < 10", true),
    ("c2 >= 9.5", true),
    ("c2 is 9.5", false),
    // A text that is no number stands in no order to one.
    ("campaign < 10", false),
    ("campaign >= 10", false),
    ("c3 exists", false),
    ("c3 is ", true),
    ("c3 is-not x", true),
    ("c3 < 5", false),
    ("external is x", false),
    ("data-Age > 41", true),
    ("data-age > 41", false),
    ("data-none exists", false),
    ("tag is T00000000001", true),
    ("tag is T00000000002|T00000000001", true),
    ("tag is-not T00000000001", false),
    ("tag is-not T00000000002", true),
    ("seen-node is N00000000007", true),
    ("seen-node is N00000000001", false),
    ("seen-page in-list O00000000001|L00000000001", true),
    ("converted is O00000000001", true),
    ("converted is O00000000002", false),
    ("new-visitor is true", true),
    ("new-visitor is no", false),
    ("new-visitor is-not false", true),
    ("bot is false", true),
    ("bot is yes", false),
    ("time is 03:30", true),
    ("time is 03:31", false),
    ("time is 03:00-04:00", true),
    ("time is 03:00-03:30", false),
    ("time in-list 22:00-04:00", true),
    ("time is-not 22:00-04:00", false),
    ("time is 04:00-03:31", true),
    ("time < 03:31", true),
    ("time >= 03:31", false),
    ("weekday is sunday", true),
    ("weekday is Sun", true),
    ("weekday is 7", true),
    ("weekday in-list mon|tue", false),
    ("weekday > 5", true),
    ("date is 2026-11-22", true),
    ("date < 2026-12-01", true),
    ("date >= 2026-11-23", false),
];

fn rule(text: &str) -> String {
    let mut parts = text.splitn(3, ' ');
    let (test, op) = (parts.next().unwrap(), parts.next().unwrap());
    let values: Vec<&str> = parts.next().map(|v| v.split('|').collect()).unwrap_or_default();
    serde_json::json!({"test": test, "op": op, "values": values}).to_string()
}

#[test]
fn each_test_holds_or_does_not() {
    for (text, expected) in TABLE {
        assert_eq!(holds(&rule(text), &facts(), 1), *expected, "{text}");
    }
}

#[test]
fn every_test_has_a_row() {
    let named = |name: &str| TABLE.iter().any(|(text, _)| text.starts_with(&format!("{name} ")));
    let fields = |name: &str| name.parse::<Field>().is_ok();
    let missing: Vec<_> = tests()
        .into_iter()
        .map(|test| test.name.replace("NAME", "Age"))
        .filter(|name| !named(name) && !fields(name) && !["random", "cap"].contains(&name.as_str()))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn nobody_known_is_nothing_but_not_something_else_either() {
    for (text, expected) in [
        ("country is US", false),
        ("country is-not US", true),
        ("country exists", false),
        ("country is ", true),
        ("os-version < 99", false),
        ("os-version >= 0", false),
        ("asn exists", false),
        ("ip exists", false),
        ("ip is-not 10.0.0.0/8", true),
        ("device exists", false),
    ] {
        assert_eq!(holds(&rule(text), &Facts::default(), 1), expected, "{text}");
    }
}

#[test]
fn times_are_those_of_the_rules_zone() {
    for (text, zone, expected) in [
        ("time is 22:30", "America/New_York", true),
        ("weekday is saturday", "America/New_York", true),
        ("date is 2026-11-21", "America/New_York", true),
        ("time is 09:00", "Asia/Kolkata", true),
    ] {
        let mut rule: serde_json::Value = serde_json::from_str(&rule(text)).unwrap();
        rule["timezone"] = zone.into();
        assert_eq!(holds(&rule.to_string(), &facts(), 1), expected, "{text} {zone}");
    }
}

#[test]
fn a_cap_is_compared_with_its_counter() {
    for (op, value, expected) in [
        ("<", "5", false),
        ("<", "6", true),
        (">=", "5", true),
        ("is", "5", true),
        ("is-not", "5", false),
    ] {
        let rule = format!(
            r#"{{"test":"cap","op":"{op}","values":["{value}"],"cap":
                {{"count":"conversions","of":"O00000000001","over":{{"rolling":{{"minutes":60}}}}}}}}"#
        );
        assert_eq!(holds(&rule, &facts(), 1), expected, "{op} {value}");
        let plan = plan(&rule);
        assert_eq!(plan.caps().len(), 1);
        assert_eq!(plan.caps()[0].name, "N00000000001/r/0/0");
    }
}

#[test]
fn a_random_share_is_the_share_it_says() {
    let share = |text: &str| {
        let rule = rule(text);
        (0..4000).filter(|seed| holds(&rule, &facts(), *seed)).count()
    };
    assert_eq!(share("random < 0"), 0);
    assert_eq!(share("random < 100"), 4000);
    // 4000 × 0.3 = 1200, standard deviation 29: four of them.
    let third = share("random < 30");
    assert!((1084..=1316).contains(&third), "{third}");
    let rest = share("random >= 30");
    assert_eq!(third + rest, 4000);
}

/// A rule that cannot be read is named with its field; none of these may be saved.
#[test]
fn flaws_of_rules_are_named_at_their_field() {
    for (rule, field) in [
        (r#"{"test":"colour","op":"is","values":["x"]}"#, "test"),
        (r#"{"test":"c21","op":"is","values":["x"]}"#, "test"),
        (r#"{"test":"data-","op":"is","values":["x"]}"#, "test"),
        (r#"{"test":"country","op":"is"}"#, "values"),
        (r#"{"test":"country","op":"exists","values":["x"]}"#, "values"),
        (r#"{"test":"country","op":"<","values":["a","b"]}"#, "values"),
        (r#"{"test":"country","op":"contains","values":["a",""]}"#, "values[1]"),
        (r#"{"test":"country","op":"matches","values":["("]}"#, "values[0]"),
        (r#"{"test":"country","op":"matches","values":["(((a{100}){100}){100})"]}"#, "values[0]"),
        (r#"{"test":"os-version","op":"<","values":["new"]}"#, "values[0]"),
        (r#"{"test":"ip","op":"is","values":["10.0.0.0/33"]}"#, "values[0]"),
        (r#"{"test":"ip","op":"contains","values":["10"]}"#, "op"),
        (r#"{"test":"tag","op":"is","values":["nobody"]}"#, "values[0]"),
        (r#"{"test":"tag","op":"is","values":["T00000000009"]}"#, "values[0]"),
        (r#"{"test":"converted","op":"is","values":["L00000000001"]}"#, "values[0]"),
        (r#"{"test":"seen-page","op":"is","values":["X00000000001"]}"#, "values[0]"),
        (r#"{"test":"bot","op":"is","values":["maybe"]}"#, "values[0]"),
        (r#"{"test":"random","op":"is","values":["3"]}"#, "op"),
        (r#"{"test":"random","op":"<","values":["101"]}"#, "values[0]"),
        (r#"{"test":"random","op":"<","values":["-1"]}"#, "values[0]"),
        (r#"{"test":"random","op":"<","values":["NaN"]}"#, "values[0]"),
        (r#"{"test":"time","op":"is","values":["24:00"]}"#, "values[0]"),
        (r#"{"test":"time","op":"<","values":["09:00-10:00"]}"#, "values[0]"),
        (r#"{"test":"time","op":"is","values":["09:00"],"timezone":"Mars/Base"}"#, "timezone"),
        (r#"{"test":"weekday","op":"is","values":["8"]}"#, "values[0]"),
        (r#"{"test":"date","op":"is","values":["2026-02-30"]}"#, "values[0]"),
        (r#"{"test":"cap","op":"<","values":["5"]}"#, "cap"),
        (
            r#"{"test":"cap","op":"<","values":["5"],"cap":{"count":"visits","of":"O00000000001","over":{"rolling":{"minutes":0}}}}"#,
            "cap.over",
        ),
        (
            r#"{"test":"cap","op":"<","values":["5"],"cap":{"count":"visits","of":"O00000000001","over":{"calendar":{"period":"year"}}}}"#,
            "cap.over",
        ),
        (
            r#"{"test":"cap","op":"<","values":["-5"],"cap":{"count":"visits","of":"O00000000001","over":{"rolling":{"minutes":9}}}}"#,
            "values[0]",
        ),
    ] {
        let problems = condition_problems(&condition(rule), &Universe::new());
        let places: Vec<_> = problems.iter().map(|problem| problem.at.as_str()).collect();
        assert_eq!(places, [format!("routes[0].groups[0].rules[0].{field}")], "{rule}");
        // And if it came to be stored all the same, it never holds.
        let start = Start::Entrance { node: Some(id('N', 1)) };
        let facts = facts();
        let request = Request { facts: &facts, source: id('Z', 1), fields: &[], domain: "" };
        route(&plan(rule), start, &request, &mut Known, 1, AT_MS);
    }
}
