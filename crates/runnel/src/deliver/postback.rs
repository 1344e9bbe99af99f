//! A traffic source's own postback: a URL with tokens, perhaps a body.
//! Promise: values are encoded for where they stand; the URL in force is used, so that one that was
//! mended reaches what failed before.

use super::adapter::{Adapter, Context, Prepared, Rendered};
use super::destination::Target;
use super::verdict::Verdict;
use crate::snapshot::Snapshot;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use rules::assets::{PostbackMethod, SourcePostback};
use rules::ids::EntityId;
use rules::template::{Place, Template};
use rules::told::{Change, Told};
use std::collections::HashMap;
use std::sync::Arc;
use url::Url;

/// Names a delivery to its receiver, the same at every attempt.
pub const DELIVERY_HEADER: &str = "runnel-delivery";

/// The postback of `source` for conversions (or for `event`); none if nobody wants one any more.
pub(super) fn target(
    snapshot: &Snapshot,
    source: EntityId,
    event: Option<EntityId>,
) -> Option<Target> {
    let held = snapshot.sources.get(&source)?;
    let own = snapshot.own_postback(source, event);
    let funnels = snapshot.funnels.values();
    let overriding = funnels.filter(|held| held.asset.postback_overrides.contains_key(&source));
    let overrides: HashMap<_, _> = overriding
        .map(|held| (held.id.to_string(), snapshot.postback(source, held.id, event)))
        .map(|(funnel, postback)| (funnel, postback.map(Written::of)))
        .collect();
    let limits = own.or_else(|| {
        let mut funnels = snapshot.funnels.keys();
        funnels.find_map(|funnel| snapshot.postback(source, *funnel, event))
    });
    let limits = limits?.limits;
    let adapter = Arc::new(Postback { own: own.map(Written::of), overrides });
    let what = event.and_then(|event| snapshot.events.get(&event));
    let what = what.map_or("conversion", |held| &held.asset.name);
    Some(Target { adapter, limits, name: format!("{}: {what}", held.asset.name) })
}

struct Postback {
    own: Option<Written>,
    /// By funnel; none where it wants no postback.
    overrides: HashMap<String, Option<Written>>,
}

/// A postback's texts, read.
struct Written {
    method: Method,
    url: Template,
    reversal: Option<Template>,
    body: Template,
    body_place: Place,
    content_type: String,
}

impl Written {
    fn of(postback: &SourcePostback) -> Self {
        let json = postback.content_type.contains("json")
            || postback.content_type.is_empty()
                && postback.body.trim_start().starts_with(['{', '[']);
        let form = "application/x-www-form-urlencoded";
        let default = if json { "application/json" } else { form };
        let given = postback.content_type.trim();
        let content_type = if given.is_empty() { default } else { given }.to_owned();
        let body_place = match content_type.as_str() {
            _ if json => Place::Json,
            kind if kind.starts_with(form) => Place::Url,
            _ => Place::Plain,
        };
        let reversal = Some(postback.reversal_url.trim()).filter(|url| !url.is_empty());
        Self {
            method: match postback.method {
                PostbackMethod::Get => Method::GET,
                PostbackMethod::Post => Method::POST,
            },
            url: Template::parse(postback.url.trim()),
            reversal: reversal.map(Template::parse),
            body: Template::parse(&postback.body),
            body_place,
            content_type,
        }
    }

    fn call(&self, told: &Told) -> Result<Prepared, Verdict> {
        let reversal = self.reversal.as_ref().filter(|_| told.change == Change::Retracted);
        let mut text = String::new();
        reversal.unwrap_or(&self.url).render(told, Place::Url, &mut text);
        let url = Url::parse(&text).map_err(|error| {
            let reason = format!("the postback's URL is none once its tokens are in: {error}");
            Verdict::Refused { reason }
        })?;
        let mut headers = HeaderMap::new();
        if let Ok(id) = HeaderValue::from_str(&told.delivery) {
            headers.insert(DELIVERY_HEADER, id);
        }
        let mut body = String::new();
        if self.method == Method::POST {
            self.body.render(told, self.body_place, &mut body);
            headers.extend(
                HeaderValue::from_str(&self.content_type).map(|kind| (header::CONTENT_TYPE, kind)),
            );
        }
        Ok(Prepared {
            method: self.method.clone(),
            url,
            headers,
            body: Bytes::from(body),
            of: vec![0],
        })
    }
}

impl Adapter for Postback {
    fn render(&self, told: &[Told], _with: &Context<'_>) -> Rendered {
        let mut rendered = Rendered::default();
        for (place, told) in told.iter().enumerate() {
            let written = match self.overrides.get(&told.funnel) {
                Some(overriding) => overriding.as_ref(),
                None => self.own.as_ref(),
            };
            let reason = "the traffic source wants no such postback any more".to_owned();
            match written.ok_or(Verdict::Refused { reason }).and_then(|written| written.call(told))
            {
                Ok(call) => rendered.calls.push(Prepared { of: vec![place], ..call }),
                Err(verdict) => rendered.settled.push((place, verdict)),
            }
        }
        rendered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Told {
        Told {
            delivery: "D1".into(),
            tx: "a&b\"c".into(),
            fields: [("clickid".to_owned(), "S 1".to_owned())].into(),
            ..Told::default()
        }
    }

    fn called(postback: SourcePostback, told: &Told) -> String {
        let call = Written::of(&postback).call(told).unwrap();
        let kind = call.headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap());
        let body = String::from_utf8(call.body.to_vec()).unwrap();
        format!("{} {} {} {body}", call.method, call.url, kind.unwrap_or("-"))
    }

    #[test]
    fn a_value_is_written_for_where_it_stands() {
        let url = "https://s.example/pb?c={clickid}&t={tx}".to_owned();
        let get = SourcePostback { url: url.clone(), ..SourcePostback::default() };
        let expected = "GET https://s.example/pb?c=S%201&t=a%26b%22c - ";
        assert_eq!(called(get.clone(), &told()), expected);
        let post = |body: &str| SourcePostback {
            url: "https://s.example/".into(),
            method: PostbackMethod::Post,
            body: body.into(),
            ..SourcePostback::default()
        };
        assert_eq!(
            called(post("t={tx}"), &told()),
            "POST https://s.example/ application/x-www-form-urlencoded t=a%26b%22c"
        );
        assert_eq!(
            called(post(r#"{"t":"{tx}"}"#), &told()),
            r#"POST https://s.example/ application/json {"t":"a&b\"c"}"#
        );
    }

    #[test]
    fn what_is_taken_back_goes_to_the_reversal() {
        let postback = SourcePostback {
            url: "https://s.example/pb".into(),
            reversal_url: "https://s.example/undo?c={clickid}".into(),
            ..SourcePostback::default()
        };
        let back = Told { change: Change::Retracted, ..told() };
        assert_eq!(called(postback.clone(), &back), "GET https://s.example/undo?c=S%201 - ");
        assert_eq!(called(postback, &told()), "GET https://s.example/pb - ");
    }
}
