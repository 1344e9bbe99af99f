//! User agent and client hints → device, system, browser, and whether it is a bot.
//! Promise: each distinct sender is parsed once and remembered in a bounded cache; hints that a
//! browser sends on purpose win over its user agent.

mod apps;
mod hints;
mod kind;
mod model;

use super::bots::{BotPatterns, Bots};
use super::remembered::{Remembered, room_for};
use compact_str::CompactString;
use hints::Hints;
use http::HeaderMap;
use rules::facts::{Device, Facts};
use std::path::Path;
use std::sync::Arc;
use ua_parser::{Extractor, Regexes};

/// Distinct senders remembered; one takes about a kilobyte.
const MOST_REMEMBERED: usize = 10_000;
/// What a user agent is cut to: nothing that matters stands later.
const MOST_USER_AGENT_BYTES: usize = 1024;

/// What a user agent says of its sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    device: Device,
    brand: CompactString,
    model: CompactString,
    os: CompactString,
    os_version: CompactString,
    browser: CompactString,
    browser_version: CompactString,
    bot: CompactString,
}

impl Agent {
    /// Writes what is known into `facts`.
    pub fn describe(&self, facts: &mut Facts) {
        facts.device = self.device;
        facts.brand.clone_from(&self.brand);
        facts.model.clone_from(&self.model);
        facts.os.clone_from(&self.os);
        facts.os_version.clone_from(&self.os_version);
        facts.browser.clone_from(&self.browser);
        facts.browser_version.clone_from(&self.browser_version);
        facts.bot.clone_from(&self.bot);
    }
}

/// Reads user agents.
pub struct Agents {
    extractor: Option<Extractor<'static>>,
    bots: Bots,
    remembered: Remembered<Box<str>, Agent>,
}

impl Agents {
    /// Opens `user-agents.json` and `bots.json` in `knowledge`.
    pub fn open(knowledge: &Path) -> Self {
        let regexes = super::read_json::<Regexes<'static>>(&knowledge.join("user-agents.json"));
        let extractor = regexes.and_then(|regexes| match Extractor::try_from(regexes) {
            Ok(extractor) => Some(extractor),
            Err(error) => {
                tracing::error!(%error, "user-agent patterns do not compile: devices stay unknown");
                None
            }
        });
        let patterns: BotPatterns =
            super::read_json(&knowledge.join("bots.json")).unwrap_or_default();
        let remembered = room_for(MOST_REMEMBERED);
        Self { extractor, bots: Bots::new(&patterns), remembered }
    }

    /// Says in the log that senders are known from now on.
    pub fn ready(&self) {
        tracing::debug!(devices = self.extractor.is_some(), "user-agent patterns are compiled");
    }

    /// What the headers say of their sender.
    pub fn agent(&self, headers: &HeaderMap) -> Arc<Agent> {
        let text = headers.get(http::header::USER_AGENT).map_or(&b""[..], |value| value.as_bytes());
        let user_agent = String::from_utf8_lossy(&text[..text.len().min(MOST_USER_AGENT_BYTES)]);
        let hints = Hints::read(headers);
        let key = hints.key(&user_agent);
        if let Some(known) = self.remembered.get(&*key) {
            return known;
        }
        let agent = Arc::new(self.parse(&user_agent, &hints));
        self.remembered.insert(key.into(), agent.clone());
        agent
    }

    fn parse(&self, user_agent: &str, hints: &Hints) -> Agent {
        let mut agent = self.extracted(user_agent);
        apps::name(user_agent, &mut agent);
        hints.apply(&mut agent);
        let model = hints.model.as_deref().or_else(|| model::of(user_agent, &agent.model));
        if let Some(model) = model {
            self.name_model(model, &mut agent);
        }
        agent.device = kind::of(user_agent, hints, &agent.model);
        kind::settle(user_agent, &mut agent);
        agent.bot = self.bots.reason(user_agent).into();
        if agent.bot.is_empty() && hints.headless {
            agent.bot = "browser-automation: HeadlessChrome".into();
        }
        agent
    }

    fn extracted(&self, user_agent: &str) -> Agent {
        let Some(extractor) = &self.extractor else { return Agent::default() };
        let (browser, os, device) = extractor.extract(user_agent);
        let mut agent = Agent::default();
        if let Some(browser) = browser {
            agent.browser = browser.family.into();
            agent.browser_version = browser.major.unwrap_or_default().into();
        }
        if let Some(os) = os {
            agent.os_version = version(os.major.as_deref(), os.minor.as_deref()).into();
            agent.os = os.os.into();
        }
        if let Some(device) = device {
            agent.brand = device.brand.unwrap_or_default().into();
            agent.model = device.model.unwrap_or_default().into();
        }
        agent
    }

    /// A model named by a hint, with the brand that its name implies.
    fn name_model(&self, model: &str, agent: &mut Agent) {
        let as_if = format!("Mozilla/5.0 (Linux; Android 14; {model}) AppleWebKit/537.36");
        let device = self.extractor.as_ref().and_then(|e| e.dev.extract(&as_if));
        let brand = device.and_then(|device| device.brand);
        if let Some(brand) = brand.filter(|brand| !brand.starts_with("Generic")) {
            agent.brand = brand.into();
        }
        agent.model = model.into();
    }
}

/// `major` or `major.minor`; a minor of 0 is left out.
fn version(major: Option<&str>, minor: Option<&str>) -> String {
    match (major, minor) {
        (Some(major), Some(minor)) if !matches!(minor, "" | "0") => format!("{major}.{minor}"),
        (Some(major), _) => major.into(),
        (None, _) => String::new(),
    }
}
