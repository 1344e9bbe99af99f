//! The texts that reports group a visit by, from what its records and entries carry.

use crate::store::facts::{Text, Texts};
use rules::assets::Field;
use rules::facts::Facts;

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
        texts.fields[field.index()] = (!value.is_empty()).then(|| value.as_str().into());
    }
}

/// Fills in where the visit came from and by which domain.
pub(super) fn set_way_in<'a>(texts: &mut Texts<'a>, referrer: &'a str, domain: &'a str) {
    texts.set(Text::Referrer, referrer);
    texts.set(Text::ReferrerDomain, host(referrer));
    texts.set(Text::Domain, domain);
}

/// A version alone would mix `10` of one system with `10` of another.
fn versioned(name: &str, version: &str) -> String {
    if version.is_empty() { String::new() } else { format!("{name} {version}").trim().to_owned() }
}

/// The host of a URL in lower case; empty if it has none.
fn host(referrer: &str) -> String {
    let parsed = url::Url::parse(referrer).ok();
    parsed.and_then(|url| url.host_str().map(str::to_ascii_lowercase)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_referrer_shows_its_host_and_a_version_its_system() {
        assert_eq!(host("https://News.Example:8443/a?b"), "news.example");
        assert_eq!(host("not a url"), "");
        assert_eq!(versioned("Android", "14"), "Android 14");
        assert_eq!(versioned("Android", ""), "");
    }
}
