//! Loads a page as a browser would: a few redirects, each through the guard, and no more than a page's
//! worth of bytes.

use super::findings::{Finding, error, warning};
use crate::outbound::{Answer, Call, Outbound};
use http::{HeaderMap, HeaderValue, Method, header};
use std::time::Duration;
use url::Url;

const PATIENCE: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 2 * 1024 * 1024;
const MOST_REDIRECTS: usize = 3;

/// A page that was read.
pub(super) struct Loaded {
    /// Where it was found.
    pub url: Url,
    /// What led there.
    pub redirects: Vec<String>,
    /// Its text; what is no UTF-8 is replaced.
    pub text: String,
    /// Its headers.
    pub headers: HeaderMap,
    status: u16,
    cut: bool,
}

/// Follows redirects to the page.
/// # Errors
/// There is no page to look at; the finding says why.
pub(super) async fn load(door: &Outbound, mut url: Url) -> Result<Loaded, Finding> {
    let mut redirects = Vec::new();
    loop {
        let answer = door.call(request(&url)).await;
        let answer = answer.map_err(|failed| error("page_unreachable", failed.to_string()))?;
        let Some(next) = redirect(&answer, &url)? else {
            return Ok(Loaded::of(url, redirects, answer));
        };
        redirects.push(url.to_string());
        if redirects.len() > MOST_REDIRECTS {
            let text = format!("The page redirects more than {MOST_REDIRECTS} times.");
            return Err(error("redirects", text));
        }
        url = next;
    }
}

fn request(url: &Url) -> Call {
    let agent = "Mozilla/5.0 (compatible; Runnel installation check)";
    let headers = HeaderMap::from_iter([
        (header::ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml")),
        (header::USER_AGENT, HeaderValue::from_static(agent)),
    ]);
    Call {
        method: Method::GET,
        url: url.clone(),
        headers,
        body: Default::default(),
        timeout: PATIENCE,
        answer_bytes_max: MOST_BYTES,
    }
}

/// Where an answer sends the browser; a page that gives up https is not followed.
fn redirect(answer: &Answer, from: &Url) -> Result<Option<Url>, Finding> {
    let target = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let Some(target) = target.filter(|_| answer.status.is_redirection()) else { return Ok(None) };
    let next = from.join(target).map_err(|_| error("redirects", "The page redirects nowhere."))?;
    if from.scheme() == "https" && next.scheme() != "https" {
        let text = "The page redirects from https to another scheme: it must stay on https.";
        return Err(error("redirects", text));
    }
    Ok(Some(next))
}

impl Loaded {
    fn of(url: Url, redirects: Vec<String>, answer: Answer) -> Self {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let (status, headers, cut) = (answer.status.as_u16(), answer.headers, answer.cut);
        Self { url, redirects, text, headers, status, cut }
    }

    /// What is strange about the page as a whole.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.status >= 300 {
            let text = format!("The page answers with status {}.", self.status);
            findings.push(error("page_status", text));
        }
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if kind.is_some_and(|kind| !kind.contains("html")) {
            let text = format!("The address gives {}, no HTML.", kind.unwrap_or_default());
            findings.push(error("no_html", text));
        }
        if self.cut {
            let text = "The page is very long or did not end: only its beginning was read.";
            findings.push(warning("page_cut", text));
        }
        findings
    }
}
