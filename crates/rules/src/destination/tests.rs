//! Destinations worked out by hand, and properties that hold for any value.

use super::*;
use crate::template::{Name, Token};
use proptest::prelude::*;
use url::Url;

/// Every token that others can write has this value; ours have fixed ones.
struct Values(String);

impl Tokens for Values {
    fn token(&self, token: &Token, out: &mut String) {
        match token {
            Token::Known(Name::Country) => out.push_str("DE"),
            Token::Known(Name::Hit) => out.push_str("hit1"),
            Token::Known(Name::Vid) => out.push_str("vid1"),
            Token::Known(Name::Domain) => out.push_str("t.example"),
            Token::Known(_) | Token::Alias(_) => {}
            _ => out.push_str(&self.0),
        }
    }
}

fn pairs<T: for<'a> From<&'a str>>(list: &[(&str, &str)]) -> Vec<(T, T)> {
    list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn parts(url: &str) -> DestinationParts {
    DestinationParts { url: url.into(), vid_parameter: VID.into(), ..Default::default() }
}

fn built_from(
    parts: DestinationParts,
    value: &str,
    buffer: &[(&str, &str)],
) -> Result<String, Reason> {
    let schemes = ["market".to_owned(), "intent://".into(), "tel".into(), "javascript".into()];
    Destination::from(parts).build(&Values(value.into()), "vid1", &pairs(buffer), &schemes)
}

fn built(url: &str, value: &str) -> Result<String, Reason> {
    built_from(parts(url), value, &[])
}

#[test]
fn a_url_keeps_its_shape_and_gets_the_visitor() {
    for (url, value, expected) in [
        ("https://a.example", "", "https://a.example?vid=vid1"),
        (" https://A.Example/p ", "", "https://a.example/p?vid=vid1"),
        ("https://a.example/?b=2&a=1", "", "https://a.example/?b=2&a=1&vid=vid1"),
        ("https://a.example/?a=1&&a=2&", "", "https://a.example/?a=1&a=2&vid=vid1"),
        ("https://a.example/?flag", "", "https://a.example/?flag&vid=vid1"),
        ("https://a.example/#/x?y={c1}", "z&w", "https://a.example/?vid=vid1#/x?y=z%26w"),
        ("https://a.example/?h={hit}&x={none}", "", "https://a.example/?h=hit1&x=&vid=vid1"),
        ("https://a.example/?q=a%20b+c", "", "https://a.example/?q=a%20b+c&vid=vid1"),
        ("https://a.example/ä b?q=ü\"", "", "https://a.example/%C3%A4%20b?q=%C3%BC%22&vid=vid1"),
        ("https://bücher.example/", "", "https://xn--bcher-kva.example/?vid=vid1"),
        ("https://u:p@a.example:8443/", "", "https://u:p@a.example:8443/?vid=vid1"),
        ("https://a.example/?vid=mine", "", "https://a.example/?vid=mine"),
        ("https://a.example/?v%69d=mine", "", "https://a.example/?v%69d=mine"),
        ("https://a.example/?{c1}=1", "k&k", "https://a.example/?k%26k=1&vid=vid1"),
        ("https://a.example/{c1}/x", "../../b", "https://a.example/..%2F..%2Fb/x?vid=vid1"),
        ("https://a.example/p/{c1}/x", "..", "https://a.example/p//x?vid=vid1"),
        ("https://a.example/p/.{c1}/x", ".", "https://a.example/p//x?vid=vid1"),
        ("https://a.example/p/%2e{c1}/x", ".", "https://a.example/p//x?vid=vid1"),
        ("https://{country}.a.example/", "", "https://de.a.example/?vid=vid1"),
        ("https://{flux-domain}/p", "", "https://t.example/p?vid=vid1"),
        (
            "https://a.example/?to={data-url}",
            "https://e.example/?a=b#c",
            "https://a.example/?to=https%3A%2F%2Fe.example%2F%3Fa%3Db%23c&vid=vid1",
        ),
        ("market://details?id={c1}", "com.app", "market://details?id=com.app&vid=vid1"),
        ("intent://scan/#Intent;scheme=x;end", "", "intent://scan/?vid=vid1#Intent;scheme=x;end"),
        ("tel:+49{c1}", "1 2", "tel:+491%202"),
    ] {
        assert_eq!(built(url, value), Ok(expected.into()), "{url}");
    }
}

#[test]
fn where_the_configuration_does_not_name_scheme_and_host_nobody_goes() {
    for (url, reason) in [
        ("", Reason::NoScheme),
        ("a.example/path", Reason::NoScheme),
        ("//a.example/", Reason::NoScheme),
        ("{data-url}", Reason::NoScheme),
        ("{data-url}://a.example", Reason::NoScheme),
        ("https:{c1}", Reason::Host),
        ("https:/a.example", Reason::Host),
        ("https:///a.example", Reason::Host),
        ("https://", Reason::Host),
        ("https://a b.example/", Reason::Host),
        ("https://?x", Reason::Host),
        ("https://{c1}/", Reason::HostToken),
        ("https://a.example{c1}", Reason::HostToken),
        ("https://a.example:{c1}/", Reason::HostToken),
        ("https://{zone}.a.example/", Reason::HostToken),
        ("https://{data-x}@a.example/", Reason::HostToken),
        ("https://{language}.a.example/", Reason::Host),
        ("javascript:alert(1)", Reason::Scheme),
        ("JavaScript://a.example/%0aalert(1)", Reason::Scheme),
        ("data:text/html,x", Reason::Scheme),
        ("ftp://a.example/", Reason::Scheme),
    ] {
        assert_eq!(built(url, "evil.example"), Err(reason), "{url}");
    }
}

#[test]
fn a_later_layer_wins_in_place() {
    let layered = DestinationParts {
        layers: vec![
            pairs(&[("clickid", "{hit}"), ("a", "source")]),
            pairs(&[("a", "page"), ("p q", "1&2")]),
            pairs(&[("a", "node {c1}")]),
            pairs(&[("f", "funnel"), ("", "nameless")]),
        ],
        ..parts("https://a.example/?x=1&a=url&y=2&a=again#end")
    };
    assert_eq!(
        built_from(layered.clone(), "v/v", &[]).unwrap(),
        "https://a.example/?x=1&a=node%20v%2Fv&y=2&clickid=hit1&p%20q=1%262&f=funnel&vid=vid1#end"
    );
    let not_asked = built_from(layered.clone(), "", &[("x", "9")]).unwrap();
    assert!(not_asked.contains("?x=1&"), "the buffer is added only where the node says so");
    let accumulating = DestinationParts { accumulate: true, ..layered };
    let buffer =
        [("x", "old"), ("email", "a@b c"), ("x", "new"), ("vid", "forged"), ("", "nameless")];
    assert_eq!(
        built_from(accumulating, "v", &buffer).unwrap(),
        "https://a.example/?x=new&a=node%20v&y=2&clickid=hit1&p%20q=1%262&f=funnel\
         &email=a%40b%20c&vid=vid1#end"
    );
}

#[test]
fn an_offer_source_may_rename_the_visitors_parameter() {
    let renamed =
        DestinationParts { vid_parameter: "sub2".into(), ..parts("https://a.example/?vid=own") };
    assert_eq!(built_from(renamed, "", &[]).unwrap(), "https://a.example/?vid=own&sub2=vid1");
    let own =
        DestinationParts { vid_parameter: "sub2".into(), ..parts("https://a.example/?sub2={hit}") };
    assert_eq!(built_from(own, "", &[]).unwrap(), "https://a.example/?sub2=hit1");
    let layered = DestinationParts {
        layers: vec![pairs(&[("vid", "{visitor}")])],
        ..parts("https://a.example/")
    };
    assert_eq!(built_from(layered, "", &[]).unwrap(), "https://a.example/?vid=vid1");
    let delivery =
        DestinationParts { vid_parameter: String::new(), ..parts("https://a.example/?c={c1}") };
    assert_eq!(built_from(delivery, "x", &[]).unwrap(), "https://a.example/?c=x");
}

#[test]
fn what_is_too_long_is_refused_not_cut() {
    assert_eq!(
        built("https://a.example/?a={c1}", &"x".repeat(MOST_URL_BYTES)),
        Err(Reason::TooLong)
    );
}

#[test]
fn a_destination_is_serialised_as_its_parts() {
    let destination = Destination::from(DestinationParts {
        layers: vec![pairs(&[("a", "{c1}")])],
        accumulate: true,
        ..parts("https://a.example/")
    });
    let bytes = postcard::to_stdvec(&destination).unwrap();
    let read: Destination = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(read, destination);
    let buffer = pairs(&[("b", "2")]);
    assert_eq!(
        read.build(&Values("1".into()), "v", &buffer, &[]).unwrap(),
        "https://a.example/?a=1&b=2&vid=v"
    );
}

#[test]
fn saving_names_faults_and_warnings() {
    let found = |url: &str| {
        let schemes = ["market".to_owned()];
        check_url(url, &schemes, &["zone"])
            .iter()
            .map(|f| (f.is_fault(), f.message()))
            .collect::<Vec<_>>()
    };
    assert_eq!(found("https://a.example/?h={hit}&z={zone}&d={data-x}"), vec![]);
    assert_eq!(found("market://details?id=1"), vec![]);
    for (url, fault, part) in [
        ("https://a.example/?vid=1", false, "vid"),
        ("https://a.example/{zzone}", false, "{zzone}"),
        ("https://{c1}/", true, "host"),
        ("a.example", true, "scheme"),
        ("javascript:1", true, "scheme"),
        ("https://a.example\\b", true, "characters"),
        ("https://a.example/\n", false, ""),
        ("https://a.example/a\nb", true, "characters"),
    ] {
        let findings = found(url);
        if part.is_empty() {
            assert_eq!(findings, vec![], "{url}");
        } else {
            assert_eq!(findings.len(), 1, "{url}: {findings:?}");
            assert_eq!(findings[0].0, fault, "{url}");
            assert!(findings[0].1.contains(part), "{url}: {}", findings[0].1);
        }
    }
}

/// Values chosen to break out, beside arbitrary ones.
fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[/?#&=:@.%\\\\;\r\n\t a-c]{0,12}",
        Just("//evil.example".to_owned()),
        Just("\u{0}\u{7f}\u{85}\u{2028}".to_owned()),
    ]
}

