//! The tag with an account's settings → the forms in which it travels: plain, gzip and brotli, each with its
//! own ETag. Promise: nothing is compressed while a browser waits but once for each state of the settings,
//! and the brotli form by no compressor at all.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::io::Write;

/// What `tag/` builds; `npm test` there checks that this is what its sources make.
pub(super) const CODE: &str = include_str!("../../../../../tag/flux.js");
/// All of [`CODE`] before the settings, as a brotli stream that goes on.
const BEGINNING: &[u8] = include_bytes!("../../../../../tag/flux.js.br");
/// Where the settings go.
pub(super) const PLACE: &str = "RUNNEL_SETTINGS";
/// Longest text that one uncompressed meta-block of brotli holds, with its length in 16 bits.
const MOST_UNCOMPRESSED: usize = 1 << 16;
/// The last meta-block, which is empty.
const BROTLI_END: u8 = 3;

/// Pages have new settings within five minutes, and a tag also while we are away.
const FRESH: HeaderValue = HeaderValue::from_static(
    "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400",
);
const ANYWHERE: HeaderValue = HeaderValue::from_static("*");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const SCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");

/// One state of the settings.
pub(super) struct Forms {
    plain: Form,
    /// The smallest last, which is chosen among those that a browser likes alike.
    compressed: Vec<Form>,
}

struct Form {
    /// The content coding; empty for none.
    coding: &'static str,
    body: Bytes,
    etag: HeaderValue,
}

impl Forms {
    /// The tag with `settings`, which are JSON.
    pub(super) fn of(settings: &str) -> Self {
        let (beginning, end) = CODE.split_once(PLACE).unwrap_or((CODE, ""));
        let end = format!("{settings}{end}");
        let plain = format!("{beginning}{end}");
        let hash = &hex::encode(Sha256::digest(&plain))[..16];
        let form = |coding, body: Vec<u8>| Form {
            coding,
            body: body.into(),
            // Forms that differ in their bytes differ in their tag (RFC 9110 §8.8.3.3).
            etag: HeaderValue::try_from(format!("\"{hash}{coding}\""))
                .unwrap_or(HeaderValue::from_static("\"\"")),
        };
        let zipped = gzip(plain.as_bytes()).ok().map(|body| form("gzip", body));
        let brotli = brotli(end.as_bytes()).map(|body| form("br", body));
        let mut compressed: Vec<_> = zipped.into_iter().chain(brotli).collect();
        // Settings are not compressed in the brotli form: with many domains gzip is the smaller one.
        compressed.sort_by_key(|form| Reverse(form.body.len()));
        Self { plain: form("", plain.into_bytes()), compressed }
    }

    /// The form that the browser likes best, or that its copy is still good.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        let form = self.chosen(asked);
        let headers = [
            (header::CACHE_CONTROL, FRESH),
            (header::ETAG, form.etag.clone()),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, ANYWHERE),
            (CORP, HeaderValue::from_static("cross-origin")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        if has_copy(asked, &form.etag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let mut response = (headers, form.body.clone()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, SCRIPT);
        if !form.coding.is_empty() {
            let coding = HeaderValue::from_static(form.coding);
            response.headers_mut().insert(header::CONTENT_ENCODING, coding);
        }
        response
    }

    fn chosen(&self, asked: &HeaderMap) -> &Form {
        let weighed = self.compressed.iter().map(|form| (weight(asked, form.coding), form));
        let taken = weighed.filter(|(weight, _)| *weight > 0);
        taken.max_by_key(|(weight, _)| *weight).map_or(&self.plain, |(_, form)| form)
    }
}

fn gzip(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text)?;
    encoder.finish()
}

