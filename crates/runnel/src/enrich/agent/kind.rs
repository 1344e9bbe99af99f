//! What kind of device a user agent stands for, and the last corrections of names.
//! Promise: the closed list of [`Device`]; names that say nothing ("Generic Smartphone") become empty.

use super::hints::Hints;
use super::{Agent, model};
use rules::facts::Device;

const TV: [&str; 21] = [
    "smart-tv",
    "smarttv",
    "googletv",
    "google tv",
    "android tv",
    "androidtv",
    "appletv",
    "apple tv",
    "bravia",
    "hbbtv",
    "netcast",
    "crkey",
    "roku",
    "viera",
    "vidaa",
    "aquos",
    "mitv",
    "web0s",
    "; aft",
    "dtv",
    "tizen tv",
];
const CONSOLE: [&str; 4] = ["playstation", "xbox", "nintendo", "valve steam"];
const WEARABLE: [&str; 6] = ["watch", "wear os", "glass 1", "oculusbrowser", "quest 2", "quest 3"];
const TABLET: [&str; 8] =
    ["ipad", "tablet", "kindle", "playbook", "nexus 7", "nexus 9", "nexus 10", "sm-t"];
const MOBILE: [&str; 13] = [
    "iphone",
    "ipod",
    "mobile",
    "windows phone",
    "iemobile",
    "kaios",
    "opera mini",
    "opera mobi",
    "blackberry",
    "bb10",
    "midp",
    "symbian",
    "webos/",
];
const DESKTOP: [&str; 6] = ["windows nt", "macintosh", "x11", "cros ", "linux x86_64", "windows 9"];

/// The kind of device. A browser's own word on its form comes first.
pub(super) fn of(user_agent: &str, hints: &Hints, model: &str) -> Device {
    let text = user_agent.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if let Some(device) = from_hints(hints) {
        return device;
    }
    if says(&TV) || (text.contains("tizen") && text.contains("tv")) {
        return Device::Tv;
    }
    if says(&CONSOLE) {
        return Device::Console;
    }
    if says(&WEARABLE) {
        return Device::Wearable;
    }
    // iPadOS in an app calls itself a Macintosh, but no Mac is "Mobile/15E148".
    let ipad = text.contains("macintosh") && text.contains(" mobile/");
    if ipad || says(&TABLET) || fire_tablet(model) {
        return Device::Tablet;
    }
    if text.contains("android") && !says(&MOBILE) {
        // Chrome on tablets leaves "Mobile" out.
        return Device::Tablet;
    }
    if says(&MOBILE) || text.contains("android") {
        return Device::Mobile;
    }
    if says(&DESKTOP) {
        return Device::Desktop;
    }
    if text.starts_with("mozilla/") { Device::Other } else { Device::Unknown }
}

fn from_hints(hints: &Hints) -> Option<Device> {
    let forms = [
        ("tablet", Device::Tablet),
        ("watch", Device::Wearable),
        ("xr", Device::Wearable),
        ("automotive", Device::Other),
        ("desktop", Device::Desktop),
        ("mobile", Device::Mobile),
    ];
    let named = forms.iter().find(|(name, _)| hints.form_factors.contains(name));
    named.map(|(_, device)| *device).or((hints.mobile == Some(true)).then_some(Device::Mobile))
}

/// Amazon's tablets name themselves `KFTRWI` and the like.
fn fire_tablet(model: &str) -> bool {
    let letters = model.trim_start_matches("Kindle ").trim();
    letters.len() >= 4
        && letters.starts_with("KF")
        && letters.bytes().all(|b| b.is_ascii_uppercase())
}

/// Corrects names that uap-core gives.
pub(super) fn settle(user_agent: &str, agent: &mut Agent) {
    match &*agent.os {
        "Mac OS X" => agent.os = "macOS".into(),
        "Web0S" => agent.os = "webOS".into(),
        _ => {}
    }
    if agent.os == "macOS" && agent.device == Device::Tablet {
        (agent.os, agent.brand, agent.model) = ("iOS".into(), "Apple".into(), "iPad".into());
        agent.os_version = between(user_agent, "CPU OS ", " ").replace('_', ".").into();
    }
    for name in [&mut agent.os, &mut agent.browser, &mut agent.brand, &mut agent.model] {
        if says_nothing(name) {
            name.clear();
        }
    }
    if let Some(brand) = model::brand(&agent.model).filter(|_| agent.brand.is_empty()) {
        agent.brand = brand.into();
    }
    if agent.os.is_empty() {
        agent.os_version.clear();
    }
    if agent.browser.is_empty() {
        agent.browser_version.clear();
    }
}

fn says_nothing(name: &str) -> bool {
    let generic = [
        "Other",
        "K",
        "Generic",
        "Generic_Android",
        "Generic_Android_Tablet",
        "Smartphone",
        "Tablet",
        "Desktop",
        "Feature Phone",
        "Spider",
    ];
    generic.contains(&name) || name.starts_with("Generic ")
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).map_or("", |(_, rest)| rest);
    rest.split_once(after).map_or(rest, |(part, _)| part)
}
