//! The visitor's cookies: who they are, and the hit that a lost session is rebuilt from.
//! Promise: no personal data; values are our own IDs, so they carry no byte of a visitor's choice
//! (product.md §3.4).

use super::asked::Asked;
use http::{HeaderValue, header};
use rules::ids::{HitId, IdKeys, Vid};
use std::fmt::{Display, Write};

const VISITOR: &str = "rn_vid";
const HIT: &str = "rn_hit";
/// Length of a visitor's or hit's ID.
const ID_BYTES: usize = 24;

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

/// How a browser keeps cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// For this site.
    Plain,
    /// For this site, over https.
    Secure,
    /// For this site as seen within the site of the page that calls: a jar of its own for each.
    Partitioned,
}

impl Kept {
    /// For a visitor who is on the tracking domain itself.
    pub fn of(asked: &Asked) -> Self {
        if asked.secure { Self::Secure } else { Self::Plain }
    }

    /// For a page that calls. Another site's, or one in a frame, gets none but partitioned cookies
    /// from its browser.
    pub fn of_page(asked: &Asked, framed: bool) -> Self {
        let foreign = framed || asked.header("sec-fetch-site") == "cross-site";
        if asked.secure && foreign { Self::Partitioned } else { Self::of(asked) }
    }

    fn attributes(self) -> &'static str {
        match self {
            Self::Plain => "SameSite=Lax",
            Self::Secure => "SameSite=Lax; Secure",
            Self::Partitioned => "SameSite=None; Secure; Partitioned",
        }
    }
}

/// The `Set-Cookie` values for a visitor who has just made `hit`.
pub fn write(vid: Vid, hit: HitId, kept: Kept) -> [HeaderValue; 2] {
    [cookie(VISITOR, vid, kept), cookie(HIT, hit, kept)]
}

fn cookie(name: &str, value: impl Display, kept: Kept) -> HeaderValue {
    /// Two years.
    const LASTS: &str = "; Max-Age=63072000; Path=/; HttpOnly; ";
    let attributes = kept.attributes();
    // As long as it gets: a text with room to spare would be copied once more.
    let length = name.len() + "=".len() + ID_BYTES + LASTS.len() + attributes.len();
    let mut text = String::with_capacity(length);
    // Writing into a text cannot fail.
    let _ = write!(text, "{name}={value}{LASTS}{attributes}");
    // Names and IDs are plain ASCII, so this cannot fail; an empty header would be harmless.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
