//! A secret in an asset's settings: stored as it is, shown as a mask, kept where the mask comes back.
//! Promise: neither its debug form nor a masked copy says anything but whether it is set.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A secret that somebody entered: an access token, a client's secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// What answers show where a secret is set.
    pub const MASK: &str = "•••";

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is one.
    pub fn is_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether it is only the mask of one.
    pub fn is_mask(&self) -> bool {
        self.0 == Self::MASK
    }

    /// Puts the mask in its place.
    pub fn mask(&mut self) {
        if self.is_set() {
            self.0 = Self::MASK.into();
        }
    }

    /// Takes the secret that `before` holds where only the mask was sent.
    pub fn keep(&mut self, before: &Self) {
        if self.is_mask() && before.is_set() {
            self.clone_from(before);
        }
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_set() { "Secret(set)" } else { "Secret(unset)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_comes_back_as_the_secret_and_debug_is_silent() {
        let kept = Secret::from("t0ken");
        let mut shown = kept.clone();
        shown.mask();
        assert!(shown.is_mask());
        assert_eq!(format!("{kept:?} {:?}", Secret::default()), "Secret(set) Secret(unset)");
        shown.keep(&kept);
        assert_eq!(shown.expose(), "t0ken");
        let mut unset = Secret::default();
        unset.mask();
        assert!(!unset.is_set());
        let mut other = Secret::from("new");
        other.keep(&kept);
        assert_eq!(other.expose(), "new");
    }
}
