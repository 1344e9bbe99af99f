//! The values that what is known of the sender gives to tokens, in a visit as in a delivery.

use super::Name;
use super::visit::put;
use crate::country::country_name;
use crate::facts::Facts;

/// Appends the value of `name`; nothing for names that are not about the sender.
pub(super) fn sent_by(facts: &Facts, name: Name, out: &mut String) {
    out.push_str(match name {
        Name::Continent => &facts.continent,
        Name::Country => &facts.country,
        Name::CountryName => country_name(&facts.country),
        Name::Region => &facts.region,
        Name::City => &facts.city,
        Name::Timezone => &facts.timezone,
        Name::Language => &facts.language,
        Name::Device => facts.device.as_str(),
        Name::Brand => &facts.brand,
        Name::Model => &facts.model,
        Name::Os => &facts.os,
        Name::OsVersion => &facts.os_version,
        Name::Browser => &facts.browser,
        Name::BrowserVersion => &facts.browser_version,
        Name::Isp => &facts.isp,
        Name::Connection => &facts.connection,
        Name::Ip => return facts.ip.iter().for_each(|ip| put(out, ip)),
        // Deliveries know some of these; a visit does not.
        _ => "",
    });
}
