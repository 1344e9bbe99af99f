//! `GET /js/flux.js`: the universal tag with the account's settings in it.
//! Promise: pages are never edited when settings change; what is answered was made and compressed once
//! for each domain and state of the settings.

mod forms;

use super::asked;
use crate::app::App;
use crate::snapshot::Snapshot;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use forms::Forms;
use http::Request;
use moka::sync::Cache;
use rules::assets::Settings;
use serde::Serialize;
use std::sync::{Arc, LazyLock};

/// Most tracking domains that a page is told.
const MOST_DOMAINS: usize = 50;
/// States kept: more than domains in use, or changes of the settings, at one time.
const MOST_STATES: u64 = 100;

static STATES: LazyLock<Cache<String, Arc<Forms>>> = LazyLock::new(|| Cache::new(MOST_STATES));

/// The settings as the tag reads them (`tag/src/settings.ts`).
#[derive(Serialize)]
struct Told<'a> {
    domains: Vec<&'a str>,
    off: Vec<&'static str>,
    consent: &'static str,
}

/// Answers with the tag, or that the browser's copy is still good.
pub async fn script(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let snapshot = app.snapshot.load();
    let host = asked::domain(&app, &request);
    let settings = serde_json::to_string(&told(&snapshot, &host)).unwrap_or_default();
    let forms = STATES.get_with_by_ref(&settings, || Arc::new(Forms::of(&settings)));
    forms.answer(request.headers())
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
