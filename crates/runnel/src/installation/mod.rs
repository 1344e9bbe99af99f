//! A page's URL → whether the universal tag on it will work, with the reason in words.
//! Promise: the page is loaded through the one door to the outside; its text is read, never run.

mod findings;
mod load;
mod page;
mod place;
mod policy;

pub use findings::{Finding, Level};
pub use place::Place;

use crate::links::Base;
use crate::outbound::Outbound;
use crate::snapshot::Snapshot;
use load::Loaded;
use page::{Page, Script};
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

/// What was seen.
#[derive(Debug, Serialize, ToSchema)]
pub struct Checked {
    /// Whether views and conversions will arrive: there is no finding of level `error`.
    pub works: bool,
    /// The address that was read in the end.
    pub url: String,
    /// Addresses that led there.
    pub redirects: Vec<String>,
    /// The tag, as far as it is on the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<SeenTag>,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

/// The tag on a page.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeenTag {
    /// Where it is loaded from.
    pub address: String,
    /// Whether the stub stands before it, so that pages may call it at once.
    pub stub: bool,
    /// Whether it waits for `flux.consent(true)`.
    pub consent: bool,
    /// What it reports about the page.
    pub place: Place,
}

/// Loads the page at `url` and looks at it with the eyes of a browser of a visitor.
pub async fn check(door: &Outbound, snapshot: &Snapshot, bases: &[Base], url: Url) -> Checked {
    let asked = url.to_string();
    let loaded = match load::load(door, url).await {
        Ok(loaded) => loaded,
        Err(finding) => return without_page(asked, finding),
    };
    let page = Page::read(&loaded.text, &loaded.url);
    let mut findings = loaded.findings();
    let tag = page.tags().next().map(|script| {
        findings.extend(findings::of_tag(&loaded, &page, script, bases));
        tag(&loaded, &page, script)
    });
    match &tag {
        Some(tag) => findings.extend(tag.place.findings(snapshot)),
        None => findings.push(findings::missing(&page)),
    }
    findings.extend(findings::of_site(&loaded.url, snapshot, bases));
    findings.sort_by_key(|finding| finding.level);
    let works = findings.iter().all(|finding| finding.level != Level::Error);
    Checked { works, url: loaded.url.into(), redirects: loaded.redirects, tag, findings }
}

fn without_page(url: String, finding: Finding) -> Checked {
    Checked { works: false, url, redirects: Vec::new(), tag: None, findings: vec![finding] }
}

fn tag(loaded: &Loaded, page: &Page, script: &Script) -> SeenTag {
    SeenTag {
        address: script.address.to_string(),
        stub: page.stub().is_some(),
        consent: script.waits(),
        place: Place::of(script, &loaded.url),
    }
}
