//! A page's Content-Security-Policy × the tag → what a browser would refuse, and what to add.

use super::findings::{Finding, error, warning};
use super::load::Loaded;
use super::page::{Inline, Page, Script};
use content_security_policy::{
    CspList, Destination, Element, Initiator, InlineCheckType, ParserMetadata, PolicyDisposition,
    PolicySource, Request, Violation,
};
use http::header;
use url::Url;

/// What the policies of the page refuse of the tag.
pub(super) fn findings(loaded: &Loaded, page: &Page, tag: &Script) -> Vec<Finding> {
    let policies = policies(loaded, page);
    let nonce = tag.attributes.get("nonce").cloned().unwrap_or_default();
    let script = request(loaded, &tag.address, Destination::Script, nonce);
    let mut findings = Vec::new();
    findings.extend(refused(&policies, &script).map(|violation| script_refused(&violation, tag)));
    if let Ok(endpoint) = tag.address.join("/js/funnel") {
        let call = request(loaded, &endpoint, Destination::None, String::new());
        findings.extend(refused(&policies, &call).map(|violation| call_refused(&violation, tag)));
    }
    findings.extend(page.stub().and_then(|stub| stub_refused(&policies, stub)));
    findings
}

/// All of them hold at once: those of headers and those in the page.
fn policies(loaded: &Loaded, page: &Page) -> CspList {
    let mut all = CspList(Vec::new());
    let headers = loaded.headers.get_all(header::CONTENT_SECURITY_POLICY).iter();
    for text in headers.filter_map(|value| value.to_str().ok()) {
        all.append(CspList::parse(text, PolicySource::Header, PolicyDisposition::Enforce));
    }
    for text in &page.policies {
        all.append(CspList::parse(text, PolicySource::Meta, PolicyDisposition::Enforce));
    }
    all
}

fn request(loaded: &Loaded, url: &Url, destination: Destination, nonce: String) -> Request {
    let is_script = destination == Destination::Script;
    Request {
        url: url.clone(),
        current_url: url.clone(),
        origin: loaded.url.origin(),
        redirect_count: 0,
        destination,
        initiator: if is_script { Initiator::None } else { Initiator::Fetch },
        nonce,
        integrity_metadata: String::new(),
        parser_metadata: match is_script {
            true => ParserMetadata::ParserInserted,
            false => ParserMetadata::None,
        },
    }
}

fn refused(policies: &CspList, request: &Request) -> Option<Violation> {
    policies.should_request_be_blocked(request).1.into_iter().next()
}

fn script_refused(violation: &Violation, tag: &Script) -> Finding {
    let (allowed, origin) = (&violation.directive.value, origin(tag));
    let remedy =
        match allowed.iter().any(|source| source.eq_ignore_ascii_case("'strict-dynamic'")) {
            true => "with 'strict-dynamic' the script needs the page's nonce as its attribute"
                .to_owned(),
            false => format!("add {origin} to script-src"),
        };
    let allowed = shown(allowed);
    let text = format!(
        "The page's Content-Security-Policy refuses the tag (it allows {allowed}): {remedy}."
    );
    error("csp_script", text)
}

fn call_refused(violation: &Violation, tag: &Script) -> Finding {
    let (allowed, origin) = (shown(&violation.directive.value), origin(tag));
    let text = format!(
        "The page's Content-Security-Policy lets the tag send nothing (it allows {allowed}): add \
         {origin} to connect-src."
    );
    error("csp_connect", text)
}

/// Without the stub the tag works, and the page's own calls fail. A text that is not plain ASCII is not
/// ours.
fn stub_refused(policies: &CspList, stub: &Inline) -> Option<Finding> {
    let element = Element { nonce: stub.nonce.as_deref().map(Into::into) };
    let script = InlineCheckType::Script;
    let violations =
        |text| policies.should_elements_inline_type_behavior_be_blocked(&element, script, text).1;
    let violated = stub.text.is_ascii() && !violations(stub.text.as_str()).is_empty();
    violated.then(|| {
        let text = "The page's Content-Security-Policy refuses the line that queues calls: put it \
                    into a script file, give it the nonce, or leave it out and use data- attributes.";
        warning("csp_inline", text)
    })
}

fn origin(tag: &Script) -> String {
    tag.address.origin().ascii_serialization()
}

fn shown(sources: &[String]) -> String {
    if sources.is_empty() { "nothing".into() } else { sources.join(" ") }
}
