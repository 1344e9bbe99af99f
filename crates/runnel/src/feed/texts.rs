//! The texts that reports group a visit by, from what its records and entries carry.

use crate::store::facts::{Text, Texts};
use rules::assets::Field;
use rules::facts::Facts;
use std::borrow::Cow;

/// Fills in the sender of the visit.
pub(super) fn set_sender<'a>(texts: &mut Texts<'a>, facts: &'a Facts) {
    texts.set(Text::Device, facts.device.as_str());
    for (text, value) in [
        (Text::Brand, &facts.brand),
        (Text::Model, &facts.model),
        (Text::Os, &facts.os),
        (Text::Browser, &facts.browser),
        (Text::Language, &facts.language),
        (Text::Continent, &facts.continent),
        (Text::Country, &facts.country),
        (Text::Region, &facts.region),
        (Text::City, &facts.city),
        (Text::Isp, &facts.isp),
        (Text::Connection, &facts.connection),
    ] {
        texts.set(text, value.as_str());
    }
    texts.set(Text::OsVersion, versioned(&facts.os, &facts.os_version));
    texts.set(Text::BrowserVersion, versioned(&facts.browser, &facts.browser_version));
    texts.set(Text::Ip, facts.ip.map(|ip| ip.to_string()).unwrap_or_default());
}

/// Fills in the visit's tracking fields.
pub(super) fn set_fields<'a>(texts: &mut Texts<'a>, fields: &'a [(Field, String)]) {
    for (field, value) in fields {
        texts.set_field(*field, value);
    }
}

/// Fills in where the visit came from and by which domain.
pub(super) fn set_way_in<'a>(texts: &mut Texts<'a>, referrer: &'a str, domain: &'a str) {
    texts.set(Text::Referrer, referrer);
    texts.set(Text::ReferrerDomain, host(referrer));
    texts.set(Text::Domain, domain);
}

/// A version alone would mix `10` of one system with `10` of another.
fn versioned<'a>(name: &str, version: &'a str) -> Cow<'a, str> {
    if version.is_empty() || name.is_empty() {
        return version.trim().into();
    }
    let mut both = String::with_capacity(name.len() + 1 + version.len());
    both.extend([name, " ", version]);
    match both.trim() {
        trimmed if trimmed.len() == both.len() => both.into(),
        trimmed => trimmed.to_owned().into(),
    }
}

/// The host of a URL in lower case; empty if it has none.
fn host(referrer: &str) -> Cow<'_, str> {
    plain_host(referrer).unwrap_or_else(|| {
        let parsed = url::Url::parse(referrer).ok();
        let host = parsed.and_then(|url| url.host_str().map(str::to_ascii_lowercase));
        host.unwrap_or_default().into()
    })
}

/// The host of a URL whose host is what it looks like: labels of letters, digits and hyphens, the
/// last of them no number, none in punycode, before a path or the end. That is nearly every
/// referrer, at a twentieth of the cost of taking the whole URL apart.
fn plain_host(referrer: &str) -> Option<Cow<'_, str>> {
    let rest = referrer.strip_prefix("https://").or_else(|| referrer.strip_prefix("http://"))?;
    let (host, _) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let last = host.rsplit('.').next()?;
    if !host.bytes().all(plain) || !last.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    let special = |label: &str| label.is_empty() || label.as_bytes().get(2..4) == Some(b"--");
    if host.split('.').any(special) {
        return None;
    }
    match host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Some(host.to_ascii_lowercase().into()),
        false => Some(host.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(referrer: &str) -> String {
        let host = url::Url::parse(referrer).ok();
        host.and_then(|url| url.host_str().map(str::to_ascii_lowercase)).unwrap_or_default()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn a_plain_host_is_the_one_that_parsing_finds(
            referrer in "(http|https|HTTPS|ftp)://[a-zA-Z0-9.:@%_ é-]{0,12}(\\.(com|c0m|0|0x1))?[/?#\\\\]?[a-z@:/ ]{0,4}"
        ) {
            if let Some(host) = plain_host(&referrer) {
                prop_assert_eq!(host, parsed(&referrer));
            }
        }
    }

    #[test]
    fn a_referrer_shows_its_host_and_a_version_its_system() {
        assert_eq!(host("https://News.Example:8443/a?b"), "news.example");
        assert_eq!(host("not a url"), "");
        assert_eq!(plain_host("https://News.Example/a?b").as_deref(), Some("news.example"));
        assert_eq!(plain_host("https://1.2.3.4/"), None, "an address is read as one");
        assert_eq!(versioned(" ", "14"), "14");
        assert_eq!(versioned("Android", "14"), "Android 14");
        assert_eq!(versioned("Android", ""), "");
    }
}
