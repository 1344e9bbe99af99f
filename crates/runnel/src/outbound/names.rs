//! A host name → its addresses, as the name servers give them; nothing here decides who may be called.
//! Promise: bounded memory and patience, no thread waits; a dead name server delays its own names only.

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, LookupIpStrategy, NameServerConfig};
use hickory_resolver::config::{ResolverConfig, ResolverOpts};
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

/// Addresses to come, or why there are none.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, String>> + Send + 'a>>;

/// Who turns names into addresses.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host`; each of them is judged before it is dialled.
    fn addresses<'a>(&'a self, host: &'a str) -> Addresses<'a>;
}

const PATIENCE: Duration = Duration::from_secs(2);
/// A destination that moves is followed within this time, whatever its name server says.
const LONGEST_KEPT: Duration = Duration::from_secs(300);
/// A name that did not exist is asked for again after this time at the latest.
const LONGEST_MISSED: Duration = Duration::from_secs(30);
const MOST_NAMES_KEPT: u64 = 8192;

/// Asks name servers: the configured ones, or else those of the system (with its hosts file).
pub struct NameServers(Result<TokioResolver, String>);

impl NameServers {
    /// Asks `servers`; the system's if there are none.
    pub fn new(servers: &[SocketAddr]) -> Self {
        let builder = if servers.is_empty() {
            TokioResolver::builder_tokio()
        } else {
            Ok(TokioResolver::builder_with_config(configured(servers), Default::default()))
        };
        let resolver = builder.and_then(|mut builder| {
            patience(builder.options_mut());
            builder.build()
        });
        Self(resolver.map_err(|error| format!("the name servers are not known: {error}")))
    }
}

fn configured(servers: &[SocketAddr]) -> ResolverConfig {
    let server = |address: &SocketAddr| {
        let connections =
            [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = address.port();
                connection
            });
        NameServerConfig::new(address.ip(), true, connections.into())
    };
    ResolverConfig::from_name_servers(servers.iter().map(server).collect())
}

fn patience(options: &mut ResolverOpts) {
    options.timeout = PATIENCE;
    options.attempts = 2;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.cache_size = MOST_NAMES_KEPT;
    options.positive_max_ttl = Some(LONGEST_KEPT);
    options.negative_max_ttl = Some(LONGEST_MISSED);
}

impl Resolve for NameServers {
    fn addresses<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        Box::pin(async move {
            let resolver = self.0.as_ref().map_err(Clone::clone)?;
            let found = resolver.lookup_ip(host).await.map_err(|error| {
                if error.is_no_records_found() { "no such name".into() } else { error.to_string() }
            })?;
            Ok(found.iter().collect())
        })
    }
}
