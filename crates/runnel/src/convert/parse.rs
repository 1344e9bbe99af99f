//! Turns a query string and a body (form or JSON) into parameters, and finds those we know.
//! Promise: nothing is guessed and nothing unknown is lost; the query comes before the body, our
//! names before aliases, the first non-empty of duplicates wins (product.md §6.1).

use crate::body::Unread;
use crate::config::Config;
use serde_json::Value;

/// What a call may carry at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the URL (414 above).
    pub url_bytes: usize,
    /// Bytes of the headers (431 above).
    pub header_bytes: usize,
    /// Bytes of the body (413 above).
    pub body_bytes: usize,
    /// Parameters (400 above).
    pub parameters: usize,
    /// Bytes of one value (400 above).
    pub value_bytes: usize,
}

impl Limits {
    /// The limits of the program's configuration.
    pub fn of(config: &crate::config::Config) -> Self {
        Self {
            url_bytes: config.url_bytes,
            header_bytes: config.header_bytes,
            body_bytes: config.body_bytes,
            parameters: config.parameters,
            value_bytes: config.value_bytes,
        }
    }
}

impl From<&Config> for Limits {
    fn from(config: &Config) -> Self {
        let Config { url_bytes, header_bytes, body_bytes, parameters, value_bytes, .. } = *config;
        Self { url_bytes, header_bytes, body_bytes, parameters, value_bytes }
    }
}

/// A call's size is over a limit: it is refused, not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverLimit {
    /// The URL is too long.
    #[error("the URL is too long")]
    Url,
    /// The headers are too long.
    #[error("the headers are too long")]
    Headers,
    /// The body is too long, or did not arrive.
    #[error("the body {}", match .0 {
        Unread::TooLarge => "is too long",
        Unread::Late => "came too slowly",
        Unread::Broken => "broke off",
    })]
    Body(Unread),
    /// There are too many parameters.
    #[error("too many parameters")]
    Parameters,
    /// A value is too long.
    #[error("the value of {0} is too long")]
    Value(String),
}

/// A call as it came in, before anything is read from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// The query string, still encoded.
    pub query: String,
    /// The body; what is not UTF-8 is replaced.
    pub body: String,
    /// The body's media type.
    pub content_type: String,
}

/// All parameters of a call in the order they count: the query's first, then the body's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    query: Vec<(String, String)>,
    body: Vec<(String, String)>,
    /// The body announced JSON and is none.
    pub unreadable_body: bool,
}

impl Parameters {
    /// Reads a call's parameters.
    /// # Errors
    /// There are more, or longer ones, than `limits` allow.
    pub fn read(raw: &Raw, limits: &Limits) -> Result<Self, OverLimit> {
        let query = read_form(&raw.query);
        let (body, unreadable_body) = match read_body(raw) {
            Some(body) => (body, false),
            None => (Vec::new(), true),
        };
        let parameters = Self { query, body, unreadable_body };
        parameters.within(limits)?;
        Ok(parameters)
    }

    /// Parameters made by the program itself, as if they stood in a query string.
    pub fn of_pairs(pairs: Vec<(String, String)>) -> Self {
        Self { query: pairs, ..Self::default() }
    }

    fn within(&self, limits: &Limits) -> Result<(), OverLimit> {
        if self.query.len() + self.body.len() > limits.parameters {
            return Err(OverLimit::Parameters);
        }
        match self.all().find(|(name, value)| name.len().max(value.len()) > limits.value_bytes) {
            Some((name, _)) => Err(OverLimit::Value(name.chars().take(64).collect())),
            None => Ok(()),
        }
    }

    /// Every parameter.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().chain(&self.body).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first non-empty value under `names`, which are given in the order they count.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        let among = |list: &'_ [(String, String)], name: &str| {
            list.iter().position(|(n, v)| n.eq_ignore_ascii_case(name) && !v.trim().is_empty())
        };
        [&self.query, &self.body].into_iter().find_map(|list| {
            let found = names.iter().find_map(|name| among(list, name))?;
            Some(list[found].1.trim())
        })
    }

    /// Whether any hit is named.
    pub fn names_hit(&self) -> bool {
        self.first(HIT).is_some()
    }

    /// The parameters without those called `names`.
    pub fn without(mut self, names: &[&str]) -> Self {
        let stays = |name: &str| !names.iter().any(|gone| gone.eq_ignore_ascii_case(name));
        self.query.retain(|(name, _)| stays(name));
        self.body.retain(|(name, _)| stays(name));
        self
    }

    /// Puts `corrections` before everything else: they replace what the call said.
    pub fn corrected(mut self, corrections: Vec<(String, String)>) -> Self {
        let names: Vec<_> = corrections.iter().map(|(name, _)| name.clone()).collect();
        let replaced = |name: &str| {
            names
                .iter()
                .any(|corrected| synonyms(corrected).iter().any(|s| s.eq_ignore_ascii_case(name)))
        };
        self.query.retain(|(name, _)| !replaced(name));
        self.body.retain(|(name, _)| !replaced(name));
        self.query.splice(0..0, corrections);
        self
    }
}

