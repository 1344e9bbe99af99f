//! Requests as visitors send them: many addresses, some hundred browsers, all fields of a source.
//! Promise: the same number gives the same requests, for the program and for the bare server.

use std::net::Ipv4Addr;

/// Entrances prepared for one measurement.
const ENTRANCES: u32 = 20_000;
const BROWSERS: u32 = 300;

/// Entrances by `link`.
pub fn entrances(link: &str) -> Vec<Box<[u8]>> {
    let each = (0..ENTRANCES).map(|n| {
        let path = format!(
            "{link}?campaign=spring-{}&clickid=click-{n:08}&zone={}&c2=creative-{}&keyword=shoes+{n}&c=0.05",
            n % 40, n % 500, n % 12
        );
        get(&path, n, "https://news.example/story?id=4711")
    });
    each.collect()
}

/// The action of the visitor whom entrance number `n` sent to `location`.
pub fn action(n: u32, location: &str) -> Option<Box<[u8]>> {
    let (hit, vid) = (parameter(location, "h")?, parameter(location, "vid")?);
    let referrer = format!("https://lander.example/?h={hit}&vid={vid}");
    Some(get(&format!("/action/1?hit={hit}&vid={vid}"), n % ENTRANCES, &referrer))
}

/// The first view of a page by somebody whom no redirect brought.
pub fn views(funnel: &str, source: &str, node: &str) -> Vec<Box<[u8]>> {
    let each = (0..ENTRANCES).map(|n| {
        let body = format!(
            "{{\"url\":\"https://lander.example/?zone={}&clickid=click-{n:08}\",\
             \"referrer\":\"https://news.example/story?id=4711\",\"f\":\"{funnel}\",\"ts\":\"{source}\",\
             \"n\":\"{node}\",\"c\":\"0.05\"}}",
            n % 500
        );
        let origin = "origin: https://lander.example\r\nreferer: https://lander.example/";
        let length = format!("content-type: text/plain\r\ncontent-length: {}", body.len());
        let text = format!(
            "POST /js/funnel HTTP/1.1\r\n{}{origin}\r\n{length}\r\n\r\n{body}",
            sender(n)
        );
        text.into_bytes().into()
    });
    each.collect()
}

/// The postback for the hit that an action sent to `location`.
pub fn postback(n: u32, location: &str) -> Option<Box<[u8]>> {
    let hit = parameter(location, "h")?;
    let path = format!("/pb/?hit={hit}&tx=order-{n}&rev=1.25");
    Some(format!("GET {path} HTTP/1.1\r\nhost: track.example\r\n\r\n").into_bytes().into())
}

fn get(path: &str, n: u32, referrer: &str) -> Box<[u8]> {
    let text = format!("GET {path} HTTP/1.1\r\n{}referer: {referrer}\r\n\r\n", sender(n));
    text.into_bytes().into()
}

/// Who asks: an address all over the world, one of some hundred browsers.
fn sender(n: u32) -> String {
    let address = Ipv4Addr::from(0x0500_0000 + n.wrapping_mul(2_654_435_761) % 0xC000_0000);
    let (model, build) = (n % 30, n % BROWSERS);
    format!(
        "host: track.example\r\nx-forwarded-for: {address}\r\nuser-agent: Mozilla/5.0 (Linux; \
         Android 14; SM-S9{model:02}B) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/124.0.{build}.54 Mobile Safari/537.36\r\naccept: text/html,application/xhtml+xml\
         \r\naccept-language: de-DE,de;q=0.9,en;q=0.8\r\naccept-encoding: gzip, deflate, br\r\n"
    )
}

fn parameter<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let query = url.split_once('?')?.1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}
