//! Whether the offer source lets this call in: its secret token, its addresses.
//! Promise: the secret is compared in the same time whatever differs, and shown nowhere (product.md §6.7).

use super::parse::Parameters;
use super::reason::{Reason, Unbooked};
use ipnet::IpNet;
use rules::assets::OfferSource;
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// Checks a call of a network from `address` against the rules of its `source`.
/// # Errors
/// The token is missing or wrong, or the address is not among those allowed.
pub fn authorize(
    source: &OfferSource,
    parameters: &Parameters,
    address: Option<IpAddr>,
) -> Result<(), Unbooked> {
    if let Some(token) = source.token.as_ref().filter(|token| !token.parameter.is_empty()) {
        let given = parameters.first(&[&token.parameter]).unwrap_or_default();
        if !bool::from(given.as_bytes().ct_eq(token.value.trim().as_bytes())) {
            return Err(Unbooked::new(Reason::WrongToken, "token"));
        }
    }
    let allowed = source.allowed_cidrs.is_empty()
        || address.is_some_and(|address| allows(&source.allowed_cidrs, address));
    if allowed { Ok(()) } else { Err(Unbooked::new(Reason::AddressNotAllowed, "")) }
}

fn allows(cidrs: &[String], address: IpAddr) -> bool {
    // An IPv4 client of an IPv6 socket is an IPv4 client.
    let address = address.to_canonical();
    cidrs.iter().any(|text| {
        let text = text.trim();
        let net =
            text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        net.is_some_and(|net| net.contains(&address))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::assets::SecretToken;

    fn source(token: Option<(&str, &str)>, cidrs: &[&str]) -> OfferSource {
        OfferSource {
            token: token.map(|(parameter, value)| SecretToken {
                parameter: parameter.into(),
                value: value.into(),
            }),
            allowed_cidrs: cidrs.iter().map(|c| c.to_string()).collect(),
            ..OfferSource::default()
        }
    }

    fn checked(source: &OfferSource, query: &[(&str, &str)], address: &str) -> Option<Reason> {
        let pairs = query.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        let address = address.parse().ok();
        authorize(source, &Parameters::of_pairs(pairs), address).err().map(|why| why.reason)
    }

    #[test]
    fn the_token_must_be_there_and_right() {
        let source = source(Some(("key", "s3cret")), &[]);
        assert_eq!(checked(&source, &[("key", "s3cret")], "192.0.2.1"), None);
        for query in [&[][..], &[("key", "")], &[("key", "S3CRET")], &[("token", "s3cret")]] {
            assert_eq!(checked(&source, query, "192.0.2.1"), Some(Reason::WrongToken), "{query:?}");
        }
    }

    #[test]
    fn only_listed_addresses_may_call() {
        let source = source(None, &["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"]);
        for (address, allowed) in [
            ("192.0.2.9", true),
            ("::ffff:192.0.2.9", true),
            ("2001:db8::1", true),
            ("198.51.100.7", true),
            ("198.51.100.8", false),
            ("203.0.113.1", false),
            ("", false),
        ] {
            assert_eq!(checked(&source, &[], address).is_none(), allowed, "{address}");
        }
    }
}
