//! Texts in a call: trimmed, empty is absent, a macro that was not replaced is absent and flagged.
//! Promise: what a network forgot to fill in is never taken for a value (product.md §6.1).

/// The value of `tx`, `hit`, `vid`, `p`, `status` or `currency` as a call gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextValue {
    /// Not given.
    Absent {
        /// Something was given, but it was a macro that nobody replaced.
        flagged: bool,
    },
    /// The text without blanks around it; case is kept.
    Given(String),
}

impl TextValue {
    /// Reads a value as received, after percent-decoding.
    pub fn read(raw: Option<&str>) -> Self {
        match raw.unwrap_or_default().trim() {
            "" => Self::Absent { flagged: false },
            text if is_unreplaced_macro(text) => Self::Absent { flagged: true },
            text => Self::Given(text.to_owned()),
        }
    }

    /// Whether a macro stood where a value belongs.
    pub fn flagged(&self) -> bool {
        matches!(self, Self::Absent { flagged: true })
    }

    /// The text, if there is one.
    pub fn given(self) -> Option<String> {
        match self {
            Self::Given(text) => Some(text),
            Self::Absent { .. } => None,
        }
    }
}

/// Whether a trimmed text is a macro that nobody replaced: `{x}`, `{{x}}`, `[x]`, `#x#`, `%x%`,
/// `REPLACE`, `VALUE`, `null` or `undefined`.
pub fn is_unreplaced_macro(text: &str) -> bool {
    const BRACKETS: [(char, char); 4] = [('{', '}'), ('[', ']'), ('#', '#'), ('%', '%')];
    let bracketed = |(open, close): (char, char)| {
        let inside = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inside.is_some_and(|name| !name.is_empty())
    };
    // The first two are the origin's placeholders, written so; the others come from programs.
    matches!(text, "REPLACE" | "VALUE")
        || text.eq_ignore_ascii_case("null")
        || text.eq_ignore_ascii_case("undefined")
        || BRACKETS.into_iter().any(bracketed)
}

/// Whether a switch such as `disable_postbacks` is on: `true`, `1` or `yes` in any case
/// (product.md §6.9).
pub fn is_yes(raw: Option<&str>) -> bool {
    let text = raw.unwrap_or_default().trim();
    ["true", "1", "yes"].iter().any(|yes| text.eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_texts_are_macros() {
        for text in ["{tx}", "{{tx}}", "[tx]", "#tx#", "%tx%", "{a}-{b}", "NULL", "undefined"] {
            assert!(is_unreplaced_macro(text), "{text}");
        }
        for text in ["", "{", "{}", "#", "##", "A{tx}", "tx]", "#1", "100%", "value", "VALUE1"] {
            assert!(!is_unreplaced_macro(text), "{text}");
        }
    }
}
