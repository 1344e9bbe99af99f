//! What is wrong, or only unwise, about a URL that someone wants to save.
//! Promise: a URL without faults builds for every visitor (where its host has tokens: for whom they
//! are known); warnings never stop a save.

use super::address;
use super::query::Query;
use super::{MOST_URL_BYTES, Reason, VID};
use crate::template::{Template, Token};

/// Something to tell about a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The save is refused: the URL would lead nowhere.
    Fault(Reason),
    /// The URL works, but maybe not as meant.
    Warning(String),
}

impl Finding {
    /// The sentence for people; begins in lower case, the field's name stands before it.
    pub fn message(&self) -> String {
        match self {
            Self::Fault(reason) => reason.to_string(),
            Self::Warning(text) => text.clone(),
        }
    }

    /// Whether the save is refused.
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::Fault(_))
    }
}

/// Checks a URL of a page, an external node or a delivery. `aliases` are the names that traffic
/// sources give to their fields: tokens that are neither built in nor among them earn a warning.
pub fn check_url(url: &str, app_schemes: &[String], aliases: &[&str]) -> Vec<Finding> {
    let (address, query) = match address::split(url) {
        Ok(parts) => parts,
        Err(reason) => return vec![Finding::Fault(reason)],
    };
    let mut findings: Vec<Finding> =
        address.allowed(app_schemes).err().map(Finding::Fault).into_iter().collect();
    if url.trim().chars().any(|c| c.is_control() || c == '\\') {
        findings.push(Finding::Fault(Reason::Characters));
    }
    if url.len() > MOST_URL_BYTES / 2 {
        findings.push(Finding::Fault(Reason::TooLong));
    }
    if Query::names(query, VID) {
        let text = "already has a vid parameter, so the visitor's ID is not added";
        findings.push(Finding::Warning(text.into()));
    }
    let layered = Query::layered(query, &[], VID);
    let templates = address.templates().chain(layered.templates());
    findings.extend(templates.flat_map(|template| unknown_tokens(template, aliases)));
    findings
}

/// Warnings for tokens that nobody knows.
pub fn unknown_tokens(template: &Template, aliases: &[&str]) -> Vec<Finding> {
    let unknown = |token: &Token| match token {
        Token::Alias(name) if !aliases.contains(&&**name) => Some(Finding::Warning(format!(
            "has the token {{{name}}}, which no traffic source names: it becomes empty"
        ))),
        _ => None,
    };
    template.tokens().filter_map(unknown).collect()
}
