//! Enrichment over the real data: user agents of 2024 to 2026 with what a person reads in them,
//! well-known addresses, hints, and the state without any data.

use super::*;
use http::HeaderValue;
use std::sync::LazyLock;

/// `device|brand|model|os|version|browser|version|bot`, a tab, the user agent.
const USER_AGENTS: &str = include_str!("user_agents.tsv");

static ENRICHER: LazyLock<Enricher> = LazyLock::new(|| Enricher::open(&with_data()));

fn with_data() -> Config {
    let folder = std::env::var_os("RUNNEL_KNOWLEDGE").map(PathBuf::from).unwrap_or_default();
    assert!(
        folder.join("bots.json").exists(),
        "run `make setup` first: no address data in {folder:?}"
    );
    let city_database = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/city.mmdb");
    Config { knowledge: folder, city_database, ..Config::default() }
}

fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    list.iter().map(pair).collect()
}

fn at(address: &str) -> Facts {
    ENRICHER.facts(address.parse().unwrap(), &HeaderMap::new())
}

fn seen(list: &[(&'static str, &str)]) -> Facts {
    ENRICHER.facts("127.0.0.1".parse().unwrap(), &headers(list))
}

fn summary(facts: &Facts) -> String {
    [
        facts.device.as_str(),
        &facts.brand,
        &facts.model,
        &facts.os,
        &facts.os_version,
        &facts.browser,
        &facts.browser_version,
        &facts.bot,
    ]
    .join("|")
}

#[test]
fn user_agents_are_read_as_a_person_reads_them() {
    let wrong: Vec<String> = USER_AGENTS
        .lines()
        .filter_map(|line| {
            let (expected, user_agent) = line.split_once('\t').unwrap();
            let got = summary(&seen(&[("user-agent", user_agent)]));
            (got != expected)
                .then(|| format!("{user_agent}\n  expected {expected}\n  got      {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(USER_AGENTS.lines().count() >= 80);
}

#[test]
fn hints_that_a_browser_sends_win_over_its_user_agent() {
    let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                  Chrome/131.0.0.0 Safari/537.36";
    let android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                   Chrome/131.0.0.0 Mobile Safari/537.36";
    let brave = r#""Brave";v="131", "Chromium";v="131", "Not_A Brand";v="24""#;
    let google = r#""Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24""#;
    let headless = r#""HeadlessChrome";v="131", "Chromium";v="131""#;
    let (ua, ch, platform, version) =
        ("user-agent", "sec-ch-ua", "sec-ch-ua-platform", "sec-ch-ua-platform-version");
    for (list, expected) in [
        (
            vec![(ua, chrome), (ch, brave), (platform, "\"Windows\"")],
            "desktop|||Windows|10|Brave|131|",
        ),
        (
            vec![(ua, chrome), (ch, google), (platform, "\"Windows\""), (version, "\"15.0.0\"")],
            "desktop|||Windows|11|Chrome|131|",
        ),
        (
            vec![(ua, chrome), (ch, google), (platform, "\"Windows\""), (version, "\"10.0.0\"")],
            "desktop|||Windows|10|Chrome|131|",
        ),
        (
            vec![
                (ua, android),
                (ch, google),
                (platform, "\"Android\""),
                (version, "\"15.0.0\""),
                ("sec-ch-ua-mobile", "?1"),
                ("sec-ch-ua-model", "\"SM-S928B\""),
            ],
            "mobile|Samsung|SM-S928B|Android|15|Chrome Mobile|131|",
        ),
        (
            vec![
                (ua, android),
                (ch, google),
                (platform, "\"Android\""),
                ("sec-ch-ua-form-factors", "\"Tablet\""),
            ],
            "tablet|||Android|10|Chrome Mobile|131|",
        ),
        (
            vec![(ua, chrome), (ch, headless), (platform, "\"Windows\"")],
            "desktop|||Windows|10|Chrome|131|browser-automation: HeadlessChrome",
        ),
    ] {
        assert_eq!(summary(&seen(&list)), expected, "{list:?}");
    }
}

#[test]
fn well_known_addresses_are_placed() {
    for (address, country, continent, asn, isp) in [
        ("8.8.8.8", "US", "NA", 15169, "Google"),
        ("::ffff:8.8.8.8", "US", "NA", 15169, "Google"),
        ("2001:4860:4860::8888", "US", "NA", 15169, "Google"),
        ("1.1.1.1", "US", "NA", 13335, "Cloudflare"),
        ("5.9.0.1", "DE", "EU", 24940, "Hetzner"),
        ("202.12.27.33", "JP", "AS", 7500, "WIDE"),
        ("200.160.2.3", "BR", "SA", 22548, "NIC.BR"),
        ("41.231.5.1", "TN", "AF", 37705, "TOPNET"),
        ("127.0.0.1", "", "", 0, ""),
        ("::1", "", "", 0, ""),
        ("10.1.2.3", "", "", 0, ""),
    ] {
        let facts = at(address);
        let got = (&*facts.country, &*facts.continent, facts.asn);
        assert_eq!(got, (country, continent, asn), "{address}");
        assert!(facts.isp.contains(isp) && facts.isp.is_empty() == isp.is_empty(), "{}", facts.isp);
    }
    assert_eq!(at("::ffff:8.8.8.8").ip, Some("8.8.8.8".parse().unwrap()));
}

#[test]
fn the_users_own_database_adds_the_city() {
    let facts = at("198.51.100.7");
    assert_eq!((&*facts.country, &*facts.continent), ("GB", "EU"));
    assert_eq!((&*facts.region, &*facts.city), ("England", "Oxford"));
    assert_eq!((&*facts.timezone, &*facts.connection), ("Europe/London", "cellular"));
    assert_eq!((facts.asn, &*facts.isp), (64496, "Example Mobile"));
    let partial = at("2001:db8::1");
    assert_eq!((&*partial.country, &*partial.city, &*partial.timezone), ("JP", "", "Asia/Tokyo"));
}

#[test]
fn every_bot_pattern_of_the_pinned_lists_is_read() {
    let patterns: bots::BotPatterns = read_json(&with_data().knowledge.join("bots.json")).unwrap();
    let (listed, compiled) = (patterns.count(), bots::Bots::new(&patterns).count());
    assert!(listed > 1_500, "{listed}");
    assert_eq!(compiled, listed + bots::SCANNERS.len());
}

#[test]
fn without_data_everything_else_still_works() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("country.mmdb"), b"torn").unwrap();
    std::fs::write(folder.path().join("bots.json"), b"{").unwrap();
    let config = Config { knowledge: folder.path().into(), ..Config::default() };
    let list = [("user-agent", "Mozilla/5.0 (iPhone) Mobile"), ("accept-language", "de")];
    let enricher = Enricher::open(&config);
    let facts = enricher.facts("8.8.8.8".parse().unwrap(), &headers(&list));
    assert_eq!((&*facts.country, facts.asn, &*facts.browser), ("", 0, ""));
    assert_eq!((facts.device.as_str(), &*facts.language, facts.is_bot()), ("mobile", "de", false));
    for name in ["country.mmdb", "bots.json"] {
        std::fs::copy(with_data().knowledge.join(name), folder.path().join(name)).unwrap();
    }
    enricher.reload();
    let facts = enricher.facts("8.8.8.8".parse().unwrap(), &headers(&[("user-agent", "curl/8")]));
    assert_eq!((&*facts.country, &*facts.bot), ("US", "http-library: curl"), "after a reload");
}

#[test]
fn hostile_headers_are_bounded() {
    let long = format!("Mozilla/5.0 {}", "é;(".repeat(20_000));
    let bytes = HeaderValue::from_bytes(long.as_bytes()).unwrap();
    let mut list =
        headers(&[("sec-ch-ua", &"\"x\";v=\"1\",".repeat(5_000)), ("sec-ch-ua-model", "\"<b>\"")]);
    list.insert("user-agent", bytes);
    let facts = ENRICHER.facts("127.0.0.1".parse().unwrap(), &list);
    assert!(facts.model.len() <= 64 && facts.browser.len() <= 256);
    assert_eq!(seen(&[]).bot, "no-user-agent");
}
