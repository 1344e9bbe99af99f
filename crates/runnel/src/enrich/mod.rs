//! Turns an address and headers into facts: place, network, device, language, bot.
//! Promise: no outbound call and no wait; what the data does not know stays empty; missing or broken
//! data files are logged once and never stop the program.

mod address;
mod agent;
mod bots;
mod guarded;
mod language;
mod places;
mod prefetch;
mod proxy;
mod remembered;

pub use address::{Proxies, truncated};
pub use prefetch::is_prefetch;
pub use proxy::{Preset, Proxy};

use crate::config::Config;
use crate::head;
use agent::Agents;
use arc_swap::ArcSwap;
use http::{HeaderMap, header};
use places::Places;
use rules::facts::Facts;
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// Knows senders.
pub struct Enricher {
    knowledge: PathBuf,
    city: PathBuf,
    known: ArcSwap<Known>,
}

/// All data, as read from its files at one moment.
struct Known {
    places: Places,
    agents: Arc<LazyLock<Agents, Box<dyn FnOnce() -> Agents + Send>>>,
}

impl Known {
    /// Compiling thousands of patterns takes a while: it begins at once on a thread of its own, and
    /// only a request that comes before its end waits for it.
    fn open(knowledge: &Path, city: &Path) -> Self {
        let folder = knowledge.to_owned();
        let compile: Box<dyn FnOnce() -> Agents + Send> = Box::new(move || Agents::open(&folder));
        let agents = Arc::new(LazyLock::new(compile));
        let ahead = agents.clone();
        std::thread::spawn(move || LazyLock::force(&ahead).ready());
        Self { places: Places::open(knowledge, city), agents }
    }
}

/// Where the data is: the folder that `config` names, or the one beside the program.
pub fn knowledge_folder(config: &Config) -> PathBuf {
    match config.knowledge.as_os_str().is_empty() {
        true => beside_program(),
        false => config.knowledge.clone(),
    }
}

impl Enricher {
    /// Opens the data that `config` names: its knowledge folder, or the one beside the program.
    pub fn open(config: &Config) -> Self {
        let knowledge = knowledge_folder(config);
        let city = config.city_database.clone();
        let known = ArcSwap::from_pointee(Known::open(&knowledge, &city));
        Self { knowledge, city, known }
    }

    /// Reads all files again; requests meanwhile are answered from the earlier data. Takes a moment:
    /// not for a thread that serves.
    pub fn reload(&self) {
        let known = Known::open(&self.knowledge, &self.city);
        LazyLock::force(&known.agents);
        self.known.store(known.into());
    }

    /// What is known of a sender. The address is kept whole: truncating is the caller's decision.
    pub fn facts(&self, address: IpAddr, headers: &HeaderMap) -> Facts {
        let mut facts = self.place(address);
        self.describe(headers, &mut facts);
        facts
    }

    /// What is known of an address: place and network.
    pub fn place(&self, address: IpAddr) -> Facts {
        let address = address.to_canonical();
        let mut facts = Facts { ip: Some(address), ..Facts::default() };
        self.known.load().places.describe(address, &mut facts);
        facts
    }

    /// Writes what the headers say of their sender: device, language, bot.
    pub fn describe(&self, headers: &HeaderMap, facts: &mut Facts) {
        self.known.load().agents.agent(headers).describe(facts);
        facts.language = language::preferred(head::text(headers, header::ACCEPT_LANGUAGE));
    }
}

/// The `knowledge` folder beside the running program, as `make build` leaves it.
fn beside_program() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.with_file_name("knowledge")
}

/// Reads a file of the knowledge folder; one that is missing or unreadable is logged.
fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let read = std::fs::read(path).map_err(anyhow::Error::from);
    match read.and_then(|bytes| Ok(serde_json::from_slice(&bytes)?)) {
        Ok(value) => Some(value),
        Err(error) => {
            let path = path.display();
            tracing::warn!(%path, %error, "no user-agent data from this file: what it knows stays unknown");
            None
        }
    }
}

#[cfg(test)]
mod tests;
