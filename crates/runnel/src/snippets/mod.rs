//! What a page, shop or server needs to report to this tracker, as text to be copied: one maker for the
//! console and the documentation.
//! Promise: names and IDs are filled in; what the reader has to write stands as `VALUE` or `REPLACE`.

mod curl;
mod html;
mod tag_manager;
mod wordpress;

use crate::links::Base;
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the snippets are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Pages on the way, with links to what follows.
    Lander,
    /// Pages that earn: shops, forms, thank-you pages.
    Offer,
    /// Any page.
    Global,
}

/// Where they are put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Into a page's own HTML.
    Html,
    /// Google Tag Manager.
    Gtm,
    /// WordPress, with or without WooCommerce.
    Wordpress,
    /// A server's own program, shown as calls of curl.
    Curl,
}

/// One text to be copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Snippet {
    /// Stable name within its platform: `tag`, `conversion`, ….
    pub name: String,
    /// What it is, and where it goes.
    pub title: String,
    /// `html`, `php`, `json`, `shell`, `text`.
    pub language: &'static str,
    /// The text.
    pub text: String,
}

impl Snippet {
    fn new(name: &str, title: &str, language: &'static str, text: impl Into<String>) -> Self {
        Self { name: name.into(), title: title.into(), language, text: text.into() }
    }
}

/// Whose snippets they are.
#[derive(Clone, Debug)]
pub struct About {
    /// The tracking domain.
    pub base: Base,
    /// What the pages do.
    pub kind: Kind,
    /// The lander or offer.
    pub page: Option<EntityId>,
    /// The funnel that the page stands in.
    pub funnel: Option<EntityId>,
    /// The page's node in it.
    pub node: Option<EntityId>,
    /// The traffic source of those who come without a redirect.
    pub source: Option<EntityId>,
    /// The node's numbered actions.
    pub actions: Vec<u8>,
    /// The account's custom events.
    pub events: Vec<String>,
    /// The postback URL by hit, with the network's macros where they are known.
    pub postback: String,
}

impl About {
    /// Where the page is, by the names of the tag's parameters: the node, or else the page, says it.
    fn place(&self) -> Vec<(&'static str, String)> {
        let page = if self.node.is_none() { self.page } else { None };
        let known = [("f", self.funnel), ("ts", self.source), ("n", self.node), ("p", page)];
        known.into_iter().filter_map(|(name, id)| Some((name, id?.to_string()))).collect()
    }
}

/// All snippets of a platform, in the order in which they are used.
pub fn of(platform: Platform, about: &About) -> Vec<Snippet> {
    match platform {
        Platform::Html => html::of(about),
        Platform::Gtm => tag_manager::of(about),
        Platform::Wordpress => wordpress::of(about),
        Platform::Curl => curl::of(about),
    }
}
