//! What bad input gets (product.md §17): a table of hostile requests, each with its exact answer.
//! Promise: never a 5xx, never a panic, never a way to a place that nobody configured.

use crate::tracking::{LANDER, Road, road};
use crate::world::{IPHONE, World, parameter};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came over the wire.
#[derive(Debug)]
struct Wire {
    /// 0 if the connection was closed without one.
    status: u16,
    head: String,
    body: String,
}

impl Wire {
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The values of a header.
    fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }
}

/// Sends bytes as they are, on a connection of their own.
async fn raw(to: SocketAddr, bytes: &[u8]) -> Wire {
    let (mut reader, mut writer) = TcpStream::connect(to).await.unwrap().into_split();
    let bytes = bytes.to_vec();
    // A server may answer and close before it has read everything.
    let sending = tokio::spawn(async move {
        let _ = writer.write_all(&bytes).await;
        writer
    });
    let mut answer = Vec::new();
    let reading = reader.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(30), reading).await.expect("an answer");
    drop(sending.await);
    Wire::read(&answer)
}

/// A request with the given head lines, closed after its answer.
async fn ask(world: &World, line: &str, headers: &str, body: &[u8]) -> Wire {
    let length =
        if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let head = format!(
        "{line} HTTP/1.1\r\nHost: go.example\r\nUser-Agent: {IPHONE}\r\nConnection: close\r\n\
         {headers}{length}\r\n"
    );
    raw(world.running().track, &[head.as_bytes(), body].concat()).await
}

/// Hosts that the account configured; nobody is ever sent anywhere else.
const CONFIGURED: [&str; 2] = ["https://lander.example/", "https://offer.example/"];

/// What must hold of every answer, whatever was asked.
fn harmless(answer: &Wire, asked: &str) {
    assert!(answer.status < 500, "{asked}: {answer:?}");
    for to in answer.header("location") {
        assert!(CONFIGURED.iter().any(|site| to.starts_with(site)), "{asked}: {to}");
        assert!(to.bytes().all(|byte| byte.is_ascii_graphic()), "{asked}: {to}");
    }
    for cookie in answer.header("set-cookie") {
        assert!(
            cookie.starts_with("rn_vid=") || cookie.starts_with("rn_hit="),
            "{asked}: {cookie}"
        );
    }
    assert!(answer.header("location").len() <= 1 && answer.header("set-cookie").len() <= 2);
}

const REFUSED: &str = "The request is too large.";

