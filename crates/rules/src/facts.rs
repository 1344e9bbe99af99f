//! What is known about a request's sender: place, network, device, language, whether it is a bot.
//! Promise: plain results of enrichment, so that routing, credit and reports never look anything up.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Results of enrichment. An empty text means unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The client's address as it may be kept (already truncated where privacy asks for it).
    pub ip: Option<IpAddr>,
    /// Continent code: `AF AN AS EU NA OC SA`.
    pub continent: CompactString,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: CompactString,
    /// First subdivision's name (user-supplied database only).
    pub region: CompactString,
    /// City's name (user-supplied database only).
    pub city: CompactString,
    /// IANA zone name (user-supplied database only).
    pub timezone: CompactString,
    /// Autonomous system number, 0 if unknown.
    pub asn: u32,
    /// The network's operator.
    pub isp: CompactString,
    /// Connection type, such as `cellular` (user-supplied database only).
    pub connection: CompactString,
    /// What it is.
    pub device: Device,
    /// Manufacturer.
    pub brand: CompactString,
    /// Model name.
    pub model: CompactString,
    /// Operating system's name.
    pub os: CompactString,
    /// Operating system's version, `major` or `major.minor`.
    pub os_version: CompactString,
    /// Browser's name.
    pub browser: CompactString,
    /// Browser's major version.
    pub browser_version: CompactString,
    /// Preferred language, ISO 639-1, lower case.
    pub language: CompactString,
    /// Why the sender counts as a bot; empty for people.
    pub bot: CompactString,
}

impl Facts {
    /// Whether the sender counts as a bot (product.md §3, §13).
    pub fn is_bot(&self) -> bool {
        !self.bot.is_empty()
    }
}

/// Kind of device.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// Not recognised.
    #[default]
    Unknown,
    /// Personal computer.
    Desktop,
    /// Telephone.
    Mobile,
    /// Tablet.
    Tablet,
    /// Television or set-top box.
    Tv,
    /// Game console.
    Console,
    /// Watch or other wearable.
    Wearable,
    /// Anything else with a browser.
    Other,
}

impl Device {
    /// The word in tokens, conditions and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Tv => "tv",
            Self::Console => "console",
            Self::Wearable => "wearable",
            Self::Other => "other",
        }
    }
}
