//! Settings of the program itself: folders, addresses, limits. What people edit is in the catalog.
//! Promise: everything that can grow has its limit here, with its unit in its name.

use crate::enrich::Proxy;
use crate::outbound::Allowed;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// From the command line, `RUNNEL_…` variables and `runnel.toml` in the data folder, in this order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where all stores live.
    pub data: PathBuf,
    /// Address of the tracking domains.
    pub track: SocketAddr,
    /// Address of the API and console.
    pub admin: SocketAddr,
    /// Folder with country, ASN and user-agent data; empty means beside the program.
    pub knowledge: PathBuf,
    /// A city database in MaxMind's format that the user supplies; empty for none.
    pub city_database: PathBuf,
    /// Proxies whose forwarding headers are believed: networks, addresses, or `cloudflare`, `fastly`,
    /// `private`.
    pub trusted_proxies: Vec<Proxy>,
    /// This machine's number in IDs, below 64.
    pub node: u8,
    /// Longest wait of a click for the disk; then it is answered and counted.
    pub click_wait_ms: u64,
    /// Sessions kept in memory, most of them under 1 kB; twice as many while they are being written.
    pub hot_sessions: usize,
    /// Most connections at once, on each address; more are closed and counted.
    pub connections: usize,
    /// Most bytes of a request's URL (414 above).
    pub url_bytes: usize,
    /// Most bytes of a request's headers (431 above).
    pub header_bytes: usize,
    /// Most bytes of a tracking request's body (413 above).
    pub body_bytes: usize,
    /// Most bytes of an API request's body.
    pub api_body_bytes: usize,
    /// Most parameters in one request (400 above).
    pub parameters: usize,
    /// Most bytes of one parameter's value; what is longer is cut and counted.
    pub value_bytes: usize,
    /// Memory that the report store may take, in megabytes.
    pub report_memory_mb: u32,
    /// Longest a report may run, in seconds.
    pub report_seconds: u64,
    /// Networks and addresses that may be called though they are not public: `10.0.0.0/8`, `192.0.2.7`.
    pub outbound_allow: Vec<Allowed>,
    /// Certificates (PEM) of the operator's own authorities, trusted beside the public ones; empty for
    /// none.
    pub outbound_ca_file: PathBuf,
    /// Name servers for outgoing calls; empty for the system's.
    pub outbound_dns: Vec<SocketAddr>,
    /// Where ad platforms are called instead of at their own hosts, for tests: an address under which
    /// the host's name is the first part of the path. Empty for where they are.
    pub platforms_at: String,
    /// Whether the demo account is made and its pages are served.
    pub demo: bool,
    /// Logs as JSON lines.
    pub log_json: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            track: SocketAddr::from(([127, 0, 0, 1], 8080)),
            admin: SocketAddr::from(([127, 0, 0, 1], 8081)),
            knowledge: PathBuf::new(),
            city_database: PathBuf::new(),
            trusted_proxies: Vec::new(),
            node: 0,
            click_wait_ms: 4,
            hot_sessions: 100_000,
            connections: 20_000,
            url_bytes: 8 * 1024,
            header_bytes: 16 * 1024,
            body_bytes: 64 * 1024,
            api_body_bytes: 4 * 1024 * 1024,
            parameters: 200,
            value_bytes: 2 * 1024,
            report_memory_mb: 250,
            report_seconds: 60,
            outbound_allow: Vec::new(),
            outbound_ca_file: PathBuf::new(),
            outbound_dns: Vec::new(),
            platforms_at: String::new(),
            demo: false,
            log_json: false,
        }
    }
}
