//! Patterns with a look-behind at their begin or a look-ahead at their end, which our regular
//! expressions (linear in time) do not have: the core is searched, the guards are asked beside it.

use regex::{Regex, RegexBuilder};

/// A pattern with a look-behind at its begin or a look-ahead at its end, which our regular
/// expressions (linear in time) do not have.
pub(super) struct Guarded {
    core: Regex,
    not_before: Option<Regex>,
    not_after: Option<Regex>,
}

impl Guarded {
    /// Reads `(?<!…)core(?!…)`; either guard may be missing.
    pub(super) fn read(pattern: &str) -> Option<Self> {
        let read = Self::parts(pattern);
        if read.is_none() {
            tracing::warn!(pattern, "a bot pattern cannot be read and is left out");
        }
        read
    }

    fn parts(pattern: &str) -> Option<Self> {
        let (before, rest) = match pattern.strip_prefix("(?<!") {
            Some(rest) => {
                let end = closing(rest)?;
                (Some(format!("(?:{})$", &rest[..end])), &rest[end + 1..])
            }
            None => (None, pattern),
        };
        let (core, after) = match rest.split_once("(?!") {
            Some((core, guard)) => {
                let end = closing(guard).filter(|end| end + 1 == guard.len())?;
                (core, Some(format!("^(?:{})", &guard[..end])))
            }
            None => (rest, None),
        };
        let regex = |text: &str| RegexBuilder::new(text).case_insensitive(true).build().ok();
        let guard = |text: Option<String>| text.map(|text| regex(&text).ok_or(())).transpose().ok();
        Some(Self { core: regex(core)?, not_before: guard(before)?, not_after: guard(after)? })
    }

    /// The text that it recognises.
    pub(super) fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        let guarded = |guard: &Option<Regex>, side: &str| {
            guard.as_ref().is_some_and(|guard| guard.is_match(side))
        };
        let mut found = self.core.find_iter(text).filter(|found| {
            !guarded(&self.not_before, &text[..found.start()])
                && !guarded(&self.not_after, &text[found.end()..])
        });
        found.next().map(|found| found.as_str())
    }
}

/// Where the group that is already open ends.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut escaped) = (1, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_before_and_after_are_kept() {
        let patterns = [
            r"(?<! cu)bots?(?:\b|_)",
            r"(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))",
            r"java(?!;)",
            r"(?:^|[^g])news(?!sapphire)",
        ]
        .map(|pattern| Guarded::read(pattern).unwrap());
        for (text, found) in [
            ("Some Bot 1", true),
            ("Android; CUBOT CUBOT X30", false),
            ("a cubot then a bot", true),
            ("robots_x", true),
            ("robotics", false),
            ("x google y", true),
            ("x googleapp y", false),
            ("x google pixel y", false),
            ("channel/google x", true),
            (" channel/google x", false),
            ("java/1.8", true),
            ("java; x", false),
            ("newssapphire", false),
            ("gnews", false),
            ("the news", true),
        ] {
            assert_eq!(patterns.iter().any(|p| p.find(text).is_some()), found, "{text}");
        }
    }

    #[test]
    fn what_is_written_otherwise_is_left_out() {
        for pattern in ["(?<!x", "a(?!b)c", "a(?!b", "(?<!x)y(?!z)w", "(broken(?!x)"] {
            assert!(Guarded::read(pattern).is_none(), "{pattern}");
        }
    }
}