proptest! {
    #[test]
    fn no_value_changes_host_path_depth_or_parameters(
        value in any_value(),
        name in "[a-z&=#?/ ]{1,6}",
        buffered in any_value(),
    ) {
        let template = DestinationParts {
            layers: vec![pairs(&[("l", "x{data-b}y"), ("m", "{zone}")])],
            accumulate: true,
            ..parts("https://a.example/p/{c1}/r?one={c2}&two=a{data-x}b#f{external}")
        };
        let Ok(text) = built_from(template, &value, &[(&name, &buffered)]) else {
            return Err(TestCaseError::reject("too long"));
        };
        prop_assert!(text.bytes().all(|b| b.is_ascii_graphic()));
        let url = Url::parse(&text).unwrap();
        prop_assert_eq!(url.host_str(), Some("a.example"));
        prop_assert_eq!((url.scheme(), url.username(), url.port()), ("https", "", None));
        let segments: Vec<_> = url.path_segments().unwrap().collect();
        prop_assert_eq!(segments.len(), 3);
        prop_assert_eq!((segments[0], segments[2]), ("p", "r"));
        let got: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut expected: Vec<(String, String)> = pairs(&[
            ("one", &value), ("two", &format!("a{value}b")), ("l", &format!("x{value}y")), ("m", ""),
        ]);
        match expected.iter_mut().find(|(known, _)| *known == name) {
            Some(pair) => pair.1.clone_from(&buffered),
            None => expected.push((name, buffered)),
        }
        expected.extend(pairs(&[("vid", "vid1")]));
        prop_assert_eq!(got, expected);
        let fragment = percent_encoding::percent_decode_str(url.fragment().unwrap());
        prop_assert_eq!(fragment.decode_utf8().unwrap(), format!("f{value}"));
    }

    #[test]
    fn any_configured_url_builds_something_visible_or_a_reason(url in any_value(), value in any_value()) {
        for url in [url.clone(), format!("https://{url}"), format!("https://a.example/{url}")] {
            if let Ok(text) = built(&url, &value) {
                prop_assert!(text.bytes().all(|b| b.is_ascii_graphic()), "{}", text);
            }
        }
    }
}
