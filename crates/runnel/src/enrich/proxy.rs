//! Names of proxies as people configure them, and the networks of well-known ones.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::str::FromStr;

/// One entry of the configured proxies: `10.0.0.0/8`, `192.0.2.7`, or the name of a preset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Proxy {
    /// A network, or one address.
    Net(IpNet),
    /// A well-known group of proxies.
    Preset(Preset),
}

/// Well-known groups of proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Cloudflare's published ranges; it names the client in `CF-Connecting-IP`.
    Cloudflare,
    /// Fastly's published ranges; it names the client in `Fastly-Client-IP`.
    Fastly,
    /// Private and loopback networks: a proxy on the same machine or in the same cluster.
    Private,
}

impl Preset {
    fn name(self) -> &'static str {
        match self {
            Self::Cloudflare => "cloudflare",
            Self::Fastly => "fastly",
            Self::Private => "private",
        }
    }

    /// The header in which these proxies name the client.
    pub(super) fn header(self) -> Option<&'static str> {
        match self {
            Self::Cloudflare => Some("cf-connecting-ip"),
            Self::Fastly => Some("fastly-client-ip"),
            Self::Private => None,
        }
    }

    pub(super) fn networks(self) -> impl Iterator<Item = IpNet> {
        let list = match self {
            Self::Cloudflare => CLOUDFLARE,
            Self::Fastly => FASTLY,
            Self::Private => PRIVATE,
        };
        list.split_whitespace().filter_map(|network| network.parse().ok())
    }
}

const CLOUDFLARE: &str = "173.245.48.0/20 103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 \
    141.101.64.0/18 108.162.192.0/18 190.93.240.0/20 188.114.96.0/20 197.234.240.0/22 \
    198.41.128.0/17 162.158.0.0/15 104.16.0.0/13 104.24.0.0/14 172.64.0.0/13 131.0.72.0/22 \
    2400:cb00::/32 2606:4700::/32 2803:f800::/32 2405:b500::/32 2405:8100::/32 2a06:98c0::/29 \
    2c0f:f248::/32";

const FASTLY: &str = "23.235.32.0/20 43.249.72.0/22 103.244.50.0/24 103.245.222.0/23 \
    103.245.224.0/24 104.156.80.0/20 140.248.64.0/18 140.248.128.0/17 146.75.0.0/17 \
    151.101.0.0/16 157.52.64.0/18 167.82.0.0/17 167.82.128.0/20 167.82.160.0/20 167.82.224.0/20 \
    172.111.64.0/18 185.31.16.0/22 199.27.72.0/21 199.232.0.0/16 2a04:4e40::/32 2a04:4e42::/32";

const PRIVATE: &str = "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 \
    169.254.0.0/16 ::1/128 fc00::/7 fe80::/10";

impl FromStr for Proxy {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        for preset in [Preset::Cloudflare, Preset::Fastly, Preset::Private] {
            if preset.name().eq_ignore_ascii_case(text) {
                return Ok(Self::Preset(preset));
            }
        }
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(Self::Net).map_err(|_| {
            format!("{text:?} is no network, no address, and none of cloudflare, fastly, private")
        })
    }
}

impl TryFrom<String> for Proxy {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Proxy> for String {
    fn from(proxy: Proxy) -> Self {
        match proxy {
            Proxy::Net(network) => network.to_string(),
            Proxy::Preset(preset) => preset.name().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_network_of_the_presets_is_read() {
        for (preset, list) in
            [(Preset::Cloudflare, CLOUDFLARE), (Preset::Fastly, FASTLY), (Preset::Private, PRIVATE)]
        {
            assert_eq!(preset.networks().count(), list.split_whitespace().count());
        }
    }

    #[test]
    fn entries_are_read_and_written_as_text() {
        for text in ["cloudflare", "fastly", "private", "10.0.0.0/8", "2001:db8::/32"] {
            assert_eq!(String::from(text.parse::<Proxy>().unwrap()), text);
        }
        assert_eq!(String::from("192.0.2.7".parse::<Proxy>().unwrap()), "192.0.2.7/32");
        assert!("cloudfare".parse::<Proxy>().unwrap_err().contains("cloudflare"));
    }
}
