//! The names of destinations, as stores, logs and the API write them.

use crate::ids::EntityId;
use std::fmt;
use std::str::FromStr;

/// Whom a delivery is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// A traffic source's postback: `source:{id}:conversion`, `source:{id}:event:{event id}`.
    Postback {
        /// The traffic source.
        source: EntityId,
        /// The custom event; none for conversions.
        event: Option<EntityId>,
    },
    /// The ad platform that a traffic source is connected to: `integration:{source id}`.
    Integration(EntityId),
    /// A webhook of the owner: `webhook:{id}`.
    Webhook(EntityId),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postback { source, event: None } => write!(f, "source:{source}:conversion"),
            Self::Postback { source, event: Some(event) } => {
                write!(f, "source:{source}:event:{event}")
            }
            Self::Integration(source) => write!(f, "integration:{source}"),
            Self::Webhook(webhook) => write!(f, "webhook:{webhook}"),
        }
    }
}

/// The text names no destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("names no destination, such as source:ID:conversion")]
pub struct NotADestination;

impl FromStr for Destination {
    type Err = NotADestination;

    fn from_str(text: &str) -> Result<Self, NotADestination> {
        let id = |text: &str| text.parse::<EntityId>().map_err(|_| NotADestination);
        let parts: Vec<_> = text.split(':').collect();
        match parts.as_slice() {
            ["source", source, "conversion"] => {
                Ok(Self::Postback { source: id(source)?, event: None })
            }
            ["source", source, "event", event] => {
                Ok(Self::Postback { source: id(source)?, event: Some(id(event)?) })
            }
            ["integration", source] => Ok(Self::Integration(id(source)?)),
            ["webhook", webhook] => Ok(Self::Webhook(id(webhook)?)),
            _ => Err(NotADestination),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        for text in [
            "source:SourceSource:conversion",
            "source:SourceSource:event:EventEventEv",
            "integration:SourceSource",
            "webhook:WebhookWebho",
        ] {
            assert_eq!(text.parse::<Destination>().unwrap().to_string(), text);
        }
        for text in ["", "source:SourceSource", "webhook:", "webhook:x", "mail:SourceSource"] {
            assert_eq!(text.parse::<Destination>(), Err(NotADestination), "{text}");
        }
    }
}
