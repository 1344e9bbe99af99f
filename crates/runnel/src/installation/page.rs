//! A page's HTML → its scripts, and the policies that stand in it, in the order of the text.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use std::collections::BTreeMap;
use url::Url;

/// A script of another address.
pub(super) struct Script {
    /// Where it is loaded from.
    pub address: Url,
    /// Its attributes, names in lower case.
    pub attributes: BTreeMap<String, String>,
}

impl Script {
    /// An attribute's value, or the parameter of its address that may stand for it.
    pub(super) fn says(&self, name: &str) -> Option<String> {
        let attribute = self.attributes.get(&format!("data-{name}"));
        let own = attribute.filter(|value| !value.is_empty()).cloned();
        own.or_else(|| parameter(&self.address, name))
    }

    /// Whether nothing is stored or sent before consent.
    pub(super) fn waits(&self) -> bool {
        self.says("consent").is_some_and(|value| value == "required") || self.is_held_back()
    }

    /// Consent managers give scripts a type that browsers do not run, and change it later.
    pub(super) fn is_held_back(&self) -> bool {
        let kind = self.attributes.get("type").map(|kind| kind.trim().to_ascii_lowercase());
        kind.is_some_and(|kind| {
            !matches!(kind.as_str(), "" | "module") && !kind.ends_with("javascript")
        })
    }
}

/// The value of a parameter in an address.
pub(super) fn parameter(address: &Url, name: &str) -> Option<String> {
    let found = address.query_pairs().find(|(known, value)| known == name && !value.is_empty());
    found.map(|(_, value)| value.into_owned())
}

/// A script that stands in the page.
pub(super) struct Inline {
    pub text: String,
    pub nonce: Option<String>,
}

/// What matters of a page.
#[derive(Default)]
pub(super) struct Page {
    pub scripts: Vec<Script>,
    pub inline: Vec<Inline>,
    /// Policies in `<meta>`.
    pub policies: Vec<String>,
}

impl Page {
    /// Reads what a browser would; comments hold nothing.
    pub(super) fn read(html: &str, url: &Url) -> Self {
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let (mut page, mut base) = (Self::default(), None);
        let mut open: Option<Inline> = None;
        for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
            match token {
                Token::StartTag(tag) => {
                    let (name, attributes) = plain(&tag);
                    open = page.take(&name, attributes, base.as_ref().unwrap_or(url));
                    if name == "base" && base.is_none() {
                        base = plain(&tag).1.get("href").and_then(|href| url.join(href).ok());
                    }
                }
                Token::String(text) => {
                    if let Some(inline) = &mut open {
                        inline.text.push_str(&String::from_utf8_lossy(&text));
                    }
                }
                Token::EndTag(_) => page.inline.extend(open.take()),
                _ => {}
            }
        }
        page
    }

    /// Keeps an element; gives a script whose text is to follow.
    fn take(
        &mut self,
        name: &str,
        mut attributes: BTreeMap<String, String>,
        base: &Url,
    ) -> Option<Inline> {
        let is_policy = |kind: &String| kind.eq_ignore_ascii_case("content-security-policy");
        match name {
            "script" => {
                let Some(source) = attributes.get("src") else {
                    let nonce = attributes.remove("nonce");
                    return Some(Inline { text: String::new(), nonce });
                };
                if let Ok(address) = base.join(source) {
                    self.scripts.push(Script { address, attributes });
                }
            }
            "meta" if attributes.get("http-equiv").is_some_and(is_policy) => {
                self.policies.extend(attributes.remove("content"));
            }
            _ => {}
        }
        None
    }

    /// The universal tag, each time that it is there.
    pub(super) fn tags(&self) -> impl Iterator<Item = &Script> {
        self.scripts.iter().filter(|script| script.address.path().ends_with("/js/flux.js"))
    }

    /// The script that queues calls until the tag is there.
    pub(super) fn stub(&self) -> Option<&Inline> {
        self.inline
            .iter()
            .find(|inline| inline.text.contains("flux") && inline.text.contains("q:["))
    }

    /// The first Google Tag Manager container on the page.
    pub(super) fn container(&self) -> Option<&str> {
        let addresses = self.scripts.iter().map(|script| script.address.as_str());
        let mut texts = addresses.chain(self.inline.iter().map(|inline| inline.text.as_str()));
        texts.find_map(|text| {
            let start = text.find("GTM-")?;
            let rest = &text[start..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            Some(&rest[..end.unwrap_or(rest.len())])
        })
    }
}

fn plain(tag: &StartTag<()>) -> (String, BTreeMap<String, String>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let attributes = tag.attributes.iter().map(|(name, value)| (text(name), text(value)));
    (text(&tag.name), attributes.collect())
}
