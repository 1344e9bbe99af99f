//! A trimmed text → the number that it names, with one currency sign or code beside it.
//! Promise: exact to 6 places (more are cut off); anything doubtful is no number.

use crate::money::Micros;

/// Currency signs that are one character.
const SIGNS: &str = "$€£¥₹₽₩₺₴₫₱₪₦฿₡₲₵₸₮₾₼";

/// Codes of ISO 4217, each followed by a blank.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB \
    BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB \
    EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD \
    JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP \
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON \
    RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP \
    TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG ";

/// Reads `12.5`, `1,250.75`, `12,5`, `$-5`, `12.50 USD`; at most [`Micros::LARGEST`].
pub(super) fn read(text: &str) -> Option<Micros> {
    let (outer, text) = split_sign(text);
    let (inner, text) = split_sign(without_currency(text));
    let negative = match (outer, inner) {
        (Some(_), Some(_)) => return None,
        (one, other) => one.or(other) == Some('-'),
    };
    let amount: Micros = plain(text)?.parse().ok()?;
    let fits = amount <= Micros::LARGEST;
    fits.then_some(if negative { -amount } else { amount })
}

fn split_sign(text: &str) -> (Option<char>, &str) {
    match text.chars().next() {
        Some(sign @ ('+' | '-')) => (Some(sign), text[1..].trim_start()),
        _ => (None, text),
    }
}

/// Takes one sign or code away, in front or behind.
fn without_currency(text: &str) -> &str {
    let code_ahead = text.get(..3).filter(|code| is_code(code));
    let code_behind = text.len().checked_sub(3).and_then(|at| text.get(at..));
    if let Some(rest) = text.strip_prefix(is_sign) {
        rest.trim_start()
    } else if let Some(rest) = text.strip_suffix(is_sign) {
        rest.trim_end()
    } else if code_ahead.is_some() {
        text[3..].trim_start()
    } else if code_behind.is_some_and(is_code) {
        text[..text.len() - 3].trim_end()
    } else {
        text
    }
}

fn is_sign(c: char) -> bool {
    SIGNS.contains(c)
}

fn is_code(text: &str) -> bool {
    text.len() == 3
        && text.bytes().all(|b| b.is_ascii_alphabetic())
        && CODES.split_ascii_whitespace().any(|code| code.eq_ignore_ascii_case(text))
}

/// Digits with a point, commas resolved.
fn plain(text: &str) -> Option<String> {
    let starts_with_digit = text.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
    let commas = text.matches(',').count();
    match text.rsplit_once(',') {
        _ if !starts_with_digit => None,
        None => Some(text.to_owned()),
        Some((whole, part)) if commas == 1 && is_decimal_part(part) => {
            (!whole.contains('.')).then(|| format!("{whole}.{part}"))
        }
        Some(_) => without_thousands_marks(text),
    }
}

fn is_decimal_part(part: &str) -> bool {
    matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit())
}

/// Groups of three, or of two before the last (Indian style); `0,500` could as well be a half.
fn without_thousands_marks(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let groups: Vec<&str> = whole.split(',').collect();
    let (first, rest) = groups.split_first()?;
    let (last, middle) = rest.split_last()?;
    let well_formed = matches!(first.len(), 1..=3)
        && !first.starts_with('0')
        && last.len() == 3
        && (middle.iter().all(|g| g.len() == 3) || middle.iter().all(|g| g.len() == 2))
        && !part.contains(',');
    well_formed.then(|| format!("{}.{part}", groups.concat()))
}
