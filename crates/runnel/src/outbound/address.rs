//! An address → may this program connect to it? Checked on the very address that is dialled.
//! Promise: nothing but the public Internet, unless the operator listed the network; an IPv4 address
//! inside an IPv6 one is judged as well.
//!
//! The ranges are the union of those that Smokescreen and Svix refuse, and the rest of IANA's
//! special-purpose registries.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

/// A network, or one address, that may be called though it is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Allowed(IpNet);

impl TryFrom<String> for Allowed {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(Self).map_err(|_| format!("{text:?} is neither a network nor an address"))
    }
}

impl From<Allowed> for String {
    fn from(allowed: Allowed) -> Self {
        allowed.0.to_string()
    }
}

/// Says which addresses may be dialled.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allowed: Vec<IpNet>,
}

impl Guard {
    /// Lets through what is public and what is listed.
    pub fn new(allowed: &[Allowed]) -> Self {
        Self { allowed: allowed.iter().map(|allowed| allowed.0).collect() }
    }

    /// # Errors
    /// The address is not to be dialled; the text names its range.
    pub fn judge(&self, address: IpAddr) -> Result<(), &'static str> {
        let address = address.to_canonical();
        let listed = self.allowed.iter().any(|network| network.contains(&address));
        if let (false, Some(range)) = (listed, forbidden(address)) {
            return Err(range);
        }
        // A listed translation prefix must not lead into a network that is not listed.
        match embedded(address) {
            Some(inner) => self.judge(inner.into()),
            None => Ok(()),
        }
    }
}

/// The range that makes `address` no public one.
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    let named = |ranges: &[(IpNet, &'static str)]| {
        ranges.iter().find(|(network, _)| network.contains(&address)).map(|(_, name)| *name)
    };
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let address = IpAddr::V4(v4);
            RANGES_4.iter().find(|(network, _)| network.contains(&address)).map(|(_, name)| *name)
        }
        IpAddr::V6(v6) => named(&RANGES_6).or_else(|| isatap(v6)).or_else(|| outside(v6)),
    }
}

/// Only 2000::/3 is handed out for the public Internet.
fn outside(address: Ipv6Addr) -> Option<&'static str> {
    (address.segments()[0] >> 13 != 1).then_some("outside of the public addresses 2000::/3")
}

/// ISATAP hides an IPv4 address behind an interface number of its own, in any network.
fn isatap(address: Ipv6Addr) -> Option<&'static str> {
    let part = address.segments();
    (part[4] & !0x0200 == 0 && part[5] == 0x5efe).then_some("ISATAP, carries an IPv4 address")
}

/// The IPv4 address that a translator or tunnel would make of `address`.
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let part = address.segments();
    let inner = |high: u16, low: u16| Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match part {
        [0x2002, high, low, ..] => inner(high, low),
        [0x2001, 0, .., high, low] => inner(!high, !low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x64, 0xff9b, 1, .., high, low] => inner(high, low),
        [0, 0, 0, 0, 0xffff, 0, high, low] => inner(high, low),
        [0, 0, 0, 0, 0, 0, high, low] => inner(high, low),
        _ if isatap(address).is_some() => inner(part[6], part[7]),
        _ => None,
    }
}

type Ranges = Vec<(IpNet, &'static str)>;

static RANGES_4: LazyLock<Ranges> = LazyLock::new(|| networks(FORBIDDEN_4));
static RANGES_6: LazyLock<Ranges> = LazyLock::new(|| networks(FORBIDDEN_6));

fn networks(list: &[(&str, &'static str)]) -> Ranges {
    list.iter().filter_map(|(network, name)| Some((network.parse().ok()?, *name))).collect()
}

/// The single addresses stand before the ranges that hold them, so that they are named.
const FORBIDDEN_4: &[(&str, &str)] = &[
    ("0.0.0.0/8", "this network (0.0.0.0/8)"),
    ("10.0.0.0/8", "a private network (10.0.0.0/8)"),
    ("100.100.100.200/32", "cloud metadata (100.100.100.200)"),
    ("100.64.0.0/10", "shared by a provider's customers (100.64.0.0/10)"),
    ("127.0.0.0/8", "this machine (127.0.0.0/8)"),
    ("168.63.129.16/32", "cloud metadata (168.63.129.16)"),
    ("169.254.169.254/32", "cloud metadata (169.254.169.254)"),
    ("169.254.0.0/16", "the local link (169.254.0.0/16)"),
    ("172.16.0.0/12", "a private network (172.16.0.0/12)"),
    ("192.0.0.192/32", "cloud metadata (192.0.0.192)"),
    ("192.0.0.0/24", "protocol assignments (192.0.0.0/24)"),
    ("192.0.2.0/24", "documentation (192.0.2.0/24)"),
    ("192.88.99.0/24", "6to4 relays (192.88.99.0/24)"),
    ("192.168.0.0/16", "a private network (192.168.0.0/16)"),
    ("198.18.0.0/15", "benchmarks (198.18.0.0/15)"),
    ("198.51.100.0/24", "documentation (198.51.100.0/24)"),
    ("203.0.113.0/24", "documentation (203.0.113.0/24)"),
    ("224.0.0.0/4", "multicast (224.0.0.0/4)"),
    ("255.255.255.255/32", "broadcast (255.255.255.255)"),
    ("240.0.0.0/4", "reserved (240.0.0.0/4)"),
];

const FORBIDDEN_6: &[(&str, &str)] = &[
    ("::/128", "no address (::)"),
    ("::1/128", "this machine (::1)"),
    ("::/96", "an IPv4 address in IPv6 (::/96)"),
    ("::ffff:0:0:0/96", "an IPv4 address in IPv6 (::ffff:0:0:0/96)"),
    ("64:ff9b::/96", "an IPv4 address behind NAT64 (64:ff9b::/96)"),
    ("64:ff9b:1::/48", "an IPv4 address behind local NAT64 (64:ff9b:1::/48)"),
    ("100::/64", "discarded (100::/64)"),
    ("2001::/32", "an IPv4 address in Teredo (2001::/32)"),
    ("2001:2::/48", "benchmarks (2001:2::/48)"),
    ("2001::/23", "protocol assignments (2001::/23)"),
    ("2001:db8::/32", "documentation (2001:db8::/32)"),
    ("2002::/16", "an IPv4 address in 6to4 (2002::/16)"),
    ("3ffe::/16", "the former 6bone (3ffe::/16)"),
    ("3fff::/20", "documentation (3fff::/20)"),
    ("5f00::/16", "segment routing (5f00::/16)"),
    ("fd00:ec2::254/128", "cloud metadata (fd00:ec2::254)"),
    ("fd20:ce::254/128", "cloud metadata (fd20:ce::254)"),
    ("fc00::/7", "a private network (fc00::/7)"),
    ("fe80::/10", "the local link (fe80::/10)"),
    ("fec0::/10", "a private network (fec0::/10)"),
    ("ff00::/8", "multicast (ff00::/8)"),
];
