//! `Accept-Language` → the language a visitor prefers.

use compact_str::CompactString;

/// The primary subtag with the highest weight, in lower case; the first among equals. Empty if the
/// header names no language.
pub fn preferred(accept_language: &str) -> CompactString {
    let mut best = ("", 0);
    for range in accept_language.split(',') {
        let (tag, weight) = weighted(range);
        // Most browsers name the one they prefer first, with the full weight.
        if weight > best.1 && is_primary(primary(tag)) {
            best = (primary(tag), weight);
        }
        if best.1 == FULL_WEIGHT {
            break;
        }
    }
    let mut language = CompactString::from(best.0);
    language.make_ascii_lowercase();
    language
}

/// Weights have at most three decimals (RFC 9110 §12.4.2): in thousandths.
const FULL_WEIGHT: u32 = 1000;

/// `de-CH;q=0.8` → the tag and its weight; an unreadable weight counts as 0.
fn weighted(range: &str) -> (&str, u32) {
    let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
    let weight = match parameters.trim().strip_prefix("q=") {
        Some(text) => thousandths(text.trim()).unwrap_or(0),
        None => FULL_WEIGHT,
    };
    (tag.trim(), weight)
}

/// `1`, `0.8`, `0.125`; nothing above 1.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = decimals.bytes().all(|digit| digit.is_ascii_digit());
    let decimals = decimals.get(..decimals.len().min(3)).filter(|_| digits)?;
    let part: u32 = if decimals.is_empty() { 0 } else { decimals.parse().ok()? };
    let scale = [1000, 100, 10, 1][decimals.len()];
    let value = whole.parse::<u32>().ok()?.checked_mul(FULL_WEIGHT)? + part * scale;
    (value <= FULL_WEIGHT).then_some(value)
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
            ("pl;q=0.125,cs;q=0.13", "cs"),
            ("el;q=.,tr;q=1.", "tr"),
        ] {
            assert_eq!(preferred(header), expected, "{header}");
        }
    }
}
