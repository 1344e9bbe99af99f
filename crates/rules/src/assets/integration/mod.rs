//! An ad platform that a traffic source's conversions are sent to: its kind and settings.
//! Promise: plain data; secrets can be masked and kept, and are never in a debug form.

mod mapping;
mod platforms;
mod secret;

pub use mapping::{Mapping, PERSON, Privacy, When};
pub use platforms::*;
pub use secret::Secret;

use crate::told::What;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The platform, by its `kind`, with its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[allow(missing_docs)] // each variant is described at its settings
pub enum Integration {
    Meta(Meta),
    Google(Google),
    Tiktok(Tiktok),
    Microsoft(Microsoft),
    Snapchat(Snapchat),
    Pinterest(Pinterest),
    Reddit(Reddit),
}

impl Integration {
    /// The word for the platform.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Meta(_) => "meta",
            Self::Google(_) => "google",
            Self::Tiktok(_) => "tiktok",
            Self::Microsoft(_) => "microsoft",
            Self::Snapchat(_) => "snapchat",
            Self::Pinterest(_) => "pinterest",
            Self::Reddit(_) => "reddit",
        }
    }

    /// How conversions are written down.
    pub fn mapping(&self) -> &Mapping {
        match self {
            Self::Meta(settings) => &settings.mapping,
            Self::Google(settings) => &settings.mapping,
            Self::Tiktok(settings) => &settings.mapping,
            Self::Microsoft(settings) => &settings.mapping,
            Self::Snapchat(settings) => &settings.mapping,
            Self::Pinterest(settings) => &settings.mapping,
            Self::Reddit(settings) => &settings.mapping,
        }
    }

    /// The platform's usual event for a conversion; empty where each account has its own.
    pub fn usual_event(&self) -> &'static str {
        match self {
            Self::Meta(_) | Self::Tiktok(_) => "Purchase",
            Self::Snapchat(_) | Self::Reddit(_) => "PURCHASE",
            Self::Pinterest(_) => "checkout",
            Self::Google(_) | Self::Microsoft(_) => "",
        }
    }

    /// Whether conversions are sent.
    pub fn sends_conversions(&self) -> bool {
        self.mapping().event(&What::Conversion, self.usual_event()).is_some()
    }

    /// Whether a custom event of this name is sent.
    pub fn sends_event(&self, name: &str) -> bool {
        self.mapping().events.get(name).is_some_and(|event| !event.is_empty())
    }

    /// Whether the platform can be told another amount later.
    pub fn can_adjust(&self) -> bool {
        matches!(self, Self::Google(_) | Self::Microsoft(_))
    }

    /// Whether the platform can be told that a conversion no longer holds.
    pub fn can_retract(&self) -> bool {
        self.can_adjust()
    }

    /// The names of the secrets in its settings, with their values.
    pub fn secrets(&self) -> Vec<(&'static str, &Secret)> {
        match self {
            Self::Meta(s) => vec![("accessToken", &s.access_token)],
            Self::Google(s) => vec![
                ("developerToken", &s.developer_token),
                ("clientSecret", &s.client_secret),
                ("refreshToken", &s.refresh_token),
            ],
            Self::Tiktok(s) => vec![("accessToken", &s.access_token)],
            Self::Microsoft(s) => vec![
                ("developerToken", &s.developer_token),
                ("clientSecret", &s.client_secret),
                ("refreshToken", &s.refresh_token),
            ],
            Self::Snapchat(s) => vec![("accessToken", &s.access_token)],
            Self::Pinterest(s) => vec![("accessToken", &s.access_token)],
            Self::Reddit(s) => vec![("accessToken", &s.access_token)],
        }
    }

    fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        match self {
            Self::Meta(s) => vec![&mut s.access_token],
            Self::Google(s) => {
                vec![&mut s.developer_token, &mut s.client_secret, &mut s.refresh_token]
            }
            Self::Tiktok(s) => vec![&mut s.access_token],
            Self::Microsoft(s) => {
                vec![&mut s.developer_token, &mut s.client_secret, &mut s.refresh_token]
            }
            Self::Snapchat(s) => vec![&mut s.access_token],
            Self::Pinterest(s) => vec![&mut s.access_token],
            Self::Reddit(s) => vec![&mut s.access_token],
        }
    }

    /// Puts the refresh token `after` in the place of `before`; whether `before` was in use.
    pub fn renew(&mut self, before: &str, after: &str) -> bool {
        let token = match self {
            Self::Google(settings) => &mut settings.refresh_token,
            Self::Microsoft(settings) => &mut settings.refresh_token,
            Self::Meta(_)
            | Self::Tiktok(_)
            | Self::Snapchat(_)
            | Self::Pinterest(_)
            | Self::Reddit(_) => return false,
        };
        let fits = token.is_set() && token.expose() == before;
        if fits {
            *token = after.into();
        }
        fits
    }

    /// Masks every secret.
    pub fn mask_secrets(&mut self) {
        self.secrets_mut().into_iter().for_each(Secret::mask);
    }

    /// Takes over the secrets of `before`, an integration of the same kind, where only masks came.
    pub fn keep_secrets(&mut self, before: &Self) {
        if self.kind() != before.kind() {
            return;
        }
        let earlier = before.secrets();
        for (secret, (_, before)) in self.secrets_mut().into_iter().zip(earlier) {
            secret.keep(before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn google(json: &str) -> Integration {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn masks_are_exchanged_for_the_secrets_of_the_same_kind() {
        let before =
            google(r#"{"kind":"google","customerId":"1","developerToken":"d","refreshToken":"r"}"#);
        let mut shown = before.clone();
        shown.mask_secrets();
        let text = serde_json::to_string(&shown).unwrap();
        assert!(text.contains(r#""refreshToken":"•••""#) && text.contains(r#""clientSecret":"""#));
        shown.keep_secrets(&before);
        assert_eq!(shown, before);
        let mut other = google(r#"{"kind":"meta","accessToken":"•••"}"#);
        other.keep_secrets(&before);
        assert!(other.secrets()[0].1.is_mask());
    }

    #[test]
    fn an_unknown_field_or_kind_is_refused() {
        for json in [r#"{"kind":"myspace"}"#, r#"{"kind":"meta","pixel":"1"}"#, "{}"] {
            assert!(serde_json::from_str::<Integration>(json).is_err(), "{json}");
        }
    }
}
