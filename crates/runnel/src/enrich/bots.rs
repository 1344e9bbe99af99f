//! User agent → why it counts as a bot: crawlers, link previewers, mail scanners, headless browsers.
//! Promise: patterns are read as data (isbot, crawler-user-agents), so that they can be replaced
//! without a new program; one that cannot be read is logged and left out, the others work.

use super::guarded::Guarded;
use regex::bytes::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

/// The knowledge folder's `bots.json`.
#[derive(Deserialize, Default)]
pub struct BotPatterns {
    /// Patterns of isbot; case does not matter.
    isbot: Vec<String>,
    /// Patterns of crawler-user-agents; case matters.
    crawlers: Vec<Crawler>,
}

#[derive(Deserialize)]
struct Crawler {
    pattern: String,
    tags: Vec<String>,
}

impl BotPatterns {
    /// How many patterns were listed.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.isbot.len() + self.crawlers.len()
    }
}

/// Scanners of links in mail and office programs: they open what a person has not clicked.
pub(super) const SCANNERS: [&str; 9] = [
    r"ms-office",
    r"MSOffice \d",
    r"Microsoft Office",
    r"GoogleImageProxy",
    r"YahooMailProxy",
    r"Barracuda",
    r"Proofpoint",
    r"Mimecast",
    r"IronPort",
];

/// All patterns, ready to be asked.
pub struct Bots {
    set: RegexSet,
    /// The kind of bot that each pattern of the set stands for.
    kinds: Vec<String>,
    guarded: Vec<Guarded>,
}

const OTHER: &str = "automated";

/// Memory for the compiled automaton and for its cache while matching.
const MOST_AUTOMATON_BYTES: usize = 64 << 20;
const MOST_CACHE_BYTES: usize = 8 << 20;
const MOST_NAME_CHARS: usize = 40;

impl Bots {
    /// Compiles the patterns.
    pub fn new(patterns: &BotPatterns) -> Self {
        let (guarded, plain): (Vec<_>, Vec<_>) =
            patterns.isbot.iter().partition(|p| p.contains("(?<!") || p.contains("(?!"));
        let kind = |crawler: &Crawler| crawler.tags.first().map_or("crawler", |tag| tag).to_owned();
        let scanners = SCANNERS.iter().map(|p| ((*p).to_owned(), "mail-scanner".to_owned()));
        let crawlers = patterns.crawlers.iter().map(|c| (c.pattern.clone(), kind(c)));
        let isbot =
            plain.into_iter().map(|p| (format!("(?i:{})", in_our_dialect(p)), OTHER.to_owned()));
        let (set, kinds) = compile(scanners.chain(crawlers).chain(isbot).collect());
        let guarded = guarded.into_iter().filter_map(|pattern| Guarded::read(pattern)).collect();
        Self { set, kinds, guarded }
    }

    /// Why the sender counts as a bot, `search-engine: Googlebot`; empty for people.
    pub fn reason(&self, user_agent: &str) -> String {
        if user_agent.trim().is_empty() {
            return "no-user-agent".into();
        }
        if let Some(first) = self.set.matches(user_agent.as_bytes()).iter().next() {
            let kind = self.kinds.get(first).map_or(OTHER, |kind| kind);
            return named(kind, self.matched(first, user_agent));
        }
        let found = self.guarded.iter().find_map(|pattern| pattern.find(user_agent));
        found.map_or_else(String::new, |name| named(OTHER, name))
    }

    /// How many patterns are asked.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.set.len() + self.guarded.len()
    }

    /// The text that pattern number `index` of the set recognised.
    fn matched<'a>(&self, index: usize, user_agent: &'a str) -> &'a str {
        let pattern = self.set.patterns().get(index).map_or("", |pattern| pattern);
        let regex = regex::bytes::RegexBuilder::new(pattern).unicode(false).build().ok();
        let found = regex.and_then(|regex| regex.find(user_agent.as_bytes()).map(|m| m.range()));
        found.and_then(|range| user_agent.get(range)).unwrap_or_default()
    }
}

/// Kind and name; versions are left out, so that reports can group by it.
fn named(kind: &str, matched: &str) -> String {
    let name: String = matched
        .split('/')
        .next()
        .unwrap_or_default()
        .trim()
        .chars()
        .take(MOST_NAME_CHARS)
        .collect();
    if name.is_empty() { kind.to_owned() } else { format!("{kind}: {name}") }
}

/// One automaton of all patterns that can be read, and their kinds.
fn compile(mut sources: Vec<(String, String)>) -> (RegexSet, Vec<String>) {
    let build = |sources: &[(String, String)]| {
        RegexSetBuilder::new(sources.iter().map(|(pattern, _)| pattern))
            .unicode(false)
            .size_limit(MOST_AUTOMATON_BYTES)
            .dfa_size_limit(MOST_CACHE_BYTES)
            .build()
    };
    let set = build(&sources).or_else(|_| {
        sources.retain(|(pattern, _)| readable(pattern));
        build(&sources)
    });
    let set = set.unwrap_or_else(|error| {
        tracing::error!(%error, "bot patterns do not compile: bots are not recognised by user agent");
        RegexSet::empty()
    });
    (set, sources.into_iter().map(|(_, kind)| kind).collect())
}

/// JavaScript takes the hyphen in `[\d-.]` as itself; ours wants it escaped.
fn in_our_dialect(pattern: &str) -> String {
    let classes = ["\\w", "\\d", "\\s"];
    classes.iter().fold(pattern.to_owned(), |text, class| {
        text.replace(&format!("{class}-"), &format!("{class}\\-"))
    })
}

fn readable(pattern: &str) -> bool {
    let read = regex::bytes::RegexBuilder::new(pattern).unicode(false).build();
    if let Err(error) = &read {
        tracing::warn!(pattern, %error, "a bot pattern cannot be read and is left out");
    }
    read.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bots(isbot: &[&str]) -> Bots {
        let crawlers =
            vec![Crawler { pattern: r"Googlebot\/".into(), tags: vec!["search-engine".into()] }];
        Bots::new(&BotPatterns { isbot: isbot.iter().map(|p| (*p).into()).collect(), crawlers })
    }

    #[test]
    fn the_reason_names_what_was_recognised() {
        let bots = bots(&["headless", "((broken", "(?<!x)y(?!z)w"]);
        assert_eq!(
            bots.reason("Mozilla/5.0 (compatible; Googlebot/2.1)"),
            "search-engine: Googlebot"
        );
        assert_eq!(bots.reason("Mozilla/5.0 HeadlessChrome/120"), "automated: Headless");
        assert_eq!(bots.reason("x GoogleImageProxy)"), "mail-scanner: GoogleImageProxy");
        assert_eq!(bots.reason(" "), "no-user-agent");
        assert_eq!(bots.reason("Mozilla/5.0 (Windows NT 10.0)"), "");
    }
}
