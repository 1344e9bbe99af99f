//! Browsers inside apps, and others that uap-core takes for a plain browser.

use super::Agent;

/// What the user agent contains, and what the browser is called.
const APPS: [(&str, &str); 9] = [
    ("musical_ly_", "TikTok"),
    (" trill_", "TikTok"),
    ("BytedanceWebview/", "TikTok"),
    ("MicroMessenger/", "WeChat"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("OculusBrowser/", "Oculus Browser"),
    (" Line/", "Line"),
    ("KAKAOTALK", "KakaoTalk"),
    ("LinkedInApp", "LinkedIn"),
];

/// Names the app and its major version, if the user agent shows one.
pub(super) fn name(user_agent: &str, agent: &mut Agent) {
    for (mark, name) in APPS {
        if let Some((_, rest)) = user_agent.split_once(mark) {
            agent.browser = name.into();
            agent.browser_version = leading_number(rest).into();
            return;
        }
    }
}

/// TikTok on Android packs its version: `370104` is 37.1.4.
fn leading_number(text: &str) -> String {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    if digits.len() == 6 { digits[..2].into() } else { digits }
}
