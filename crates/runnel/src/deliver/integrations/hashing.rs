//! What identifies a person, as platforms want it: normalised, then SHA-256 in lower-case hexadecimal.
//! Promise: what is hashed already goes on as it is; what cannot be normalised is left out.

use sha2::{Digest, Sha256};

/// Brings one kind of identifier into the form that is hashed; none if it is no such thing.
pub type Normalise = fn(&str) -> Option<String>;

/// The hash of `value` as `normalise` wants it.
pub fn hashed(value: &str, normalise: Normalise) -> Option<String> {
    let value = value.trim();
    if value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(value.to_ascii_lowercase());
    }
    normalise(value).filter(|text| !text.is_empty()).map(|text| sha256(&text))
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Trimmed, in lower case.
pub fn email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (user, host) = email.rsplit_once('@')?;
    (!user.is_empty() && !host.is_empty()).then_some(email)
}

/// Also without the dots that Gmail ignores (Google Ads API, *enhanced conversions for leads*:
/// normalisation of gmail.com and googlemail.com).
pub fn google_email(text: &str) -> Option<String> {
    let email = email(text)?;
    let (user, host) = email.rsplit_once('@')?;
    match host {
        "gmail.com" | "googlemail.com" => Some(format!("{}@{host}", user.replace('.', ""))),
        _ => Some(email),
    }
}

/// Also without dots before the `@` and without a `+suffix`, whatever the host (Microsoft
/// Advertising, *enhanced conversions*; Reddit, *Conversions API*).
pub fn bare_email(text: &str) -> Option<String> {
    let email = email(text)?;
    let (user, host) = email.rsplit_once('@')?;
    let user = user.split('+').next().unwrap_or_default().replace('.', "");
    (!user.is_empty()).then(|| format!("{user}@{host}"))
}

/// Digits with the country code, without leading zeros (Meta, Snapchat, Pinterest).
pub fn phone_digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (7..=15).contains(&digits.len()).then(|| digits.to_owned())
}

/// E.164 with its plus sign (Google, TikTok, Microsoft, Reddit). A number with one leading zero is a
/// national one, whose country nobody knows.
pub fn phone_e164(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let international = text.trim_start().starts_with('+') || digits.starts_with("00");
    if digits.starts_with('0') && !international {
        return None;
    }
    phone_digits(text).map(|digits| format!("+{digits}"))
}

/// Letters and digits of any script in lower case: names, cities, regions.
pub fn letters(text: &str) -> Option<String> {
    Some(text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect())
}

/// `f` or `m`.
pub fn gender(text: &str) -> Option<String> {
    let first = text.trim().chars().next()?.to_ascii_lowercase();
    matches!(first, 'f' | 'm').then(|| first.to_string())
}

/// `YYYYMMDD`, with or without punctuation between.
pub fn birthday(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<u32>().ok();
    let plain = digits.len() == 8
        && (1900..=2100).contains(&part(0, 4)?)
        && (1..=12).contains(&part(4, 6)?)
        && (1..=31).contains(&part(6, 8)?);
    plain.then_some(digits)
}

/// Lower case without blanks and dashes; of an American nine-digit code the first five.
pub fn postcode(text: &str) -> Option<String> {
    let code = letters(text)?;
    let american = code.len() == 9 && code.bytes().all(|b| b.is_ascii_digit());
    Some(if american { code[..5].to_owned() } else { code })
}

/// ISO 3166-1 alpha-2 in lower case.
pub fn country(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_lowercase();
    (code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase())).then_some(code)
}

/// An ID of ours or the shop's, as it is.
pub fn id(text: &str) -> Option<String> {
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples that Meta's documentation of customer information parameters gives.
    #[test]
    fn metas_own_examples() {
        for (value, normalise, hash) in [
            (
                " John_Smith@gmail.com ",
                email as Normalise,
                "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
            ),
            (
                "1 (650)555-1212",
                phone_digits,
                "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
            ),
            ("Mary", letters, "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
            ("정", letters, "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
            ("Valéry", letters, "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
        ] {
            assert_eq!(hashed(value, normalise).as_deref(), Some(hash), "{value}");
        }
    }

    /// The example that Snapchat's documentation of user data gives.
    #[test]
    fn snapchats_own_example() {
        let hash = "542d240129883c019e106e3b1b2d3f3cb3537c43c425364de8e951d5a3083345";
        assert_eq!(hashed("Person@Example.com", email).as_deref(), Some(hash));
        assert_eq!(phone_digits("+44 844 412 4653").as_deref(), Some("448444124653"));
        assert_eq!(hashed(&hash.to_uppercase(), email).as_deref(), Some(hash), "hashed before");
    }

    #[test]
    fn each_kind_is_normalised_or_left_out() {
        for (text, normalise, normal) in [
            ("no address", email as Normalise, None),
            ("J.Doe+x@GoogleMail.com", google_email, Some("jdoe+x@googlemail.com")),
            ("J.Doe+x@example.com", google_email, Some("j.doe+x@example.com")),
            ("J.Doe+x@example.com", bare_email, Some("jdoe@example.com")),
            ("0049 171 234567", phone_e164, Some("+49171234567")),
            ("+49 (171) 234-567", phone_e164, Some("+49171234567")),
            ("49171234567", phone_e164, Some("+49171234567")),
            ("0171 234567", phone_e164, None),
            ("0049 171 234567", phone_digits, Some("49171234567")),
            ("12", phone_digits, None),
            ("O'Neil-Smith Jr.", letters, Some("oneilsmithjr")),
            ("Female", gender, Some("f")),
            ("x", gender, None),
            ("1991-05-26", birthday, Some("19910526")),
            ("26.05.1991", birthday, None),
            ("94035-1234", postcode, Some("94035")),
            ("SW1A 1AA", postcode, Some("sw1a1aa")),
            ("DE", country, Some("de")),
            ("Germany", country, None),
        ] {
            assert_eq!(normalise(text).as_deref(), normal, "{text}");
        }
    }
}
