//! Tells requests that only fetch ahead from those of a person (product.md §3).

use crate::head::name::{MOZ, PURPOSE, SEC_PURPOSE};
use http::HeaderMap;

/// Whether the request announces itself as prefetch or prerender.
pub fn is_prefetch(headers: &HeaderMap) -> bool {
    [SEC_PURPOSE, PURPOSE, MOZ].iter().flat_map(|name| headers.get_all(name)).any(|value| {
        let text = value.as_bytes().to_ascii_lowercase();
        ["prefetch", "prerender"].iter().any(|word| contains(&text, word.as_bytes()))
    })
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_prefetches_are_seen() {
        for (name, value, prefetch) in [
            ("sec-purpose", "prefetch", true),
            ("sec-purpose", "prefetch;prerender", true),
            ("sec-purpose", "prefetch;anonymous-client-ip", true),
            ("purpose", "Prefetch", true),
            ("purpose", "prerender", true),
            ("x-moz", "prefetch", true),
            ("purpose", "", false),
            ("sec-fetch-mode", "navigate", false),
            ("x-purpose", "prefetch", false),
        ] {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static(name),
                http::HeaderValue::from_static(value),
            )]);
            assert_eq!(is_prefetch(&headers), prefetch, "{name}: {value}");
        }
        assert!(!is_prefetch(&HeaderMap::new()));
    }
}
