//! `Accept-Language` → the language a visitor prefers.

/// The primary subtag with the highest weight, in lower case; the first among equals. Empty if the
/// header names no language.
pub fn preferred(accept_language: &str) -> String {
    let mut best = ("", 0.0);
    for range in accept_language.split(',') {
        let (tag, weight) = weighted(range);
        if is_primary(primary(tag)) && weight > best.1 {
            best = (primary(tag), weight);
        }
    }
    best.0.to_ascii_lowercase()
}

/// `de-CH;q=0.8` → the tag and its weight; an unreadable weight counts as 0.
fn weighted(range: &str) -> (&str, f32) {
    let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
    let weight = match parameters.trim().strip_prefix("q=") {
        Some(text) => text.trim().parse().ok().filter(|w| (0.0..=1.0).contains(w)).unwrap_or(0.0),
        None => 1.0,
    };
    (tag.trim(), weight)
}

fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or_default()
}

/// ISO 639-1, or the three letters of a language that has no two.
fn is_primary(subtag: &str) -> bool {
    matches!(subtag.len(), 2 | 3) && subtag.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_wins() {
        for (header, expected) in [
            ("en-US,en;q=0.9", "en"),
            ("de-CH", "de"),
            ("fr;q=0.5, DE;q=0.8, *;q=0.9", "de"),
            ("*", ""),
            ("", ""),
            ("fil-PH,en;q=0.5", "fil"),
            ("xx;q=abc,es;q=0.1", "es"),
            ("en;q=0", ""),
            ("zh_CN", "zh"),
            ("<script>,pt-BR", "pt"),
            ("ja;q=1.5,ko;q=0.3", "ko"),
        ] {
            assert_eq!(preferred(header), expected, "{header}");
        }
    }
}
