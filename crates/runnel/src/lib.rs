//! Runnel: sends paid traffic through drawn funnels, records every step, books conversions in a
//! ledger, credits them backwards, and shows what earns.
//! Data flows one way: parse → decide → record → answer. ARCHITECTURE.md is the map.

pub mod access;
pub mod admin;
pub mod app;
pub mod body;
pub mod caps;
pub mod cli;
pub mod clock;
pub mod config;
pub mod convert;
pub mod cors;
pub mod deliver;
pub mod demo;
pub mod descriptors;
pub mod enrich;
pub mod error;
pub mod feed;
pub mod head;
pub mod host;
pub mod http;
pub mod installation;
pub mod keeper;
pub mod links;
pub mod outbound;
pub mod outcome;
pub mod packed;
pub mod params;
pub mod priority;
pub mod publish;
pub mod report;
pub mod running;
pub mod server;
pub mod signature;
pub mod snapshot;
pub mod snippets;
pub mod store;
pub mod telemetry;
pub mod track;
pub mod welcome;
pub mod workers;
