//! The model that an Android user agent names, where uap-core finds none or a wrong one, and the
//! brands of models that say it themselves.

/// The model in `(Linux; U; Android 13; en-us; M2101K6G Build/…)`, if `known` is not it already.
pub(super) fn of<'a>(user_agent: &'a str, known: &str) -> Option<&'a str> {
    if !matches!(known, "" | "Browser" | "Smartphone" | "Tablet") && !known.starts_with("Generic") {
        return None;
    }
    let (_, rest) = user_agent.split_once("Android")?;
    let (platform, _) = rest.split_once(')')?;
    let parts = platform.split(';').skip(1).map(|part| {
        let part = part.trim();
        part.split_once(" Build/").map_or(part, |(model, _)| model)
    });
    parts.into_iter().find(|part| is_model(part))
}

/// Neither a locale nor one of the words that are no model.
fn is_model(part: &str) -> bool {
    let words = ["U", "K", "wv", "HarmonyOS", "Mobile", "Tablet", "Linux", "TV"];
    let locale = part.len() == 5 && matches!(part.as_bytes()[2], b'-' | b'_');
    let other = part.starts_with("rv:") || part.starts_with("HMSCore") || part.contains('/');
    (3..=40).contains(&part.len()) && !words.contains(&part) && !locale && !other
}

/// The brand that a model's own scheme of names gives away.
pub(super) fn brand(model: &str) -> Option<&'static str> {
    let schemes = [
        ("SM-", "Samsung"),
        ("GT-", "Samsung"),
        ("AFT", "Amazon"),
        ("KF", "Amazon"),
        ("moto ", "Motorola"),
        ("Pixel", "Google"),
        ("Redmi", "XiaoMi"),
        ("POCO", "XiaoMi"),
        ("Nokia", "Nokia"),
    ];
    schemes.iter().find(|(prefix, _)| model.starts_with(prefix)).map(|(_, brand)| *brand)
}