/// Our name of a parameter followed by the aliases that networks use, in the order they count.
pub const HIT: &[&str] = &["hit", "cid", "clickid", "click_id", "subid", "cnv_id"];
/// The revenue and its aliases.
pub const REV: &[&str] = &["rev", "payout", "revenue", "sum", "amount"];
/// The transaction and its aliases.
pub const TX: &[&str] = &["tx", "txid", "tid", "transaction_id"];
/// The status and its alias.
pub const STATUS: &[&str] = &["status", "cnv_status"];

/// All names of the parameter `name`.
fn synonyms(name: &str) -> Vec<&str> {
    let known = [HIT, REV, TX, STATUS].into_iter().find(|names| names[0] == name);
    known.map_or_else(|| vec![name], <[&str]>::to_vec)
}

fn read_form(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.replace('\0', "\u{fffd}")))
        .collect()
}

/// The body's parameters; none if it announces JSON and is no JSON object.
fn read_body(raw: &Raw) -> Option<Vec<(String, String)>> {
    let body = raw.body.trim();
    let media = raw.content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    match media.as_str() {
        _ if body.is_empty() => Some(Vec::new()),
        "application/json" => read_json(body),
        _ if media.ends_with("+json") => read_json(body),
        // Beacons of browsers cannot announce JSON.
        "" | "text/plain" if body.starts_with('{') => read_json(body),
        "" | "text/plain" | "application/x-www-form-urlencoded" => Some(read_form(body)),
        _ => None,
    }
}

fn read_json(text: &str) -> Option<Vec<(String, String)>> {
    let Ok(Value::Object(object)) = serde_json::from_str(text) else { return None };
    Some(object.into_iter().filter_map(|(name, value)| Some((name, json_text(value)?))).collect())
}

/// A JSON value as the text a form would carry.
fn json_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        url_bytes: 8192,
        header_bytes: 16384,
        body_bytes: 65536,
        parameters: 200,
        value_bytes: 2048,
    };

    fn read(query: &str, content_type: &str, body: &str) -> Parameters {
        let raw = Raw { query: query.into(), body: body.into(), content_type: content_type.into() };
        Parameters::read(&raw, &LIMITS).unwrap()
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn query_before_body_our_names_before_aliases_first_non_empty_wins() {
        for (query, body, names, value) in [
            ("hit=a&hit=b", "", HIT, Some("a")),
            ("hit=&hit=b", "", HIT, Some("b")),
            ("hit=%20&clickid=c", "", HIT, Some("c")),
            ("clickid=c&hit=a", "", HIT, Some("a")),
            ("subid=s&cid=c", "", HIT, Some("c")),
            ("clickid=c", "hit=a", HIT, Some("c")),
            ("x=1", "hit=a", HIT, Some("a")),
            ("payout=2&amount=3", "rev=1", REV, Some("2")),
            ("rev=0", "", REV, Some("0")),
            ("", "", REV, None),
            ("HIT=a", "", HIT, Some("a")),
            ("tx=a%2Bb+c", "", TX, Some("a+b c")),
        ] {
            assert_eq!(read(query, FORM, body).first(names), value, "{query} | {body}");
        }
    }

    #[test]
    fn a_json_body_reads_like_a_form() {
        let body =
            r#"{"hit":"a","rev":12.5,"tx":7,"disable_postbacks":true,"note":null,"x":{"y":1}}"#;
        for media in ["application/json; charset=utf-8", "text/plain;charset=UTF-8", ""] {
            let parameters = read("", media, body);
            assert_eq!(parameters.first(HIT), Some("a"), "{media}");
            assert_eq!(parameters.first(REV), Some("12.5"));
            assert_eq!(parameters.first(TX), Some("7"));
            assert_eq!(parameters.first(&["disable_postbacks"]), Some("true"));
            assert_eq!(parameters.first(&["note"]), None);
            assert_eq!(parameters.first(&["x"]), Some(r#"{"y":1}"#));
        }
    }

    #[test]
    fn a_body_that_is_not_what_it_says_is_flagged_and_the_query_still_counts() {
        for body in ["{", "[1]", "\"hit\"", "hit=b"] {
            let parameters = read("hit=a", "application/json", body);
            assert!(parameters.unreadable_body, "{body}");
            assert_eq!(parameters.first(HIT), Some("a"));
        }
    }

    #[test]
    fn limits_name_what_is_too_much() {
        let raw = |query: String| Raw { query, ..Raw::default() };
        let many = (0..201).map(|i| format!("a{i}=1&")).collect::<String>();
        assert_eq!(Parameters::read(&raw(many), &LIMITS), Err(OverLimit::Parameters));
        let exactly = (0..200).map(|i| format!("a{i}=1&")).collect::<String>();
        assert!(Parameters::read(&raw(exactly), &LIMITS).is_ok());
        let long = raw(format!("tx={}", "x".repeat(2049)));
        assert_eq!(Parameters::read(&long, &LIMITS), Err(OverLimit::Value("tx".into())));
        assert!(Parameters::read(&raw(format!("tx={}", "x".repeat(2048))), &LIMITS).is_ok());
    }

    #[test]
    fn a_correction_replaces_every_name_of_the_parameter() {
        let corrected = read("clickid=bad&rev=1", FORM, "subid=worse")
            .corrected(vec![("hit".into(), "good".into())]);
        assert_eq!(corrected.first(HIT), Some("good"));
        assert_eq!(corrected.first(&["clickid"]), None);
        assert_eq!(corrected.first(REV), Some("1"));
    }
}
