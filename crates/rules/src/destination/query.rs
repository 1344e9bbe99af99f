//! Layers parameters over a configured query and writes it for a visitor.
//! Promise: the configured order is kept, a later layer replaces in place, what is new is appended;
//! the visitor's ID is there exactly once unless the configuration names it itself.

use super::address::text;
use crate::record::{Parameter, latest};
use crate::template::{Place, Template, Tokens, VALUE, write_value};
use percent_encoding::{percent_decode_str, utf8_percent_encode};

/// A query, ready to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    pairs: Vec<Pair>,
    /// Whether the configuration names the visitor's parameter.
    own_vid: bool,
}

#[derive(Clone, Debug)]
struct Pair {
    /// Decoded, for comparison.
    name: String,
    key: Template,
    value: Option<Template>,
}

impl Query {
    /// The query's text with `layers` over it.
    pub(super) fn layered(
        query: Option<&str>,
        layers: &[Vec<(String, String)>],
        vid_parameter: &str,
    ) -> Self {
        let mut pairs: Vec<Pair> = pieces(query).map(Pair::configured).collect();
        for (name, value) in layers.iter().flatten().filter(|(name, _)| !name.is_empty()) {
            replace(&mut pairs, Pair::plain(name, value));
        }
        let own_vid = pairs.iter().any(|pair| pair.name == vid_parameter);
        Self { pairs, own_vid }
    }

    /// Whether the text of a query already names `parameter`.
    pub(super) fn names(query: Option<&str>, parameter: &str) -> bool {
        pieces(query).any(|piece| Pair::configured(piece).name == parameter)
    }

    /// Appends `?` and the parameters, or nothing if there are none. `vid` is a name and a value.
    pub(super) fn write(
        &self,
        tokens: &dyn Tokens,
        buffer: &[Parameter],
        (vid_name, vid): (&str, &str),
        out: &mut String,
    ) {
        let mut separator = '?';
        let mut next = |out: &mut String| {
            out.push(separator);
            separator = '&';
        };
        let ours = |name: &str| !vid_name.is_empty() && (name == vid_name || name == super::VID);
        let usable = |name: &str| !name.is_empty() && !ours(name);
        for pair in &self.pairs {
            next(out);
            match latest(buffer, &pair.name).filter(|_| usable(&pair.name)) {
                Some(value) => write_pair(&pair.name, value, out),
                None => pair.write(tokens, out),
            }
        }
        for (index, (name, value)) in buffer.iter().enumerate() {
            let repeated = buffer[index + 1..].iter().any(|(later, _)| later == name);
            let known = self.pairs.iter().any(|pair| pair.name == *name);
            if usable(name) && !repeated && !known {
                next(out);
                write_pair(name, value, out);
            }
        }
        if !(self.own_vid || vid_name.is_empty() || vid.is_empty()) {
            next(out);
            write_pair(vid_name, vid, out);
        }
    }

    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.pairs.iter().flat_map(|pair| std::iter::once(&pair.key).chain(&pair.value))
    }
}

impl Pair {
    /// From a configured URL: encoded already.
    fn configured(piece: &str) -> Self {
        let (key, value) = match piece.split_once('=') {
            Some((key, value)) => (key, Some(text(value))),
            None => (piece, None),
        };
        let spaced = key.replace('+', " ");
        let name = percent_decode_str(&spaced).decode_utf8_lossy().into_owned();
        Self { name, key: text(key), value }
    }

    /// From a layer: plain text.
    fn plain(name: &str, value: &str) -> Self {
        let encoded = |text: &str| {
            Template::parse(text).with_text(|text| utf8_percent_encode(text, VALUE).to_string())
        };
        Self { name: name.to_owned(), key: encoded(name), value: Some(encoded(value)) }
    }

    fn write(&self, tokens: &dyn Tokens, out: &mut String) {
        self.key.render(tokens, Place::Url, out);
        if let Some(value) = &self.value {
            out.push('=');
            value.render(tokens, Place::Url, out);
        }
    }
}

/// The parameters in a query's text; empty ones (`a=1&&b=2`) are dropped.
fn pieces(query: Option<&str>) -> impl Iterator<Item = &str> {
    query.unwrap_or_default().split('&').filter(|piece| !piece.is_empty())
}

/// Puts `pair` in the place of the first of its name and drops the others, or appends it.
fn replace(pairs: &mut Vec<Pair>, pair: Pair) {
    let Some(first) = pairs.iter().position(|earlier| earlier.name == pair.name) else {
        return pairs.push(pair);
    };
    let name = pair.name.clone();
    pairs[first] = pair;
    let mut index = 0;
    pairs.retain(|other| {
        index += 1;
        index - 1 <= first || other.name != name
    });
}

fn write_pair(name: &str, value: &str, out: &mut String) {
    write_value(name, Place::Url, out);
    out.push('=');
    write_value(value, Place::Url, out);
}
