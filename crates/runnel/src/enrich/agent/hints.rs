//! Client hints (`Sec-CH-UA…`): what a browser says of itself on purpose.
//! Promise: values are cut and stripped before use; made-up brands ("Not A;Brand") are skipped.

use super::{Agent, version};
use crate::head::{
    self,
    name::{CH_UA, CH_UA_PLATFORM},
};
use http::{HeaderMap, header::AsHeaderName};
use std::borrow::Cow;

/// Bytes of each hint that are read.
const MOST_HINT_BYTES: usize = 256;

/// The hints of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hints {
    /// Brand and major version of `Sec-CH-UA` that is neither Chromium nor made up.
    brand: Option<(String, String)>,
    pub(super) headless: bool,
    pub(super) mobile: Option<bool>,
    pub(super) form_factors: String,
    platform: String,
    platform_version: String,
    pub(super) model: Option<String>,
}

impl Hints {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let brands = raw(headers, CH_UA);
        if brands.is_empty() && !headers.contains_key(CH_UA_PLATFORM) {
            return Self::default();
        }
        let model = quoted(headers, "sec-ch-ua-model");
        Self {
            headless: brands.contains("HeadlessChrome"),
            brand: main_brand(brands),
            mobile: match raw(headers, "sec-ch-ua-mobile") {
                "?1" => Some(true),
                "?0" => Some(false),
                _ => None,
            },
            form_factors: raw(headers, "sec-ch-ua-form-factors").to_ascii_lowercase(),
            platform: quoted(headers, "sec-ch-ua-platform"),
            platform_version: quoted(headers, "sec-ch-ua-platform-version"),
            model: (!model.is_empty()).then_some(model),
        }
    }

    /// What a sender is remembered by.
    pub(super) fn key<'a>(&self, user_agent: &'a str) -> Cow<'a, str> {
        if *self == Self::default() {
            Cow::Borrowed(user_agent)
        } else {
            Cow::Owned(format!("{user_agent}\n{self:?}"))
        }
    }

    /// Lets the hints speak over what the user agent said.
    pub(super) fn apply(&self, agent: &mut Agent) {
        self.apply_browser(agent);
        if !self.platform.is_empty() {
            let os = system(&self.platform);
            if agent.os != os && os != "Linux" {
                agent.os = os.into();
                agent.os_version.clear();
            }
        }
        if let Some(version) = self.system_version() {
            agent.os_version = version.into();
        }
    }

    /// An in-app browser that the user agent names stays; a plain Chrome may be another brand.
    fn apply_browser(&self, agent: &mut Agent) {
        let Some((brand, major)) = &self.brand else { return };
        let plain = agent.browser.is_empty() || agent.browser.starts_with("Chrom");
        let other = !matches!(&**brand, "Google Chrome" | "Android WebView" | "HeadlessChrome");
        if plain && other {
            agent.browser = browser(brand).into();
        }
        if plain {
            agent.browser_version = major.into();
        }
    }

    /// Windows counts its feature updates: 13 and later are Windows 11, 1 to 10 Windows 10.
    fn system_version(&self) -> Option<String> {
        let mut parts = self.platform_version.split('.');
        let major = parts.next().filter(|major| !major.is_empty())?;
        if self.platform != "Windows" {
            return Some(version(Some(major), parts.next()));
        }
        match major.parse::<u32>().ok()? {
            13.. => Some("11".into()),
            1..=12 => Some("10".into()),
            0 => None,
        }
    }
}

/// `"Brave";v="124", "Chromium";v="124", "Not-A.Brand";v="99"` → Brave, 124.
fn main_brand(list: &str) -> Option<(String, String)> {
    let brands = list.split(',').filter_map(|entry| {
        let (name, rest) = entry.trim().strip_prefix('"')?.split_once('"')?;
        let version = rest.split_once("v=\"")?.1.split('"').next()?;
        let major = version.split('.').next()?;
        let digits = major.len() <= 5 && major.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| (plain(name), major.to_owned()))
    });
    let made_up = |name: &str| {
        let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect();
        letters.to_ascii_lowercase().contains("notabrand")
            || (letters.starts_with("Not") && letters.ends_with("Brand"))
    };
    brands.into_iter().find(|(name, _)| name != "Chromium" && !made_up(name))
}

/// The brand as uap-core calls the browser.
fn browser(brand: &str) -> &str {
    match brand {
        "Microsoft Edge" => "Edge",
        "Opera GX" | "Opera Air" => "Opera",
        "YaBrowser" | "Yandex" => "Yandex Browser",
        "DuckDuckGo" => "DuckDuckGo",
        other => other,
    }
}

/// The platform as uap-core calls the system.
fn system(platform: &str) -> &str {
    match platform {
        "Chrome OS" | "Chromium OS" => "Chrome OS",
        other => other,
    }
}

fn raw(headers: &HeaderMap, name: impl AsHeaderName) -> &str {
    let text = head::text(headers, name);
    text.get(..text.len().min(MOST_HINT_BYTES)).unwrap_or_default()
}

/// The value of a quoted hint.
fn quoted(headers: &HeaderMap, name: &str) -> String {
    plain(raw(headers, name).trim().trim_matches('"'))
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(64).collect()
}
