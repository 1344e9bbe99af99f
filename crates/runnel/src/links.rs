//! Ready links, postback URLs and snippets: what people paste into sources, networks and pages.
//! Promise: macros of sources and networks stay as they write them; everything else is encoded.

use crate::error::Problem;
use crate::snapshot::Snapshot;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rules::assets::{OfferSource, TrafficSource};
use rules::ids::EntityId;
use std::net::SocketAddr;

/// Stands where the reader has to write something (origin: `hit=REPLACE`).
pub const REPLACE: &str = "REPLACE";

/// Queues `[method, …arguments]` in `flux.q` until the tag is there (tag/README.md).
pub const STUB: &str = concat!(
    r#"window.flux=window.flux||{q:[]};["track","ready","get","consent"]"#,
    r#".forEach(function(m){flux[m]=flux[m]||function(){"#,
    r#"flux.q.push([m].concat([].slice.call(arguments)));return{}}})"#,
);

/// What would end or change a query value. Brackets and braces stay: macros are made of them.
const VALUE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'&').add(b'#').add(b'+').add(b'<').add(b'>');
/// The same for names, where `=` and `%` count too.
const NAME: &AsciiSet = &VALUE.add(b'=').add(b'%');

/// Where a tracking domain is reached: `https://go.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(String);

impl Base {
    /// The tracking domain of this name; hosts that only this machine or network knows have no
    /// certificate.
    pub fn of_domain(name: &str) -> Self {
        let host = name.split(':').next().unwrap_or(name);
        let local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok();
        Self(format!("{}://{name}", if local { "http" } else { "https" }))
    }

    /// The tracking address itself, for a server that has no domain yet.
    pub fn of_address(address: SocketAddr) -> Self {
        match address.ip().is_unspecified() {
            true => Self(format!("http://localhost:{}", address.port())),
            false => Self(format!("http://{address}")),
        }
    }

    /// Every tracking domain in use, by name; the address if there is none.
    pub fn all(snapshot: &Snapshot, address: SocketAddr) -> Vec<Self> {
        let used = snapshot.domains.values().filter(|held| !held.archived);
        let mut names: Vec<_> = used.map(|held| held.asset.name.as_str()).collect();
        names.sort_unstable();
        match names.is_empty() {
            true => vec![Self::of_address(address)],
            false => names.into_iter().map(Self::of_domain).collect(),
        }
    }