#[tokio::test(flavor = "multi_thread")]
async fn hostile_entrances_and_actions() {
    let world = World::new().await;
    let Road { source, funnel, .. } = road(&world).await;
    let link = format!("/fts/{funnel}-{source}");
    let many = |count: usize| (0..count).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
    let nobody = "0000000000000000000000zz";
    let (mut wrong, mut sent_on) = (Vec::new(), 0);
    for (line, headers, status, body) in [
        // Links that lead nowhere.
        ("GET /fts/".into(), "", 404, "Not found"),
        ("GET /fts/x".into(), "", 404, "Not found"),
        ("GET /fts/x-y".into(), "", 404, "Not found"),
        (format!("GET /fts/{funnel}"), "", 404, "Not found"),
        (format!("GET /fts/{funnel}-{funnel}"), "", 404, "Not found"),
        (format!("GET /fts/{source}-{source}"), "", 404, "Not found"),
        (format!("GET {link}-x"), "", 404, "Not found"),
        (format!("GET {link}/more"), "", 404, "Not found"),
        ("GET /fts/%FF-%FE".into(), "", 404, "Not found"),
        ("GET /fts/%00%0D%0A".into(), "", 404, "Not found"),
        ("GET /../../etc/passwd".into(), "", 404, "Not found"),
        ("GET //evil.example/%2e%2e".into(), "", 404, "Not found"),
        (format!("GET {link}?n=XXXXXXXXXXXX"), "", 404, "Not found"),
        // A node that cannot be read is one that does not exist.
        (format!("GET {link}?n=%00"), "", 404, "Not found"),
        // Actions that nobody drew.
        ("GET /action/0".into(), "", 404, "Not found"),
        ("GET /action/256".into(), "", 404, "Not found"),
        ("GET /action/-1".into(), "", 404, "Not found"),
        ("GET /action/1e0".into(), "", 404, "Not found"),
        ("GET /action/99999999999999999999".into(), "", 404, "Not found"),
        ("GET /action/%FF".into(), "", 404, "Not found"),
        ("GET /action/1".into(), "", 404, "Not found"),
        (format!("GET /action/1?hit={nobody}"), "", 404, "Not found"),
        (format!("GET /action/1?vid={nobody}&n={LANDER}"), "", 404, "Not found"),
        ("GET /action/1".into(), "Cookie: rn_hit=\u{1}; rn_vid=;;;=\r\n", 400, ""),
        ("GET /action/1".into(), "Cookie: rn_hit=x; rn_vid; =; rn_hit\r\n", 404, "Not found"),
        (
            "GET /action/1".into(),
            "Referer: https://evil.example/?vid=x&n=%00\r\n",
            404,
            "Not found",
        ),
        // Sizes: 200 parameters and 2 KiB a value are taken, 8 KiB of URL are not.
        (format!("GET {link}?{}", many(200)), "", 302, ""),
        (format!("GET {link}?{}", many(201)), "", 400, REFUSED),
        (format!("GET {link}?a={}", "x".repeat(2048)), "", 302, ""),
        (format!("GET {link}?a={}", "x".repeat(2049)), "", 400, REFUSED),
        (format!("GET {link}?{}=a", "x".repeat(2049)), "", 400, REFUSED),
        (format!("GET {link}?{}", "x&".repeat(4200)), "", 414, REFUSED),
        // Methods.
        (format!("DELETE {link}"), "", 405, ""),
        (format!("POST {link}"), "", 405, ""),
        ("TRACE /action/1".into(), "", 405, ""),
        ("FROBNICATE /".into(), "", 404, "Not found"),
        // Values that visitors make up are taken as texts.
        (format!("GET {link}?c=NaN&zone=a&zone=b"), "", 302, ""),
        (format!("GET {link}?c=-5"), "", 302, ""),
        (format!("GET {link}?c=1e308&c=cpm_inf"), "", 302, ""),
        (format!("GET {link}?vid={nobody}&hit={nobody}"), "", 302, ""),
        (format!("GET {link}?vid=%7Bvid%7D"), "", 302, ""),
        (format!("GET {link}?%FF=%FE&%00=%0D%0A&&&=&=x"), "", 302, ""),
        (
            format!("GET {link}?"),
            "Accept-Language: ;;q=9,\r\nReferer: \u{fffd}\u{fffd}\r\n",
            302,
            "",
        ),
        (format!("GET {link}"), "User-Agent:\r\nX-Forwarded-For: ,,,evil\r\n", 302, ""),
    ] {
        let answer = ask(&world, &line, headers, b"").await;
        let asked: String = line.chars().take(100).collect();
        harmless(&answer, &asked);
        sent_on += usize::from(status == 302);
        if answer.status != status || !(body.is_empty() || answer.body == body) {
            wrong.push(format!("{asked} {headers:?}: not {status} {body:?} but {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Nobody of those was counted who was not sent on.
    let report = world.report(json!([])).await;
    assert_eq!(report["totals"]["visits"], sent_on, "{report}");
    assert_eq!(report["totals"]["cost"], "0.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitors_values_choose_no_place_and_split_no_header() {
    let world = World::new().await;
    let Road { source, funnel, .. } = road(&world).await;
    for value in [
        "%0d%0aSet-Cookie:%20x=1",
        "%0D%0ALocation:%20https://evil.example/",
        "//evil.example/",
        "https://evil.example/",
        "%2F%2Fevil.example",
        "@evil.example",
        "%5Cevil.example",
        "javascript:alert(1)",
        "a%26h%3D1%26vid%3Dx",
        "%23fragment",
        "..%2F..%2F",
        "%00",
        "{hit}",
        "%F0%9F%92%A9",
        "%",
        "%zz",
    ] {
        let names = ["zone", "url", "redirect", "to", "vid", "next", "external", "data-x"];
        let query: Vec<_> = names.iter().map(|name| format!("{name}={value}")).collect();
        let line = format!("GET /fts/{funnel}-{source}?{}", query.join("&"));
        let headers = "X-Forwarded-Host: evil.example\r\nX-Original-URL: //evil.example\r\n\
            Referer: https://evil.example/\r\nForwarded: host=evil.example\r\n";
        let answer = ask(&world, &line, headers, b"").await;
        harmless(&answer, value);
        let to = answer.header("location")[0];
        let url = reqwest::Url::parse(to).unwrap();
        let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(names, ["h", "z", "vid"], "{value}: {to}");
        assert_eq!((url.path(), url.fragment()), ("/", None), "{value}: {to}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_hosts_heads_and_bodies() {
    let world = World::new().await;
    let Road { source, funnel, .. } = road(&world).await;
    let link = format!("/fts/{funnel}-{source}");
    let track = world.running().track;
    let megabyte = vec![b'a'; 1 << 20];
    // Any host name is served alike, and none is believed.
    for host in ["evil.example", "127.0.0.1:1", "[::1]:80", "a".repeat(300).as_str(), "-", "xn--"] {
        let request = format!("GET {link} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = raw(track, request.as_bytes()).await;
        harmless(&answer, host);
        assert_eq!(answer.status, 302, "{host}: {answer:?}");
    }
    // Heads that are no HTTP.
    let mut wrong = Vec::new();
    for (bytes, status) in [
        (format!("GET {link}\x01 HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes(), 400),
        (format!("GET {link}?a=\x7f HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes(), 400),
        (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n".to_vec(), 400),
        (b"\0\0\0\0\r\n\r\n".to_vec(), 400),
        (b"GET /\r\n\r\n".to_vec(), 400),
        (b"GET / HTTP/1.1\r\nA\0B: c\r\n\r\n".to_vec(), 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n".to_vec(), 400),
        (
            b"POST /pb/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n".to_vec(),
            400,
        ),
    ] {
        let answer = raw(track, &bytes).await;
        let asked = String::from_utf8_lossy(&bytes).into_owned();
        harmless(&answer, &asked);
        if answer.status != status {
            wrong.push(format!("{asked:?}: not {status} but {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Header floods.
    let one = format!("X-A: {}\r\n", "a".repeat(20_000));
    let many: String = (0..2000).map(|n| format!("X-{n}: {n}\r\n")).collect();
    let line = format!("GET {link}");
    for headers in [&one, &many] {
        let answer = ask(&world, &line, headers, b"").await;
        assert_eq!(answer.status, 431, "{:?}", &answer.head);
    }
    // Bodies: 64 KiB are read, more are refused before they are.
    for (line, kind, status) in [
        ("POST /pb/", "application/x-www-form-urlencoded", 413),
        ("POST /pb/", "application/json", 413),
        ("POST /js/event", "application/json", 413),
        ("POST /js/funnel", "application/json", 413),
        ("POST /action/1", "application/x-www-form-urlencoded", 413),
    ] {
        let answer = ask(&world, line, &format!("Content-Type: {kind}\r\n"), &megabyte).await;
        harmless(&answer, line);
        assert_eq!(answer.status, status, "{line} {kind}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_postbacks() {
    let world = World::new().await;
    let road = road(&world).await;
    let entered = world.get(&road.entrance()).await;
    let lander = crate::world::location(&entered);
    let acted = world.get(&format!("/action/1?hit={}", parameter(&lander, "h"))).await;
    let hit = parameter(&crate::world::location(&acted), "clickid");
    let forged = format!("{}{}", &hit[..23], if hit.ends_with('0') { '1' } else { '0' });
    let deep = format!("{{\"hit\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let json = "Content-Type: application/json\r\n";
    let mut wrong = Vec::new();
    for (line, headers, body, expected) in [
        ("GET /pb/".to_owned(), "", "", "LOGGED reason=missing_hit parameter=hit"),
        (format!("GET /pb/?hit={forged}"), "", "", "LOGGED reason=unknown_hit parameter=hit"),
        ("GET /pb/?hit=%00%FF".into(), "", "", "LOGGED reason=unknown_hit parameter=hit"),
        (
            format!("GET /pb/?hit={}", "9".repeat(2000)),
            "",
            "",
            "LOGGED reason=unknown_hit parameter=hit",
        ),
        ("GET /pb/?hit={hit}".into(), "", "", "LOGGED reason=unreplaced_macro parameter=hit"),
        (
            format!("GET /pb/?hit={hit}&rev=NaN"),
            "",
            "",
            "LOGGED reason=unreadable_rev parameter=rev",
        ),
        (
            format!("GET /pb/?hit={hit}&rev=1e9"),
            "",
            "",
            "LOGGED reason=unreadable_rev parameter=rev",
        ),
        (
            format!("GET /pb/?hit={hit}&rev={}", "9".repeat(400)),
            "",
            "",
            "LOGGED reason=unreadable_rev parameter=rev",
        ),
        (
            format!("GET /pb/?hit={hit}&rev=%FF"),
            "",
            "",
            "LOGGED reason=unreadable_rev parameter=rev",
        ),
        (
            format!("GET /pb/?hit={hit}&rev=1&currency=DOGE"),
            "",
            "",
            "LOGGED reason=unknown_currency parameter=currency",
        ),
        (
            format!("GET /pb/?hit={hit}&time=9e99"),
            "",
            "",
            "LOGGED reason=unreadable_time parameter=time",
        ),
        (
            format!("GET /pb/?hit={hit}&time=99999999999"),
            "",
            "",
            "LOGGED reason=time_in_future parameter=time",
        ),
        (
            format!("GET /pb/?hit={hit}&event=%00"),
            "",
            "",
            "LOGGED reason=unknown_event parameter=event",
        ),
        ("POST /pb/".into(), json, "{", "LOGGED reason=missing_hit parameter=hit"),
        ("POST /pb/".into(), json, deep.as_str(), "LOGGED reason=missing_hit parameter=hit"),
        ("POST /pb/".into(), json, "[[[]]]", "LOGGED reason=missing_hit parameter=hit"),
        (
            "POST /pb/".into(),
            "Content-Type: \u{fffd}\r\n",
            "\u{0}=\u{0}",
            "LOGGED reason=missing_hit parameter=hit",
        ),
        // A reject of nothing changes nothing; markup in the chosen word is not repeated.
        (format!("GET /pb/?hit={hit}&rev=-1&return=%3Cscript%3E"), "", "", "OK"),
        // The first that is not empty wins, of ours before aliases.
        (format!("GET /pb/?clickid=x&hit=&hit=%20{hit}&hit=y&tx=%20%20&rev=2&rev=9"), "", "", "OK"),
    ] {
        let answer = ask(&world, &line, headers, body.as_bytes()).await;
        let asked: String = line.chars().take(100).collect();
        harmless(&answer, &asked);
        if (answer.status, answer.body.trim_end()) != (200, expected) {
            wrong.push(format!("{asked}: not {expected:?} but {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let report = world.report(json!([])).await;
    assert_eq!(report["totals"]["revenue"], "2.00", "{report}");
    assert_eq!(report["totals"]["conversions"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_pages() {
    let world = World::new().await;
    let Road { source, funnel, .. } = road(&world).await;
    let json = "Content-Type: application/json\r\n";
    let evil = "Content-Type: application/json\r\nOrigin: https://evil.example\r\n";
    let good = format!(r#"{{"f":"{funnel}","ts":"{source}","n":"{LANDER}"}}"#);
    let deep = "[".repeat(50_000);
    let mut wrong = Vec::new();
    for (line, headers, body, status) in [
        ("POST /js/funnel", json, "", 400),
        ("POST /js/funnel", json, "{", 400),
        ("POST /js/funnel", json, "null", 400),
        ("POST /js/funnel", json, deep.as_str(), 400),
        ("POST /js/funnel", json, r#"{"f":7}"#, 400),
        ("POST /js/funnel", json, r#"{"f":"XXXXXXXXXXXX"}"#, 400),
        ("POST /js/funnel", json, r#"{"vid":"\u0000","hit":"\ud83d\ude00"}"#, 400),
        ("POST /js/funnel", evil, good.as_str(), 403),
        ("POST /js/funnel", "Origin: null\r\n", good.as_str(), 403),
        ("POST /js/funnel", "Origin: \u{fffd}\r\n", good.as_str(), 403),
        ("POST /js/funnel", json, good.as_str(), 200),
        ("GET /js/funnel", "", "", 405),
        ("POST /js/event", json, "", 200),
        ("POST /js/event", json, deep.as_str(), 200),
        ("POST /js/event", evil, "{}", 403),
    ] {
        let answer = ask(&world, line, headers, body.as_bytes()).await;
        let asked: String = format!("{line} {headers} {body}").chars().take(150).collect();
        harmless(&answer, &asked);
        if answer.status != status {
            wrong.push(format!("{asked}: not {status} but {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_clients_of_the_api() {
    let world = World::new().await;
    let admin = world.running().admin;
    let (key, nobody) = (format!("Authorization: Bearer {}\r\n", world.key), String::new());
    let forged = "Authorization: Bearer rk_\u{fffd}\r\n".to_owned();
    let json = format!("{key}Content-Type: application/json\r\n");
    let deep = format!("{{\"name\":{}", "[".repeat(100_000));
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(1 << 20));
    let huge = vec![b' '; 6 << 20];
    let report = r#"{"from":"-999999-01-01T00:00:00Z","to":"9999-01-01T00:00:00Z","timezone":"Mars/Base","groupings":[{"by":"1;DROP TABLE facts"}],"limit":1e300}"#;
    let mut wrong = Vec::new();
    for (line, headers, body, status) in [
        ("GET /api/v1/landers", &nobody, b"".as_slice(), 401),
        ("GET /api/v1/landers", &forged, b"", 401),
        ("GET /api/v1/landers/%00", &key, b"", 400),
        ("GET /api/v1/landers/%FF", &key, b"", 400),
        ("GET /api/v1/landers/'%20OR%201=1--", &key, b"", 400),
        ("GET /api/v1/nonsense", &key, b"", 404),
        ("DELETE /api/v1", &key, b"", 404),
        ("GET /api/v1/explorer/hit/x", &key, b"", 404),
        ("GET /api/v1/explorer/visitor/%00", &key, b"", 404),
        ("POST /api/v1/landers", &key, b"{}", 415),
        ("POST /api/v1/landers", &json, b"", 400),
        ("POST /api/v1/landers", &json, b"{", 400),
        ("POST /api/v1/landers", &json, b"[]", 400),
        ("POST /api/v1/landers", &json, b"\xff\xfe", 400),
        (
            "POST /api/v1/landers",
            &json,
            b"{\"name\":\"a\",\"url\":\"https://a.example/\",\"x\":1}",
            400,
        ),
        ("POST /api/v1/landers", &json, b"{\"name\":\"a\",\"url\":\"javascript:alert(1)\"}", 400),
        ("POST /api/v1/landers", &json, b"{\"name\":\"a\",\"url\":\"https://{c1}/\"}", 400),
        (
            "POST /api/v1/landers",
            &json,
            b"{\"id\":\"../../etc/x\",\"name\":\"a\",\"url\":\"https://a.example/\"}",
            400,
        ),
        ("POST /api/v1/landers", &json, deep.as_bytes(), 400),
        ("POST /api/v1/landers", &json, long.as_bytes(), 400),
        ("POST /api/v1/landers", &json, &huge, 413),
        ("POST /api/v1/funnels", &json, b"{\"name\":\"F\",\"nodes\":[],\"connections\":[]}", 400),
        (
            "POST /api/v1/offers",
            &json,
            b"{\"name\":\"a\",\"url\":\"https://a.example/\",\"payout\":\"1e9\"}",
            400,
        ),
        (
            "POST /api/v1/offers",
            &json,
            b"{\"name\":\"a\",\"url\":\"https://a.example/\",\"payout\":-1}",
            400,
        ),
        ("POST /api/v1/reports/drilldown", &json, report.as_bytes(), 400),
        ("POST /api/v1/reports/drilldown", &json, b"{}", 400),
    ] {
        let head = format!("{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}");
        let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
        let answer = raw(admin, &[head.as_bytes(), body].concat()).await;
        let asked: String =
            format!("{line} {}", String::from_utf8_lossy(body)).chars().take(120).collect();
        let problem = answer.header("content-type") == ["application/problem+json"];
        if answer.status != status || !problem {
            wrong.push(format!("{asked}: not {status} but {answer:?}"));
        }
        assert!(!answer.body.contains("src/") && !answer.body.contains("SELECT"), "{answer:?}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Bytes changed at random in real requests: whatever they become, the answer is harmless and the
/// server goes on.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_requests() {
    let world = World::new().await;
    let Road { source, funnel, .. } = road(&world).await;
    let track = world.running().track;
    let close = "Host: go.example\r\nConnection: close\r\n";
    let body = format!(r#"{{"f":"{funnel}","ts":"{source}","n":"{LANDER}","tokens":["{{hit}}"]}}"#);
    let real = [
        format!(
            "GET /fts/{funnel}-{source}?zone=1&clickid=a%20b&c=0.05&n={LANDER} HTTP/1.1\r\n{close}\r\n"
        ),
        format!(
            "GET /action/1?vid=x&n={LANDER} HTTP/1.1\r\n{close}Cookie: rn_vid=x; rn_hit=y\r\nReferer: https://lander.example/?h=1\r\n\r\n"
        ),
        format!(
            "POST /js/funnel HTTP/1.1\r\n{close}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
        format!("GET /pb/?hit=x&rev=1,250.75&tx=a&status=pending&time=1 HTTP/1.1\r\n{close}\r\n"),
    ];
    let mut chance = 88_172_645_463_325_252_u64;
    let mut below = move |bound: usize| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        (chance % bound as u64) as usize
    };
    for round in 0..600 {
        let mut bytes = real[round % real.len()].clone().into_bytes();
        // The last two bytes stay, so that the server need not wait for the head's end.
        for _ in 0..1 + below(4) {
            let at = below(bytes.len() - 2);
            match below(3) {
                0 => bytes[at] = below(256) as u8,
                1 => bytes.insert(at, below(256) as u8),
                _ => bytes.insert(at, b"%&={}/?;\"\\"[below(10)]),
            }
        }
        let half = TcpStream::connect(track).await.unwrap();
        let answer = whole(half, &bytes).await;
        harmless(&answer, &String::from_utf8_lossy(&bytes));
    }
    assert_eq!(world.get(&format!("/fts/{funnel}-{source}")).await.status(), 302);
}

/// Who sends nothing further while the click waits for the disk is answered: it is seen to its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_click_is_seen_to_its_end_though_nothing_more_can_come() {
    let world = World::new().await;
    let Road { source, funnel, .. } = road(&world).await;
    let track = world.running().track;
    let click = format!("GET /fts/{funnel}-{source} HTTP/1.1\r\nHost: go.example\r\n\r\n");
    for _ in 0..20 {
        let stream = TcpStream::connect(track).await.unwrap();
        assert_eq!(whole(stream, click.as_bytes()).await.status, 302);
    }
}

/// Sends all and ends the sending side, so that a server that waits for more learns there is none.
async fn whole(mut stream: TcpStream, bytes: &[u8]) -> Wire {
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(30), reading).await.expect("an answer");
    Wire::read(&answer)
}
