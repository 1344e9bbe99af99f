//! Which addresses are public: the program's list of networks against bit arithmetic written down
//! separately, and every form in which IPv6 can carry an IPv4 address.

use super::allow;
use proof::addresses::private_by_bits;
use runnel::outbound::{Guard, forbidden};
use std::net::{IpAddr, Ipv4Addr};

/// The first and the last address of each range that is not public, from IANA's registry and the
/// documents of cloud providers.
const RANGES: [([u8; 4], [u8; 4]); 16] = [
    ([0, 0, 0, 0], [0, 255, 255, 255]),
    ([10, 0, 0, 0], [10, 255, 255, 255]),
    ([100, 64, 0, 0], [100, 127, 255, 255]),
    ([127, 0, 0, 0], [127, 255, 255, 255]),
    ([168, 63, 129, 16], [168, 63, 129, 16]),
    ([169, 254, 0, 0], [169, 254, 255, 255]),
    ([172, 16, 0, 0], [172, 31, 255, 255]),
    ([192, 0, 0, 0], [192, 0, 0, 255]),
    ([192, 0, 2, 0], [192, 0, 2, 255]),
    ([192, 88, 99, 0], [192, 88, 99, 255]),
    ([192, 168, 0, 0], [192, 168, 255, 255]),
    ([198, 18, 0, 0], [198, 19, 255, 255]),
    ([198, 51, 100, 0], [198, 51, 100, 255]),
    ([203, 0, 113, 0], [203, 0, 113, 255]),
    ([224, 0, 0, 0], [239, 255, 255, 255]),
    ([240, 0, 0, 0], [255, 255, 255, 255]),
];

fn is_refused(address: u32) -> bool {
    forbidden(IpAddr::from(Ipv4Addr::from(address))).is_some()
}

#[test]
fn both_sides_of_every_border_are_classified_right() {
    for (first, last) in RANGES.map(|(a, b)| (u32::from_be_bytes(a), u32::from_be_bytes(b))) {
        assert!(is_refused(first) && is_refused(last), "{}", Ipv4Addr::from(first));
        for address in [first.wrapping_sub(1), first, last, last.wrapping_add(1)] {
            assert_eq!(
                is_refused(address),
                private_by_bits(address),
                "{}",
                Ipv4Addr::from(address)
            );
        }
    }
}

#[test]
fn two_implementations_agree_on_all_ipv4_networks() {
    for network in 0..1_u32 << 20 {
        for address in [network << 12, network << 12 | 0x5a5, network << 12 | 0xfff] {
            assert_eq!(
                is_refused(address),
                private_by_bits(address),
                "{}",
                Ipv4Addr::from(address)
            );
        }
    }
}

#[test]
fn public_addresses_are_let_through() {
    for address in ["8.8.8.8", "1.1.1.1", "100.63.255.255", "2606:4700::1111", "2a00:1450::1"] {
        assert_eq!(Guard::default().judge(address.parse().unwrap()), Ok(()), "{address}");
    }
}

#[test]
fn no_ipv6_form_hides_a_private_address() {
    let guard = Guard::default();
    for address in [
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:0:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::10.0.0.1",
        "64:ff9b:1:ffff::8.8.8.8",
        "2002:7f00:1::",
        "2002:808:808::",
        "2001:0:808:808::1",
        "2001:2::1",
        "2001:20::1",
        "2001:db8::1",
        "3fff:fff::1",
        "3ffe::1",
        "2a00:1450::5efe:10.0.0.1",
        "2a00:1450::200:5efe:10.0.0.1",
        "100::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "1fff::1",
    ] {
        assert!(guard.judge(address.parse().unwrap()).is_err(), "{address}");
    }
}

#[test]
fn a_mapped_public_address_is_public() {
    assert_eq!(Guard::default().judge("::ffff:8.8.8.8".parse().unwrap()), Ok(()));
}

#[test]
fn what_is_listed_is_let_through_in_both_spellings() {
    let guard = Guard::new(&allow(&["10.1.0.0/16", "192.168.7.7", "fd12::/16"]));
    for address in ["10.1.2.3", "::ffff:10.1.2.3", "192.168.7.7", "fd12::1"] {
        assert_eq!(guard.judge(address.parse().unwrap()), Ok(()), "{address}");
    }
    for address in ["10.2.0.1", "192.168.7.8", "fd13::1", "127.0.0.1", "169.254.169.254"] {
        assert!(guard.judge(address.parse().unwrap()).is_err(), "{address}");
    }
}

/// A host that reaches IPv4 through NAT64 lists the prefix; its own networks stay closed.
#[test]
fn a_listed_translation_prefix_opens_no_private_network() {
    let guard = Guard::new(&allow(&["64:ff9b::/96"]));
    assert_eq!(guard.judge("64:ff9b::8.8.8.8".parse().unwrap()), Ok(()));
    for address in ["64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254"] {
        assert!(guard.judge(address.parse().unwrap()).is_err(), "{address}");
    }
    let both = Guard::new(&allow(&["64:ff9b::/96", "10.0.0.0/8"]));
    assert_eq!(both.judge("64:ff9b::10.0.0.1".parse().unwrap()), Ok(()));
}

#[test]
fn metadata_services_are_named() {
    for (address, name) in [
        ("169.254.169.254", "cloud metadata (169.254.169.254)"),
        ("100.100.100.200", "cloud metadata (100.100.100.200)"),
        ("168.63.129.16", "cloud metadata (168.63.129.16)"),
        ("fd00:ec2::254", "cloud metadata (fd00:ec2::254)"),
    ] {
        assert_eq!(forbidden(address.parse().unwrap()), Some(name));
    }
}