    /// The domain asked for (none: the first by name), and all of them as they are reached.
    /// # Errors
    /// The name is no tracking domain in use.
    pub fn chosen(
        snapshot: &Snapshot,
        address: SocketAddr,
        name: Option<&str>,
    ) -> Result<(Self, Vec<String>), Problem> {
        let all = Self::all(snapshot, address);
        let domains = all.iter().map(|base| base.as_str().to_owned()).collect();
        let chosen = all.into_iter().find(|base| name.is_none_or(|n| *base == Self::of_domain(n)));
        let base =
            chosen.ok_or_else(|| Problem::fault("domain", "is no tracking domain in use"))?;
        Ok((base, domains))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The entrance link for a source, at any node.
    pub fn entrance(
        &self,
        funnel: EntityId,
        (source, asked): (EntityId, &TrafficSource),
        node: Option<EntityId>,
    ) -> String {
        let node = node.map(|node| ("n".to_owned(), node.to_string()));
        let fields = asked.fields.values().map(|f| (f.name.clone(), f.placeholder.clone()));
        let query: Vec<_> = node.into_iter().chain(fields).collect();
        with_query(format!("{}/fts/{funnel}-{source}", self.0), &query)
    }

    /// The link of an action.
    pub fn action(&self, number: u8) -> String {
        format!("{}/action/{number}", self.0)
    }

    /// The postback URL by hit, with a network's macros where they are known.
    pub fn postback(&self, source: Option<&OfferSource>, token: bool) -> String {
        let Some(source) = source else {
            return self.to_replace(&["hit", "tx", "rev"]);
        };
        let macros = &source.postback;
        let first = ["hit", "tx", "rev", "status"];
        let by_vid = macros.contains_key("vid") && !macros.contains_key("hit");
        let hit = (!macros.contains_key("hit") && !by_vid).then_some(("hit", REPLACE));
        let leading = first.iter().filter_map(|name| Some((*name, macros.get(*name)?.as_str())));
        let others = macros.iter().filter(|(name, _)| !first.contains(&name.as_str()));
        let others = others.map(|(name, value)| (name.as_str(), value.as_str()));
        let secret = source.token.as_ref().map(|secret| {
            (secret.parameter.as_str(), if token { secret.value.as_str() } else { "SECRET" })
        });
        let query = hit.into_iter().chain(leading).chain(others).chain(secret);
        let query: Vec<_> = query.map(|(name, value)| (name.into(), value.into())).collect();
        with_query(format!("{}/pb/", self.0), &query)
    }

    /// A postback URL whose parameters the reader fills in.
    pub fn to_replace(&self, names: &[&str]) -> String {
        let query: Vec<_> = names.iter().map(|name| ((*name).into(), REPLACE.into())).collect();
        with_query(format!("{}/pb/", self.0), &query)
    }

    /// The postback URL by visitor, for one page (or the last visited offer).
    pub fn visitor_postback(&self, page: Option<EntityId>) -> String {
        let page = page.map_or(REPLACE.to_owned(), |page| page.to_string());
        let pairs = [("vid", REPLACE), ("p", &page), ("tx", REPLACE), ("rev", REPLACE)];
        let query: Vec<_> = pairs.map(|(name, value)| (name.into(), value.into())).into();
        with_query(format!("{}/pb/", self.0), &query)
    }

    /// The postback URL of a custom event.
    pub fn event_postback(&self, name: &str) -> String {
        let pairs = [("hit", REPLACE), ("event", name), ("tx", REPLACE), ("rev", REPLACE)];
        let query: Vec<_> = pairs.map(|(name, value)| (name.into(), value.into())).into();
        with_query(format!("{}/pb/", self.0), &query)
    }

    /// The host, with its port if it has one of its own.
    pub fn host(&self) -> &str {
        self.0.split_once("://").map_or(&self.0, |(_, host)| host)
    }

    /// The universal tag: a line that queues calls until the script is there, then the script.
    pub fn tag(&self) -> String {
        self.tag_at(&[])
    }

    /// The universal tag with attributes (`data-…`).
    pub fn tag_at(&self, attributes: &[(&str, &str)]) -> String {
        format!("<!-- Universal tag -->\n<script>{STUB}</script>\n{}", self.script(attributes))
    }

    /// The script alone, with attributes (`data-…`).
    pub fn script(&self, attributes: &[(&str, &str)]) -> String {
        let escaped = |value: &str| value.replace('&', "&amp;").replace('"', "&quot;");
        let attributes =
            attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", escaped(value)));
        let attributes: String = attributes.collect();
        format!("<script async src=\"{}/js/flux.js\"{attributes}></script>", self.0)
    }
}

/// The snippet that fires a conversion; with a page it converts that page's hit.
pub fn conversion_script(page: Option<EntityId>) -> String {
    let page = page.map_or(String::new(), |page| format!(",p:\"{page}\""));
    format!(
        "<!-- Conversion event -->\n<script>\nflux.track(\"conversion\",{{rev:\"VALUE\"{page}}})\n</script>"
    )
}

/// The snippet that fires a custom event.
pub fn event_script(name: &str) -> String {
    let name = serde_json::Value::from(name).to_string().replace('<', "\\u003c");
    format!(
        "<!-- Custom event -->\n<script>\nflux.track(\"event\",{{name:{name},rev:\"VALUE\"}})\n</script>"
    )
}

fn with_query(mut url: String, query: &[(String, String)]) -> String {
    for (i, (name, value)) in query.iter().enumerate() {
        url.push(if i == 0 { '?' } else { '&' });
        url.extend(utf8_percent_encode(name, NAME));
        url.push('=');
        url.extend(utf8_percent_encode(value, VALUE));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn id(text: &str) -> EntityId {
        text.parse().unwrap()
    }

    #[test]
    fn an_entrance_link_carries_the_sources_macros_as_they_are() {
        let source: TrafficSource = serde_json::from_value(json!({"name": "Push", "fields": {
            "campaign": {"name": "campaign", "placeholder": "[campaign]"},
            "external": {"name": "clickid", "placeholder": "{click id}"},
            "c1": {"name": "zone&x", "placeholder": "##zone"}}}))
        .unwrap();
        let base = Base::of_domain("go.example.com");
        let (funnel, push) = (id("funnel000001"), id("source000001"));
        let start = "https://go.example.com/fts/funnel000001-source000001?";
        let fields = "campaign=[campaign]&clickid={click%20id}&zone%26x=%23%23zone";
        assert_eq!(base.entrance(funnel, (push, &source), None), format!("{start}{fields}"));
        let node = Some(id("node00000001"));
        assert_eq!(
            base.entrance(funnel, (push, &source), node),
            format!("{start}n=node00000001&{fields}")
        );
    }

    #[test]
    fn postback_urls_are_the_origins() {
        let base = Base::of_domain("go.example.com");
        assert_eq!(
            base.postback(None, false),
            "https://go.example.com/pb/?hit=REPLACE&tx=REPLACE&rev=REPLACE"
        );
        let source: OfferSource = serde_json::from_value(json!({"name": "A", "postback": {
            "rev": "{{payout}}", "hit": "{{clickid}}", "tx": "{{transaction}}", "geo": "{geo}"},
            "token": {"parameter": "key", "value": "s3&"}}))
        .unwrap();
        let known = "https://go.example.com/pb/?hit={{clickid}}&tx={{transaction}}&rev={{payout}}&geo={geo}";
        assert_eq!(base.postback(Some(&source), true), format!("{known}&key=s3%26"));
        assert_eq!(base.postback(Some(&source), false), format!("{known}&key=SECRET"));
        let unknown = OfferSource::default();
        assert_eq!(base.postback(Some(&unknown), true), "https://go.example.com/pb/?hit=REPLACE");
        assert_eq!(
            base.visitor_postback(Some(id("offer0000001"))),
            "https://go.example.com/pb/?vid=REPLACE&p=offer0000001&tx=REPLACE&rev=REPLACE"
        );
    }

    #[test]
    fn local_hosts_have_no_certificate_and_any_address_is_reached_as_localhost() {
        assert_eq!(Base::of_domain("localhost:8080").as_str(), "http://localhost:8080");
        assert_eq!(Base::of_domain("192.0.2.1").as_str(), "http://192.0.2.1");
        let anywhere = "0.0.0.0:8080".parse().unwrap();
        assert_eq!(Base::of_address(anywhere).as_str(), "http://localhost:8080");
    }

    #[test]
    fn the_tag_is_two_lines_and_its_contract_shows_them() {
        let base = Base::of_domain("go.example.com");
        let contract = include_str!("../../../tag/README.md");
        let shown = base.tag().replace("<!-- Universal tag -->\n", "");
        assert_eq!(shown.lines().count(), 2);
        assert!(contract.contains(&shown), "{shown}");
        let script = base.script(&[("data-f", "a\"&b")]);
        assert!(script.contains(" data-f=\"a&quot;&amp;b\"></script>"), "{script}");
    }

    #[test]
    fn scripts_are_the_origins_and_names_cannot_leave_them() {
        assert!(conversion_script(None).contains(r#"flux.track("conversion",{rev:"VALUE"})"#));
        let page = conversion_script(Some(id("offer0000001")));
        assert!(page.contains(r#"{rev:"VALUE",p:"offer0000001"}"#));
        assert!(event_script(r#""</script>"#).contains(r#"{name:"\"\u003c/script>",rev"#));
    }
}
