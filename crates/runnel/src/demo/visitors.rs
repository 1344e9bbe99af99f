//! People who walk the demo funnel, and the network's postbacks about some of them.
//! Promise: the same crowd every time; each step goes through what answers the tracking domains.

use crate::app::App;
use crate::http::Tracking;
use crate::server::{Arrival, Peer};
use anyhow::{Context, ensure};
use axum::body::Body;
use http::{Request, Response, header};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const VISITORS: u32 = 400;
const SEED: u64 = 7;

const BROWSERS: [&str; 6] = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; Pixel 7 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
];
/// Networks in Germany, the United States, Brazil, Japan and Tunisia.
const NETWORKS: [[u8; 3]; 5] = [[5, 9, 0], [8, 8, 8], [200, 160, 2], [202, 12, 27], [41, 231, 5]];
const LANGUAGES: [&str; 4] = ["en-US,en;q=0.9", "de-DE,de;q=0.9", "pt-BR,pt;q=0.9", "ja"];

/// One person, and the road to the server.
struct Visitor<'a> {
    site: &'a Arc<Tracking>,
    from: SocketAddr,
    browser: &'static str,
    language: &'static str,
}

/// Lets everybody walk.
/// # Errors
/// A step is answered otherwise than it should be.
pub async fn walk(app: &Arc<App>) -> anyhow::Result<()> {
    let site = Arc::new(Tracking::new(app.clone()));
    let mut chance = StdRng::seed_from_u64(SEED);
    for number in 0..VISITORS {
        let visitor = Visitor::arrive(&site, &mut chance);
        let zone = chance.random_range(1..=12);
        let entrance = format!(
            "{}?campaign=autumn&clickid=demo-{number}&zone=zone-{zone}&c=0.0{}",
            super::ENTRANCE,
            chance.random_range(1..=4),
        );
        let (lander, vid) = visitor.step(&entrance).await?;
        if chance.random_bool(0.4) {
            let click = format!("/action/1?hit={lander}&vid={vid}");
            let (offer, _) = visitor.step(&click).await?;
            if chance.random_bool(0.2) {
                visitor.convert(&offer, number, &mut chance).await?;
            }
        }
    }
    Ok(())
}

impl<'a> Visitor<'a> {
    fn arrive(site: &'a Arc<Tracking>, chance: &mut StdRng) -> Self {
        let [a, b, c] = one_of(&NETWORKS, chance);
        let address = IpAddr::from([a, b, c, chance.random_range(1..255)]);
        Self {
            site,
            from: SocketAddr::new(address, 40_000),
            browser: one_of(&BROWSERS, chance),
            language: one_of(&LANGUAGES, chance),
        }
    }

    /// Follows a link; gives the hit and visitor that the destination carries.
    async fn step(&self, link: &str) -> anyhow::Result<(String, String)> {
        let answer = self.get(link).await?;
        let location = answer.headers().get(header::LOCATION).context("no redirect")?.to_str()?;
        let url = url::Url::parse(location)?;
        let value = |wanted: &str| {
            let found = url.query_pairs().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.into_owned()).context("the destination lacks a parameter")
        };
        Ok((value("hit")?, value("vid")?))
    }

    /// The network's word about the sale: mostly approved at once, sometimes pending or rejected.
    async fn convert(&self, hit: &str, number: u32, chance: &mut StdRng) -> anyhow::Result<()> {
        let words: &[&str] = match chance.random_range(0..10) {
            0 => &["pending"],
            1 => &["pending", "approved"],
            2 => &["approved", "rejected"],
            _ => &["approved"],
        };
        for word in words {
            let call = format!("/pb/?hit={hit}&tx=demo-{number}&status={word}");
            let answer = self.get(&call).await?;
            ensure!(answer.status().is_success(), "{call}: {}", answer.status());
        }
        Ok(())
    }

    async fn get(&self, link: &str) -> anyhow::Result<Response<Body>> {
        let request = Request::get(link)
            .header(header::HOST, "localhost")
            .header(header::USER_AGENT, self.browser)
            .header(header::ACCEPT_LANGUAGE, self.language)
            .body(Body::empty())?;
        Ok(self.site.clone().answer(Arrival { peer: Peer(self.from), request }).await)
    }
}

fn one_of<T: Copy>(list: &[T], chance: &mut StdRng) -> T {
    list[chance.random_range(0..list.len())]
}