/// [`BEGINNING`], then `end` as it is (RFC 7932 §9.2); none if it is too long for that.
fn brotli(end: &[u8]) -> Option<Vec<u8>> {
    if end.is_empty() || end.len() > MOST_UNCOMPRESSED {
        return None;
    }
    // From the lowest bit: not the last (1 bit), a length of four nibbles (2), the length less one (16),
    // uncompressed (1); then to the end of the byte.
    let frame = ((end.len() as u32 - 1) << 3) | (1 << 19);
    Some([BEGINNING, &frame.to_le_bytes()[..3], end, &[BROTLI_END]].concat())
}

/// The items of a header that is a list, with what stands behind their semicolons.
fn items(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = (&str, &str)> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|text| text.split(',')).map(|item| {
        let (item, rest) = item.split_once(';').unwrap_or((item, ""));
        (item.trim(), rest.trim())
    })
}

/// How much the browser likes a coding, in thousandths; 0 if it does not take it.
fn weight(headers: &HeaderMap, coding: &str) -> u16 {
    let mut named = items(headers, header::ACCEPT_ENCODING);
    let found = named.find(|(item, _)| item.eq_ignore_ascii_case(coding));
    found.map_or(0, |(_, rest)| match rest.strip_prefix("q=").map(str::parse::<f32>) {
        None => 1000,
        Some(q) => q.map_or(0, |q| (q.clamp(0.0, 1.0) * 1000.0) as u16),
    })
}

/// Whether the browser holds what `etag` stands for.
fn has_copy(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let mut held = items(headers, header::IF_NONE_MATCH);
    held.any(|(item, _)| item.trim_start_matches("W/").as_bytes() == etag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_settings_have_one_place() {
        assert_eq!(CODE.matches(PLACE).count(), 1);
    }

    #[test]
    fn the_coding_that_is_liked_best_is_chosen() {
        let forms = Forms::of("{}");
        for (value, expected) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, deflate", "gzip"),
            ("GZIP", "gzip"),
            ("br;q=0.4, gzip;q=0.5", "gzip"),
            ("br;q=1.0, gzip;q=1", "br"),
            ("br;q=0, gzip; q=0.001", "gzip"),
            ("gzip;q=0, br; q=0.0", ""),
            ("br;q=much", ""),
            ("deflate, brotli, gzipped", ""),
            ("", ""),
        ] {
            assert_eq!(forms.chosen(&accepting(value)).coding, expected, "{value}");
        }
    }

    #[test]
    fn of_what_is_liked_alike_the_smallest_is_chosen() {
        let names: Vec<_> =
            (0..40).map(|n| format!("go{n}.a-long-name-for-a-domain.example")).collect();
        let forms = Forms::of(&serde_json::json!({"domains": names}).to_string());
        assert_eq!(forms.chosen(&accepting("gzip, br")).coding, "gzip");
        assert_eq!(forms.chosen(&accepting("gzip;q=0.5, br")).coding, "br");
        assert_eq!(Forms::of("{}").chosen(&accepting("gzip, br")).coding, "br");
    }

    #[test]
    fn copies_are_told_by_their_tags_alone() {
        let held = |value: &'static str| {
            HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))])
        };
        let etag = HeaderValue::from_static("\"a\"");
        assert!(has_copy(&held("W/\"a\", \"b\""), &etag));
        assert!(has_copy(&held("\"b\",\"a\""), &etag));
        assert!(!has_copy(&held("\"agzip\", a"), &etag));
    }

    #[test]
    fn what_is_too_long_for_one_block_travels_without_brotli() {
        // Length less one in the bits 3 to 18, above it the mark for uncompressed.
        assert_eq!(brotli(b"ab").unwrap()[BEGINNING.len()..], [8, 0, 8, b'a', b'b', BROTLI_END]);
        assert!(brotli(&vec![b' '; MOST_UNCOMPRESSED]).is_some());
        assert!(brotli(&vec![b' '; MOST_UNCOMPRESSED + 1]).is_none());
        let forms = Forms::of(&" ".repeat(MOST_UNCOMPRESSED));
        assert_eq!(forms.chosen(&accepting("br, gzip;q=0.1")).coding, "gzip");
    }
}
