//! What enrichment costs a request: opening the data, a sender seen for the first time, one seen
//! before. Prints microseconds; `make bench` runs it.

use http::{HeaderMap, HeaderValue, header};
use runnel::config::Config;
use runnel::enrich::Enricher;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

const REQUESTS: u32 = 20_000;

fn main() {
    let knowledge = std::env::var_os("RUNNEL_KNOWLEDGE").unwrap_or_default().into();
    let started = Instant::now();
    let enricher = Enricher::open(&Config { knowledge, ..Config::default() });
    println!("open            {:>9.1} ms", started.elapsed().as_secs_f64() * 1e3);
    println!("first sender    {:>9.1} µs", cost(&enricher, 1, |_| 0));
    println!("new senders     {:>9.1} µs", cost(&enricher, 2_000, |n| n + 1));
    println!("known senders   {:>9.2} µs", cost(&enricher, REQUESTS, |n| n % 100 + 1));
}

/// Microseconds per request; `version` makes the user agent of request number `n`.
fn cost(enricher: &Enricher, requests: u32, version: impl Fn(u32) -> u32) -> f64 {
    let prepared: Vec<(IpAddr, HeaderMap)> =
        (0..requests).map(|n| (address(n), headers(version(n)))).collect();
    let started = Instant::now();
    for (address, headers) in &prepared {
        black_box(enricher.facts(*address, headers));
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(requests)
}

fn address(n: u32) -> IpAddr {
    Ipv4Addr::from(n.wrapping_mul(2_654_435_761)).into()
}

fn headers(version: u32) -> HeaderMap {
    let user_agent = format!(
        "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.{version}) AppleWebKit/537.36 \
         (KHTML, like Gecko) Chrome/124.0.{version}.54 Mobile Safari/537.36"
    );
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&user_agent) {
        headers.insert(header::USER_AGENT, value);
    }
    headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de-DE,de;q=0.9,en;q=0.8"));
    headers
}
