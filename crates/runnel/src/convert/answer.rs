//! What became of a call → what the network is told.
//! Promise: `200` for everything that was stored, unless the caller asked to be strict; `503` only
//! for what was not (product.md §6.7).

use super::parse::Parameters;
use super::reason::{parameter_of, strict_status};
use crate::store::ledger::{Booked, Unavailable, Verdict};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use rules::amount::is_yes;
use serde_json::json;

/// A transparent GIF of one pixel.
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
/// Longest word that replaces `OK`.
const MOST_WORD: usize = 100;

/// How the caller wants to be answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    format: Format,
    /// Replaces the success body.
    word: Option<String>,
    /// Unbooked calls get an error status.
    strict: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    #[default]
    Text,
    Json,
    Gif,
}

impl Manner {
    /// Reads `format=`, `return=` and `strict=`.
    pub fn of(parameters: &Parameters) -> Self {
        let format = match parameters.first(&["format"]).map(str::to_lowercase).as_deref() {
            Some("json") => Format::Json,
            Some("gif") => Format::Gif,
            _ => Format::Text,
        };
        let word = parameters.first(&["return"]).filter(|word| harmless(word));
        let strict = is_yes(parameters.first(&["strict"]));
        Self { format, word: word.map(str::to_owned), strict }
    }
}

/// A word that cannot be mistaken for markup by whatever shows it.
fn harmless(word: &str) -> bool {
    word.len() <= MOST_WORD
        && word.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'<' | b'>' | b'&'))
}

/// What became of a call, for its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// What the ledger says.
    pub booked: Booked,
    /// The parameter at fault; empty where none is.
    pub parameter: &'static str,
    /// Nothing was booked: only the verdict was asked for.
    pub test: bool,
}

impl Receipt {
    /// The parameter at fault, for this reason.
    pub fn parameter(&self) -> &'static str {
        if self.parameter.is_empty() { parameter_of(&self.booked.reason) } else { self.parameter }
    }

    /// Whether the call stays unbooked.
    pub fn is_unbooked(&self) -> bool {
        self.booked.verdict == Verdict::Unbooked
    }

    /// `OK`, or `LOGGED reason=unknown_hit parameter=hit`.
    pub fn line(&self) -> String {
        let verdict = self.booked.verdict.as_str();
        match (self.is_unbooked(), self.test) {
            (false, false) => "OK".to_owned(),
            (false, true) => format!("TEST result={verdict}{}", self.remarks()),
            (true, true) => format!("TEST result={verdict} {}", self.why()),
            (true, false) => format!("LOGGED {}", self.why()),
        }
    }

    fn why(&self) -> String {
        match self.parameter() {
            "" => format!("reason={}", self.booked.reason),
            parameter => format!("reason={} parameter={parameter}", self.booked.reason),
        }
    }

    fn remarks(&self) -> String {
        let after = &self.booked.after;
        let status = after.status.map(|status| format!(" status={}", status.as_str()));
        format!("{} rev={}", status.unwrap_or_default(), after.revenue)
    }

    fn json(&self) -> serde_json::Value {
        let Booked { verdict, reason, call, conversion, after, flags, .. } = &self.booked;
        let or_null = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        json!({
            "result": verdict.as_str(),
            "conversion": conversion.map(|id| id.to_string()).filter(|_| !self.is_new_test()),
            "reason": or_null(reason),
            "parameter": or_null(self.parameter()),
            "status": after.status.map(|status| status.as_str()),
            "revenue": conversion.map(|_| after.revenue),
            "flags": flags,
            "call": or_null(call),
            "test": self.test,
        })
    }

    /// A conversion that a test only imagined has no ID.
    fn is_new_test(&self) -> bool {
        self.test && self.booked.verdict == Verdict::Created
    }
}

/// Answers a call in the manner it asked for.
pub fn respond(receipt: &Receipt, manner: &Manner) -> Response {
    let strict = manner.strict && receipt.is_unbooked() && !receipt.test;
    let status = if strict { strict_status(&receipt.booked.reason) } else { StatusCode::OK };
    match manner.format {
        Format::Gif => typed(status, "image/gif", GIF.to_vec()),
        Format::Json => typed(status, "application/json", receipt.json().to_string().into_bytes()),
        Format::Text => {
            let word = manner.word.clone().filter(|_| !receipt.is_unbooked() && !receipt.test);
            plain(status, word.unwrap_or_else(|| receipt.line()))
        }
    }
}

/// The call could not be stored: the network is to come again.
pub fn unavailable(_: Unavailable) -> Response {
    let mut response =
        plain(StatusCode::SERVICE_UNAVAILABLE, "RETRY not stored, send it again".into());
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// A refusal or another short text.
pub fn plain(status: StatusCode, text: String) -> Response {
    typed(status, "text/plain; charset=utf-8", text.into_bytes())
}

fn typed(status: StatusCode, media: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_callers_cannot_be_markup() {
        for (word, taken) in
            [("SUCCESS", true), ("1", true), ("<script>", false), ("a\r\nb", false), ("é", false)]
        {
            let parameters = Parameters::of_pairs(vec![("return".into(), word.into())]);
            assert_eq!(Manner::of(&parameters).word.is_some(), taken, "{word}");
        }
    }
}
