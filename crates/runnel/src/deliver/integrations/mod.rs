//! Ad platforms: each one's language in a small file, made of the settings of a traffic source.
//! Promise: no I/O and no clock here; what a platform documents stands beside the rule it made
//! (docs/integrations.md says what to enter and what is sent).

mod answers;
mod batch;
mod calls;
mod elsewhere;
mod google;
mod hashing;
mod meta;
mod microsoft;
mod oauth;
mod person;
mod pinterest;
mod reddit;
mod snapchat;
mod tiktok;
pub mod trial;
mod weigh;

use super::Adapter;
use elsewhere::Elsewhere;
use rules::assets::Integration;
use url::Url;

/// What speaks the platform's language, and calls it at `at` where that is not empty.
pub fn adapter_at(integration: &Integration, at: &str) -> Box<dyn Adapter> {
    match Url::parse(at) {
        Ok(at) => Box::new(Elsewhere::new(adapter(integration), at)),
        Err(_) => adapter(integration),
    }
}

/// What speaks the platform's language.
pub fn adapter(integration: &Integration) -> Box<dyn Adapter> {
    match integration.clone() {
        Integration::Meta(settings) => Box::new(settings),
        Integration::Google(settings) => Box::new(settings),
        Integration::Tiktok(settings) => Box::new(settings),
        Integration::Microsoft(settings) => Box::new(settings),
        Integration::Snapchat(settings) => Box::new(settings),
        Integration::Pinterest(settings) => Box::new(settings),
        Integration::Reddit(settings) => Box::new(settings),
    }
}
