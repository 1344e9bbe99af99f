//! What is found about a tag and its page, in words that say what to do.

use super::load::Loaded;
use super::page::{Page, Script};
use super::policy;
use crate::links::Base;
use crate::snapshot::Snapshot;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

/// How bad it is; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing, or not everything, will arrive.
    Error,
    /// Works, with a weakness.
    Warning,
    /// Good to know.
    Info,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// Stable name: `tag_missing`, `csp_script`, ….
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What it is, and what to do.
    pub text: String,
}

pub(super) fn error(code: &'static str, text: impl Into<String>) -> Finding {
    Finding { code, level: Level::Error, text: text.into() }
}

pub(super) fn warning(code: &'static str, text: impl Into<String>) -> Finding {
    Finding { code, level: Level::Warning, text: text.into() }
}

pub(super) fn info(code: &'static str, text: impl Into<String>) -> Finding {
    Finding { code, level: Level::Info, text: text.into() }
}

/// There is no tag in the page's text.
pub(super) fn missing(page: &Page) -> Finding {
    match page.container() {
        Some(container) => warning(
            "tag_manager",
            format!(
                "The tag is not in the page's text. Google Tag Manager ({container}) is: a tag in it \
                 is seen by browsers only, so look at the live view while you open the page."
            ),
        ),
        None => error(
            "tag_missing",
            "The tag is not on the page. If it was put there just now, the site may show an older \
             copy: empty its cache.",
        ),
    }
}

/// What is right and wrong with the tag where it is.
pub(super) fn of_tag(loaded: &Loaded, page: &Page, tag: &Script, bases: &[Base]) -> Vec<Finding> {
    let origin = tag.address.origin().ascii_serialization();
    let mut findings = Vec::new();
    if host_known(&tag.address, bases) {
        findings.push(info("tag_present", format!("The tag is there, loaded from {origin}.")));
    } else {
        let own: Vec<_> = bases.iter().map(Base::as_str).collect();
        let text = format!(
            "The tag is loaded from {origin}, which is none of your tracking domains ({}).",
            own.join(", ")
        );
        findings.push(error("wrong_domain", text));
    }
    if loaded.url.scheme() == "https" && tag.address.scheme() == "http" {
        let text =
            "The page is on https and loads the tag over http: browsers refuse that. Use https.";
        findings.push(error("mixed_content", text));
    }
    if page.tags().any(|other| other.address.origin() != tag.address.origin()) {
        let text = "Tags of several domains are on the page: leave one.";
        findings.push(warning("several_tags", text));
    }
    findings.extend(consent(tag));
    findings.extend(policy::findings(loaded, page, tag));
    findings
}

fn host_known(address: &Url, bases: &[Base]) -> bool {
    let host = address.host_str().unwrap_or_default();
    bases.iter().any(|base| base.host() == host || base.host().split(':').next() == Some(host))
}

fn consent(tag: &Script) -> Option<Finding> {
    if tag.is_held_back() {
        let text =
            "Consent is pending: a consent manager holds the script back until the visitor agrees.";
        return Some(info("consent_pending", text));
    }
    tag.waits().then(|| {
        let text = "Consent is pending: nothing is stored or sent before the page calls flux.consent(true).";
        info("consent_pending", text)
    })
}

/// Pages of sites that the account does not know get no answer.
pub(super) fn of_site(url: &Url, snapshot: &Snapshot, bases: &[Base]) -> Option<Finding> {
    let host = url.host_str().unwrap_or_default();
    let known = snapshot.sites.contains(host) || host_known(url, bases);
    (!known).then(|| {
        let text = format!(
            "The site {host} is not registered, so the server refuses what its pages report: add it \
             as a domain, or as the address of a lander or offer."
        );
        error("unknown_site", text)
    })
}
