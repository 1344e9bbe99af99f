//! Demo data for a first look: a funnel with all it needs, and visitors who walk it.
//! Promise: laid once, into an empty catalog only; visitors and postbacks take the same road as real
//! ones, so every number can be followed to its hits.

mod visitors;

use crate::app::App;
use crate::error::Problem;
use crate::publish::{self, Asset, Edit};
use crate::store::people::Caller;
use anyhow::{Context, anyhow};
use rules::ids::EntityId;
use serde::Deserialize;
use std::sync::Arc;

/// The demo's entrance on a tracking domain.
pub const ENTRANCE: &str = "/fts/DemoFunnel01-DemoSource01";

const ASSETS: &str = include_str!("assets.json");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assets {
    source: rules::assets::TrafficSource,
    offer_source: rules::assets::OfferSource,
    landers: Vec<rules::assets::Lander>,
    offers: Vec<rules::assets::Offer>,
    funnel: rules::assets::Funnel,
}

/// Lays the demo data if there is no funnel yet; says whether it did.
/// # Errors
/// The demo cannot be saved, or a demo visitor is answered otherwise than real ones are.
pub async fn lay(app: &Arc<App>) -> anyhow::Result<bool> {
    if !app.snapshot.load().funnels.is_empty() {
        return Ok(false);
    }
    let assets: Assets = serde_json::from_str(ASSETS).context("the demo's assets are unreadable")?;
    let network: EntityId = "DemoNetwork1".parse()?;
    save(app, "DemoSource01", assets.source).await?;
    save(app, "DemoNetwork1", assets.offer_source).await?;
    for (lander, id) in assets.landers.into_iter().zip(["DemoLander01", "DemoLander02"]) {
        save(app, id, lander).await?;
    }
    for (mut offer, id) in assets.offers.into_iter().zip(["DemoOffer001", "DemoOffer002"]) {
        offer.offer_source = Some(network);
        save(app, id, offer).await?;
    }
    save(app, "DemoFunnel01", assets.funnel).await?;
    visitors::walk(app).await?;
    Ok(true)
}

async fn save<A: Asset>(app: &Arc<App>, id: &str, asset: A) -> anyhow::Result<()> {
    let caller = Caller::command_line(app.clock.now_ms());
    let edit = Edit::begin(app, &caller).await;
    let saved = publish::create(edit, Some(id.parse()?), false, asset).await;
    saved.map(drop).map_err(|problem| faulty(id, &problem))
}

fn faulty(id: &str, problem: &Problem) -> anyhow::Error {
    anyhow!("the demo's {id} cannot be saved: {} {:?}", problem.title, problem.faults)
}
