//! Reads a configured URL into scheme, authority, path and fragment, and writes them for a visitor.
//! Promise: where the authority ends is decided by the configured text, before any value is known;
//! a path segment with a value never becomes `.` or `..`.

use super::Reason;
use crate::template::{Place, Template, Token, Tokens, write_value};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Characters of a configured URL that no URL may hold as they are. `%` stays: it is encoded already.
pub(super) const TEXT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Schemes that can run code or read files: refused even when listed.
const NEVER: [&str; 7] = ["javascript", "data", "vbscript", "file", "blob", "about", "view-source"];

/// A URL without its query.
#[derive(Clone, Debug)]
pub(super) struct Address {
    scheme: String,
    authority: Option<Authority>,
    segments: Vec<Template>,
    fragment: Option<Template>,
}

/// What stands between `//` and the path.
#[derive(Clone, Debug)]
enum Authority {
    /// Written out; already in its ASCII form.
    Fixed(String),
    /// With tokens whose values are ours.
    Tokens(Template),
}

/// Reads `url`; gives its query's text apart.
pub(super) fn split(url: &str) -> Result<(Address, Option<&str>), Reason> {
    let url = url.trim();
    let (scheme, rest) = scheme_of(url)?;
    let (authority, rest) = match rest.strip_prefix("//") {
        Some(rest) => {
            let (host, rest) =
                rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
            (Some(Authority::read(&scheme, host)?), rest)
        }
        None => (None, rest),
    };
    if authority.is_none() && is_web(&scheme) {
        return Err(Reason::Host);
    }
    // Browsers end a host here, but encoded it would lengthen the host by what follows.
    if rest.starts_with('\\') {
        return Err(Reason::Characters);
    }
    let (rest, fragment) = cut(rest, '#');
    let (path, query) = cut(rest, '?');
    let segments = path.split('/').map(text).collect();
    Ok((Address { scheme, authority, segments, fragment: fragment.map(text) }, query))
}

/// A part of a configured URL, ready to be written.
pub(super) fn text(part: &str) -> Template {
    Template::parse(part).with_text(|text| utf8_percent_encode(text, TEXT).to_string())
}

/// The scheme in lower case, and what follows its colon.
fn scheme_of(url: &str) -> Result<(String, &str), Reason> {
    let (scheme, rest) = url.split_once(':').ok_or(Reason::NoScheme)?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let begins = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins && scheme.chars().all(legal) {
        Ok((scheme.to_ascii_lowercase(), rest))
    } else {
        Err(Reason::NoScheme)
    }
}

fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

impl Authority {
    fn read(scheme: &str, authority: &str) -> Result<Self, Reason> {
        let template = Template::parse(authority);
        if template.tokens().next().is_none() {
            return if is_web(scheme) { web_host(scheme, authority) } else { app_host(authority) };
        }
        if !template.tokens().all(|token| token.may_name_host()) {
            return Err(Reason::HostToken);
        }
        // What stands around the tokens must make a host with any plain value, such as this one.
        let mut host = String::new();
        template.render_with(&Unknown, &mut |_, _, out| out.push('x'), &mut host);
        named_host(&host).map(|_| Self::Tokens(template))
    }

    fn write(&self, tokens: &dyn Tokens, out: &mut String) -> Result<(), Reason> {
        match self {
            Self::Fixed(host) => out.push_str(host),
            Self::Tokens(template) => {
                let mut host = String::new();
                let mut write = |token: &_, tokens: &dyn Tokens, out: &mut String| {
                    tokens.token(token, out);
                };
                template.render_with(tokens, &mut write, &mut host);
                out.push_str(&named_host(&host)?);
            }
        }
        Ok(())
    }
}

/// Values that nobody knows yet.
struct Unknown;

impl Tokens for Unknown {
    fn token(&self, _: &Token, _: &mut String) {}
}

/// The authority of a web URL in the URL standard's ASCII form.
fn web_host(scheme: &str, authority: &str) -> Result<Authority, Reason> {
    let url = url::Url::parse(&format!("{scheme}://{authority}/")).map_err(|_| Reason::Host)?;
    let whole = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let host = url[url::Position::BeforeUsername..url::Position::BeforePath].to_owned();
    if whole && !host.is_empty() { Ok(Authority::Fixed(host)) } else { Err(Reason::Host) }
}

/// What stands after `//` in an app's URL: `details` in `market://details?id=…`, or nothing.
fn app_host(authority: &str) -> Result<Authority, Reason> {
    Ok(Authority::Fixed(utf8_percent_encode(authority, TEXT).to_string()))
}

/// A host that has values in it: a plain host name (with a port), or refused.
fn named_host(host: &str) -> Result<String, Reason> {
    let host = host.to_ascii_lowercase();
    let (name, port) = cut(&host, ':');
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let label = |label: &str| !label.is_empty() && label.chars().all(letters);
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok());
    if name.split('.').all(label) && port_fits { Ok(host) } else { Err(Reason::Host) }
}

impl Address {
    /// Whether the scheme may be used.
    pub(super) fn allowed(&self, app_schemes: &[String]) -> Result<(), Reason> {
        let listed = || app_schemes.iter().any(|s| bare(s).eq_ignore_ascii_case(&self.scheme));
        let allowed = is_web(&self.scheme) || (!NEVER.contains(&&*self.scheme) && listed());
        if allowed { Ok(()) } else { Err(Reason::Scheme) }
    }

    /// Whether it is of the kind `tel:…`, where a parameter of ours would break the address.
    pub(super) fn opaque(&self) -> bool {
        self.authority.is_none()
    }

    pub(super) fn write_until_query(
        &self,
        tokens: &dyn Tokens,
        out: &mut String,
    ) -> Result<(), Reason> {
        out.push_str(&self.scheme);
        out.push(':');
        if let Some(authority) = &self.authority {
            out.push_str("//");
            authority.write(tokens, out)?;
        }
        for (index, segment) in self.segments.iter().enumerate() {
            if index > 0 {
                out.push('/');
            }
            write_segment(segment, tokens, out);
        }
        Ok(())
    }

    pub(super) fn write_fragment(&self, tokens: &dyn Tokens, out: &mut String) {
        if let Some(fragment) = &self.fragment {
            out.push('#');
            fragment.render(tokens, Place::Url, out);
        }
    }

    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.segments.iter().chain(&self.fragment)
    }
}

/// A listed scheme as people write it: `market`, `market:` or `market://`.
fn bare(scheme: &str) -> &str {
    scheme.trim().trim_end_matches('/').trim_end_matches(':')
}

/// Writes a segment; one that a value turned into `.` or `..` is left empty.
fn write_segment(segment: &Template, tokens: &dyn Tokens, out: &mut String) {
    let start = out.len();
    let mut value = String::new();
    let mut write = |token: &_, tokens: &dyn Tokens, out: &mut String| {
        value.clear();
        tokens.token(token, &mut value);
        write_value(&value, Place::Url, out);
    };
    segment.render_with(tokens, &mut write, out);
    let has_tokens = segment.tokens().next().is_some();
    if has_tokens && matches!(&*percent_decode_str(&out[start..]).decode_utf8_lossy(), "." | "..") {
        out.truncate(start);
    }
}
