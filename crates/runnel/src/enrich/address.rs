//! Connection and forwarding headers → the client's address.
//! Promise: a header is believed only when the connection comes from a configured proxy, and only as
//! far as the chain of configured proxies reaches (product.md §3.5).

use super::proxy::Proxy;
use crate::head::name::FORWARDED_FOR;
use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The configured proxies, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<(IpNet, Option<&'static str>)>);

impl Proxies {
    /// Presets become their networks.
    pub fn new(configured: &[Proxy]) -> Self {
        let networks = configured.iter().flat_map(|proxy| match proxy {
            Proxy::Net(network) => vec![(*network, None)],
            Proxy::Preset(preset) => preset.networks().map(|n| (n, preset.header())).collect(),
        });
        Self(networks.collect())
    }

    /// Whether forwarding headers from this address are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.of(peer).is_some()
    }

    /// The client's address: the connection's own, unless a configured proxy names another.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        let Some((_, own_header)) = self.of(peer) else { return peer };
        let named = own_header.and_then(|name| single(headers, name));
        named.unwrap_or_else(|| self.forwarded(peer, headers))
    }

    /// Follows the chain from the nearest proxy outwards: the first address that is no configured
    /// proxy is the client's. What stands left of it could be written by anybody.
    fn forwarded(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut hops = hops(headers, FORWARDED_FOR).map(read_address).peekable();
        if hops.peek().is_some() {
            return self.outermost(peer, hops);
        }
        let mut hops = self::hops(headers, header::FORWARDED).map(forwarded_for).peekable();
        match hops.peek() {
            Some(_) => self.outermost(peer, hops),
            None => single(headers, "x-real-ip").unwrap_or(peer),
        }
    }

    /// `hops` are nearest first; unreadable ones are none.
    fn outermost(&self, peer: IpAddr, hops: impl Iterator<Item = Option<IpAddr>>) -> IpAddr {
        let mut nearest = peer;
        for address in hops.map_while(|hop| hop) {
            nearest = address;
            if !self.trusts(nearest) {
                break;
            }
        }
        nearest
    }

    fn of(&self, peer: IpAddr) -> Option<&(IpNet, Option<&'static str>)> {
        let peer = peer.to_canonical();
        self.0.iter().find(|(network, _)| network.contains(&peer))
    }
}

/// The entries of all lists under `name`, nearest first.
fn hops(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.rev().flat_map(|value| value.rsplit(',').map(str::trim))
}

/// `for=192.0.2.60;proto=http` (RFC 7239) → the address.
fn forwarded_for(hop: &str) -> Option<IpAddr> {
    let pairs = hop.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    read_address(value.trim_matches('"'))
}

fn single(headers: &HeaderMap, name: &str) -> Option<IpAddr> {
    read_address(headers.get(name)?.to_str().ok()?.trim())
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn read_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|s| s.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// The address as it is kept where privacy asks for it: IPv4 to /24, IPv6 to /48 (product.md §13).
pub fn truncated(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            IpAddr::from([a, b, c, 0])
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            IpAddr::from([a, b, c, 0, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn client(proxies: &[&str], peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let proxies: Vec<Proxy> = proxies.iter().map(|p| p.parse().unwrap()).collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Proxies::new(&proxies).client(ip(peer), &map).to_string()
    }

    #[test]
    fn headers_are_believed_as_far_as_configured_proxies_reach() {
        let xff = "x-forwarded-for";
        let cf = "cf-connecting-ip";
        for (proxies, peer, headers, expected) in [
            (vec![], "198.51.100.1", vec![(xff, "1.2.3.4")], "198.51.100.1"),
            (vec![], "198.51.100.1", vec![(cf, "1.2.3.4")], "198.51.100.1"),
            (vec!["private"], "10.0.0.1", vec![(xff, "1.2.3.4")], "1.2.3.4"),
            // A client cannot prepend an address of its own choice.
            (vec!["private"], "10.0.0.1", vec![(xff, "9.9.9.9, 1.2.3.4")], "1.2.3.4"),
            (vec!["private"], "10.0.0.1", vec![(xff, "9.9.9.9, 1.2.3.4, 10.0.0.2")], "1.2.3.4"),
            (vec!["private"], "10.0.0.1", vec![(xff, "9.9.9.9"), (xff, "1.2.3.4")], "1.2.3.4"),
            (vec!["private"], "10.0.0.1", vec![(xff, "1.2.3.4, nonsense, 10.0.0.2")], "10.0.0.2"),
            (vec!["private"], "10.0.0.1", vec![(xff, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            (vec!["private"], "10.0.0.1", vec![(xff, "[2001:db8::5]:443")], "2001:db8::5"),
            (vec!["private"], "10.0.0.1", vec![(xff, "1.2.3.4:5678")], "1.2.3.4"),
            (vec!["private"], "::ffff:10.0.0.1", vec![(xff, "::ffff:1.2.3.4")], "1.2.3.4"),
            (vec!["private"], "10.0.0.1", vec![("x-real-ip", "1.2.3.4")], "1.2.3.4"),
            (
                vec!["private"],
                "10.0.0.1",
                vec![("forwarded", "for=\"[2001:db8::7]:1\";proto=https")],
                "2001:db8::7",
            ),
            (vec!["private"], "10.0.0.1", vec![], "10.0.0.1"),
            // Only Cloudflare's own connections may name the client in its header.
            (vec!["cloudflare"], "104.16.1.1", vec![(cf, "1.2.3.4"), (xff, "5.5.5.5")], "1.2.3.4"),
            (
                vec!["cloudflare", "private"],
                "10.0.0.1",
                vec![(cf, "9.9.9.9"), (xff, "1.2.3.4, 104.16.1.1")],
                "1.2.3.4",
            ),
            (vec!["192.0.2.7"], "192.0.2.7", vec![(xff, "1.2.3.4")], "1.2.3.4"),
            (vec!["192.0.2.7"], "192.0.2.8", vec![(xff, "1.2.3.4")], "192.0.2.8"),
            (vec!["2400::/12"], "2400:cb00::1", vec![(xff, "1.2.3.4")], "1.2.3.4"),
        ] {
            assert_eq!(
                client(&proxies, peer, &headers),
                expected,
                "{proxies:?} {peer} {headers:?}"
            );
        }
    }

    #[test]
    fn addresses_are_truncated_by_family() {
        for (address, kept) in [
            ("203.0.113.77", "203.0.113.0"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
            ("127.0.0.1", "127.0.0.0"),
        ] {
            assert_eq!(truncated(ip(address)), ip(kept));
        }
    }
}
