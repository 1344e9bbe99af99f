//! `GET /js/flux.js`: the universal tag with the account's settings in it.
//! Promise: pages are never edited when settings change; what is answered was made and compressed once
//! for each domain and state of the settings.

use super::asked;
use crate::app::App;
use crate::snapshot::Snapshot;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use moka::sync::Cache;
use rules::assets::Settings;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::sync::{Arc, LazyLock};

/// What `tag/` builds; `npm test` there checks that this is what its sources make.
const CODE: &str = include_str!("../../../../tag/flux.js");
/// Where the settings go.
const PLACE: &str = "RUNNEL_SETTINGS";
/// Most tracking domains that a page is told.
const MOST_DOMAINS: usize = 50;
/// Files kept: more than domains in use, or states of the settings, at one time.
const MOST_FILES: u64 = 100;
/// Pages have new settings within five minutes, and a tag also while we are away.
const FRESH: HeaderValue = HeaderValue::from_static(
    "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400",
);
const ANYWHERE: HeaderValue = HeaderValue::from_static("*");

static FILES: LazyLock<Cache<String, Arc<File>>> = LazyLock::new(|| Cache::new(MOST_FILES));

/// The settings as the tag reads them (`tag/src/settings.ts`).
#[derive(Serialize)]
struct Told<'a> {
    domains: Vec<&'a str>,
    off: Vec<&'static str>,
    consent: &'static str,
}

struct File {
    plain: Bytes,
    gzip: Bytes,
    etag: HeaderValue,
}

/// Answers with the tag, or that the browser's copy is still good.
pub async fn script(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let snapshot = app.snapshot.load();
    let host = asked::domain(&app, &request);
    let settings = serde_json::to_string(&told(&snapshot, &host)).unwrap_or_default();
    let file = FILES.get_with_by_ref(&settings, || Arc::new(File::of(&settings)));
    file.answer(request.headers())
}

fn told<'a>(snapshot: &'a Snapshot, host: &str) -> Told<'a> {
    let used = snapshot.domains.values().filter(|held| !held.archived);
    let mut domains: Vec<_> = used.map(|held| held.asset.name.as_str()).collect();
    // The domain that is asked comes first, the others by name.
    domains.sort_unstable_by_key(|name| (*name != host, *name));
    domains.truncate(MOST_DOMAINS);
    let consent = if snapshot.settings.tag.consent_required { "required" } else { "" };
    Told { domains, off: off(&snapshot.settings), consent }
}

fn off(settings: &Settings) -> Vec<&'static str> {
    let tag = &settings.tag;
    let parts = [
        ("view", tag.view),
        ("address", tag.address),
        ("links", tag.links),
        ("referrer", tag.referrer),
        ("history", tag.history),
        ("storage", tag.storage && settings.cookies),
    ];
    parts.into_iter().filter(|(_, on)| !on).map(|(name, _)| name).collect()
}

impl File {
    fn of(settings: &str) -> Self {
        let plain = CODE.replacen(PLACE, settings, 1);
        let etag = format!("\"{}\"", &hex::encode(Sha256::digest(&plain))[..16]);
        let etag = HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\""));
        let gzip = compressed(plain.as_bytes()).unwrap_or_default();
        Self { plain: plain.into(), gzip: gzip.into(), etag }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let headers = [
            (header::CACHE_CONTROL, FRESH),
            (header::ETAG, self.etag.clone()),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, ANYWHERE),
            (CORP, HeaderValue::from_static("cross-origin")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        if lists(asked, header::IF_NONE_MATCH, self.etag.to_str().unwrap_or_default()) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let zipped = lists(asked, header::ACCEPT_ENCODING, "gzip") && !self.gzip.is_empty();
        let body = if zipped { self.gzip.clone() } else { self.plain.clone() };
        let mut response = (headers, body).into_response();
        let kind = HeaderValue::from_static("text/javascript; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if zipped {
            let gzip = HeaderValue::from_static("gzip");
            response.headers_mut().insert(header::CONTENT_ENCODING, gzip);
        }
        response
    }
}

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

fn compressed(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text)?;
    encoder.finish()
}

/// Whether a header's list has `word`, which nobody declines with `q=0`.
fn lists(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|text| text.split(',')).any(|item| {
        let (item, weight) = item.split_once(';').unwrap_or((item, ""));
        let declined = weight.trim().trim_end_matches(['0', '.']) == "q=";
        item.trim().trim_start_matches("W/") == word && !declined
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_have_one_place_and_the_file_stays_small() {
        assert_eq!(CODE.matches(PLACE).count(), 1);
        let domains: Vec<_> = (0..5).map(|i| format!("go{i}.tracker.example")).collect();
        let domains = domains.iter().map(String::as_str).collect();
        let told = Told { domains, off: vec!["address", "history"], consent: "required" };
        let file = File::of(&serde_json::to_string(&told).unwrap());
        assert!(file.gzip.len() <= 3 * 1024, "{} bytes", file.gzip.len());
    }

    #[test]
    fn encodings_and_tags_are_read_as_lists() {
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
        };
        for (value, expected) in [
            ("gzip", true),
            ("br, gzip;q=0.5", true),
            ("deflate", false),
            ("gzip;q=0, br", false),
            ("gzip; q=0.0", false),
            ("", false),
        ] {
            assert_eq!(
                lists(&headers(value), header::ACCEPT_ENCODING, "gzip"),
                expected,
                "{value}"
            );
        }
        assert!(lists(&headers("W/\"a\", \"b\""), header::ACCEPT_ENCODING, "\"a\""));
    }
}
