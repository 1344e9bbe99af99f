//! The visitor's cookies: who they are, and the hit that a lost session is rebuilt from.
//! Promise: no personal data; values are our own IDs, so they carry no byte of a visitor's choice
//! (product.md §3.4).

use super::asked::Asked;
use http::{HeaderValue, header};
use rules::ids::{HitId, IdKeys, Vid};

const VISITOR: &str = "rn_vid";
const HIT: &str = "rn_hit";
const TWO_YEARS_SECONDS: u64 = 2 * 365 * 24 * 3600;

/// What a visitor's cookies say, checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cookies {
    /// Who.
    pub vid: Option<Vid>,
    /// A hit of their latest request.
    pub hit: Option<HitId>,
}

/// Reads the cookies; what was never issued here is as if not sent.
pub fn read(asked: &Asked, keys: &IdKeys) -> Cookies {
    let mut cookies = Cookies::default();
    for header in asked.headers.get_all(header::COOKIE) {
        // Others' cookies may hold any byte: each pair is read by itself.
        for pair in header.as_bytes().split(|byte| *byte == b';') {
            match std::str::from_utf8(pair).unwrap_or_default().trim().split_once('=') {
                Some((VISITOR, value)) => {
                    cookies.vid = Vid::parse(value, keys).ok().or(cookies.vid)
                }
                Some((HIT, value)) => cookies.hit = HitId::parse(value, keys).ok().or(cookies.hit),
                _ => {}
            }
        }
    }
    cookies
}

/// The `Set-Cookie` values for a visitor who has just made `hit`.
pub fn write(vid: Vid, hit: HitId, secure: bool) -> [HeaderValue; 2] {
    [cookie(VISITOR, &vid.to_string(), secure), cookie(HIT, &hit.to_string(), secure)]
}

fn cookie(name: &str, value: &str, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!(
        "{name}={value}; Max-Age={TWO_YEARS_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}"
    );
    // Names and IDs are plain ASCII, so this cannot fail; an empty header would be harmless.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
