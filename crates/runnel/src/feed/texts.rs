//! The texts that reports group a visit by, from what its records and entries carry.

use crate::host::host;
use crate::store::facts::{Text, Texts};
use compact_str::CompactString;
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
pub(super) fn set_fields<'a>(texts: &mut Texts<'a>, fields: &'a [(Field, CompactString)]) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_shows_its_system() {
        assert_eq!(versioned(" ", "14"), "14");
        assert_eq!(versioned("Android", "14"), "Android 14");
        assert_eq!(versioned("Android", ""), "");
    }
}
