//! Why an outgoing call brought no answer, in words that an operator can act on.
//! Promise: host, address and reason only; no path, query, header or body ever stands in it.

use hyper_util::client::legacy;
use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

/// A call without an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// The URL itself cannot be called.
    #[error("the URL cannot be called: {reason}")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// The guard refuses every address of the host.
    #[error(
        "{host} is at {address}, which is not called: {range}. If it is your own, \
         list its network under outbound_allow"
    )]
    Address {
        /// As the URL names it.
        host: String,
        /// The first address that was refused.
        address: IpAddr,
        /// The range it lies in.
        range: &'static str,
    },
    /// The host's name leads to no address.
    #[error("the name {host} leads nowhere: {reason}")]
    Resolve {
        /// As the URL names it.
        host: String,
        /// What the name servers say.
        reason: String,
    },
    /// Nothing accepts connections there.
    #[error("no connection to {host}: {reason}")]
    Connect {
        /// Host and port.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// The host does not prove to be who the URL names.
    #[error("no secure connection to {host}: {reason}")]
    Tls {
        /// As the URL names it.
        host: String,
        /// What TLS says.
        reason: String,
    },
    /// Connected, but no answer in time.
    #[error("{host} did not answer within {} ms", after.as_millis())]
    Timeout {
        /// As the URL names it.
        host: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// The host broke off, or does not speak HTTP.
    #[error("{host} gave no proper answer: {reason}")]
    Broken {
        /// As the URL names it.
        host: String,
        /// What went wrong.
        reason: String,
    },
}

impl Failed {
    /// One word for metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Url { .. } => "url",
            Self::Address { .. } => "address",
            Self::Resolve { .. } => "resolve",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            Self::Broken { .. } => "broken",
        }
    }

    /// What the HTTP client says; what our own connector said comes out as it went in.
    pub(super) fn of(host: &str, error: &legacy::Error) -> Self {
        let mut reason = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            if let Some(own) = cause.downcast_ref::<Self>() {
                return own.clone();
            }
            reason = cause.to_string();
            next = cause.source();
        }
        Self::Broken { host: host.into(), reason }
    }
}
