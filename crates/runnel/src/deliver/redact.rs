//! Blanks secrets in what is logged of a call.
//! Promise: neither a secret itself nor its percent-encoded or JSON form is stored or shown; headers
//! that are marked as sensitive never are.

use super::adapter::Prepared;
use super::verdict::Verdict;
use http::{HeaderMap, HeaderName, header};
use rules::template::{Place, write_value};

/// What stands where a secret stood.
const BLANK: &str = "***";
/// Most characters of a request's body that are kept.
const MOST_BODY: usize = 4 * 1024;
/// Most bytes of an answer that are kept (product.md §10).
pub const MOST_ANSWER: usize = 2 * 1024;
/// Headers that hold nothing but secrets.
const SECRET_HEADERS: [HeaderName; 4] =
    [header::AUTHORIZATION, header::COOKIE, header::SET_COOKIE, header::PROXY_AUTHORIZATION];

/// Knows the secrets of one destination.
#[derive(Debug, Default)]
pub struct Redact {
    secrets: Vec<String>,
}

impl Redact {
    /// Blanks `secrets`, each in every form in which a call can carry it.
    pub fn new(secrets: Vec<String>) -> Self {
        let mut forms = Vec::new();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            for place in [Place::Url, Place::Json] {
                let mut written = String::new();
                write_value(&secret, place, &mut written);
                forms.push(written);
            }
            forms.push(form_urlencoded::byte_serialize(secret.as_bytes()).collect());
            forms.push(secret);
        }
        // The longest first: no rest of one stays behind another.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self { secrets: forms }
    }

    /// `text` without secrets.
    pub fn text(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, BLANK))
    }

    /// A verdict whose reason repeats what the destination answered.
    pub fn verdict(&self, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::TooLate { reason } => Verdict::TooLate { reason: self.text(&reason) },
            Verdict::Refused { reason } => Verdict::Refused { reason: self.text(&reason) },
            Verdict::Again { reason, after } => {
                Verdict::Again { reason: self.text(&reason), after }
            }
            Verdict::Disable { reason } => Verdict::Disable { reason: self.text(&reason) },
            plain @ (Verdict::Delivered | Verdict::TokenExpired | Verdict::Split) => plain,
        }
    }

    /// A call's URL.
    pub fn url(&self, call: &Prepared) -> String {
        let mut url = call.url.clone();
        if url.password().is_some() {
            // It cannot fail where there is a password.
            let _ = url.set_password(Some(BLANK));
        }
        self.text(url.as_str())
    }

    /// Headers, one a line.
    pub fn headers(&self, headers: &HeaderMap) -> String {
        let line = |(name, value): (&HeaderName, &http::HeaderValue)| {
            let secret = value.is_sensitive() || SECRET_HEADERS.contains(name);
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            format!("{name}: {}", if secret { BLANK.to_owned() } else { self.text(&value) })
        };
        headers.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// A request's body, or its begin.
    pub fn body(&self, body: &[u8]) -> String {
        self.text(&String::from_utf8_lossy(body)).chars().take(MOST_BODY).collect()
    }

    /// The first 2 kB of an answer.
    pub fn answer(&self, answer: &[u8]) -> String {
        // Blanked first: a secret that stands across the end must not lose its tail alone.
        let text = self.text(&String::from_utf8_lossy(answer)).replace('\0', "\u{fffd}");
        text[..text.floor_char_boundary(MOST_ANSWER)].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn no_form_of_a_secret_is_left() {
        let redact = Redact::new(vec!["s3/cr t\"".into(), String::new()]);
        for text in ["s3/cr t\"", "s3%2Fcr%20t%22", "s3%2Fcr+t%22", "s3/cr t\\\""] {
            assert_eq!(redact.text(&format!("a={text}&b=1")), "a=***&b=1", "{text}");
        }
        let call = Prepared::get("https://u:pw@x.example/?t=s3%2Fcr%20t%22".parse().unwrap());
        assert_eq!(redact.url(&call), "https://u:***@x.example/?t=***");
    }

    #[test]
    fn sensitive_headers_are_blank() {
        let mut key = HeaderValue::from_static("abc");
        key.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert("x-key", key);
        headers.insert("authorization", HeaderValue::from_static("Bearer abc"));
        headers.insert("x-plain", HeaderValue::from_static("yes"));
        let shown = Redact::default().headers(&headers);
        assert_eq!(shown, "x-key: ***\nauthorization: ***\nx-plain: yes");
    }
}
