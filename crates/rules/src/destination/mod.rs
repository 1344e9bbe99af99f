//! Turns a configured URL and its layers of parameters into the address a visitor is sent to.
//! Promise: only the configuration chooses scheme and host; a visitor's value is always encoded and
//! can add no parameter, path or control byte; the configured order of parameters is kept
//! (product.md §3.3, §5).

mod address;
mod check;
mod query;

pub use check::{Finding, check_url, unknown_tokens};

use crate::assets::RedirectMode;
use crate::record::Parameter;
use crate::template::Tokens;
use address::Address;
use query::Query;
use serde::{Deserialize, Serialize};

/// Most bytes of a destination: what clients and servers take in practice.
pub const MOST_URL_BYTES: usize = 16 * 1024;

/// What a destination is made of. A later layer wins for the same parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationParts {
    /// The page's URL, with tokens.
    pub url: String,
    /// Parameters of the offer source, the page, the node, the funnel, in this order. Names and
    /// values are plain text with tokens, not percent-encoded.
    pub layers: Vec<Vec<(String, String)>>,
    /// Whether the session's buffer is added after the layers.
    pub accumulate: bool,
    /// Name under which the visitor's ID is added; empty adds none (deliveries).
    pub vid_parameter: String,
    /// How the visitor is sent there.
    pub redirect: RedirectMode,
}

/// The name of the visitor's ID in URLs, unless an offer source renames it.
pub const VID: &str = "vid";

/// [`DestinationParts`], read once so that each visitor costs little. Serialised as its parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "DestinationParts", into = "DestinationParts")]
pub struct Destination {
    parts: DestinationParts,
    read: Result<(Address, Query), Reason>,
}

/// Why there is no destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// It does not begin with a scheme written out.
    #[error("must begin with a scheme such as https://")]
    NoScheme,
    /// The scheme is neither http, https nor listed, or can run code.
    #[error("has a scheme that is not allowed")]
    Scheme,
    /// It names no valid host.
    #[error("names no valid host")]
    Host,
    /// A token whose value others can write stands in the host.
    #[error("lets a visitor's value choose the host: put it after the host and a /")]
    HostToken,
    /// Longer than [`MOST_URL_BYTES`].
    #[error("is longer than 16 KiB")]
    TooLong,
    /// Something other than visible ASCII would have been written.
    #[error("holds characters that no URL can hold")]
    Characters,
}

impl From<DestinationParts> for Destination {
    fn from(parts: DestinationParts) -> Self {
        let read = address::split(&parts.url).map(|(address, query)| {
            (address, Query::layered(query, &parts.layers, &parts.vid_parameter))
        });
        Self { parts, read }
    }
}

impl From<Destination> for DestinationParts {
    fn from(destination: Destination) -> Self {
        destination.parts
    }
}

impl PartialEq for Destination {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Destination {
    /// What it was made of.
    pub fn parts(&self) -> &DestinationParts {
        &self.parts
    }

    /// The address for one visitor. `vid` is added unless the configuration names that parameter;
    /// `buffer` (oldest first) is used if the destination accumulates. `app_schemes` are allowed
    /// beside http and https.
    /// # Errors
    /// The configured URL leads nowhere allowed, or the result is too long.
    pub fn build(
        &self,
        tokens: &dyn Tokens,
        vid: &str,
        buffer: &[Parameter],
        app_schemes: &[String],
    ) -> Result<String, Reason> {
        let (address, query) = self.read.as_ref().map_err(|reason| *reason)?;
        address.allowed(app_schemes)?;
        let mut out = String::with_capacity(self.parts.url.len() + 128);
        address.write_until_query(tokens, &mut out)?;
        let buffer = if self.parts.accumulate { buffer } else { &[] };
        let vid = if address.opaque() { "" } else { vid };
        query.write(tokens, buffer, (&self.parts.vid_parameter, vid), &mut out);
        address.write_fragment(tokens, &mut out);
        visible(out)
    }
}

/// The last word on what leaves: visible ASCII within the bound.
fn visible(url: String) -> Result<String, Reason> {
    match url.bytes().all(|byte| byte.is_ascii_graphic()) {
        _ if url.len() > MOST_URL_BYTES => Err(Reason::TooLong),
        true => Ok(url),
        false => Err(Reason::Characters),
    }
}

#[cfg(test)]
mod tests;
