//! `--demo`: a small account to click through: a source, a network, a funnel with all that matters,
//! pages of its own, so that a newcomer walks the whole road without the internet, and a crowd that
//! has walked it before.
//! Promise: made through the same edits and the same road as anybody's, so every number can be
//! followed to its hits; what somebody has changed in it since stays.

mod account;
mod page;
mod visitors;

pub use page::page;
pub use visitors::walk;

use crate::app::App;
use crate::error::Problem;
use crate::links::Base;
use crate::publish::{self, Asset, Basis, Edit};
use crate::store::people::Caller;
use account::Account;
use anyhow::{Context, anyhow};
use rules::ids::EntityId;
use std::net::SocketAddr;
use std::sync::Arc;

/// The demo's entrance on a tracking domain.
const ENTRANCE: &str = "/fts/DemoFunnel01-DemoSource01";

/// What a newcomer needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whether the funnel was made just now: nobody has walked it yet.
    pub fresh: bool,
    /// The link into the funnel, to open in a browser.
    pub entrance: String,
    /// The postback URL that the network would be given.
    pub postback: String,
}

/// Adds what is missing of the demo account; its pages are at `track`, the tracking address.
/// # Errors
/// The database fails, or somebody deleted a part of the demo that others need.
pub async fn fill(app: &Arc<App>, track: SocketAddr) -> anyhow::Result<Told> {
    let base = Base::of_address(track);
    let account = Account::at(&base).context("the demo account cannot be read")?;
    let edits = Edits { app, caller: Caller::command_line(app.clock.now_ms()) };
    edits.ensure(account.source.clone()).await?;
    edits.ensure(account.network.clone()).await?;
    for event in account.events {
        edits.ensure(event).await?;
    }
    for lander in account.landers {
        edits.ensure_page(lander, |page| &mut page.url).await?;
    }
    for offer in account.offers {
        edits.ensure_page(offer, |page| &mut page.url).await?;
    }
    edits.ensure(account.condition).await?;
    let funnel = account.funnel.0;
    let fresh = !app.snapshot.load().funnels.contains_key(&funnel);
    edits.ensure(account.funnel).await?;
    Ok(Told {
        fresh,
        entrance: base.entrance(funnel, (account.source.0, &account.source.1), None),
        postback: base.postback(Some(&account.network.1), true),
    })
}

/// Makes edits for the command line.
struct Edits<'a> {
    app: &'a Arc<App>,
    caller: Caller,
}

impl Edits<'_> {
    async fn ensure<A: Asset>(&self, (id, asset): (EntityId, A)) -> anyhow::Result<()> {
        let picture = self.app.snapshot.load_full();
        if A::shelf(&picture).contains_key(&id) {
            return Ok(());
        }
        let edit = Edit::begin(self.app, &self.caller).await;
        publish::create(edit, Some(id), false, asset).await.map_err(told)?;
        Ok(())
    }

    /// A page, moved where the server listens on another address than last time.
    async fn ensure_page<A: Asset>(
        &self,
        (id, asset): (EntityId, A),
        url: fn(&mut A) -> &mut String,
    ) -> anyhow::Result<()> {
        let picture = self.app.snapshot.load_full();
        let deleted = picture.deleted.contains(&id);
        let Some(held) = A::shelf(&picture).get(&id).filter(|_| !deleted) else {
            return self.ensure((id, asset)).await;
        };
        let (mut kept, mut wanted) = ((*held.asset).clone(), asset);
        let ours = url(&mut kept).contains("/demo/");
        if !ours || url(&mut kept) == url(&mut wanted) {
            return Ok(());
        }
        *url(&mut kept) = std::mem::take(url(&mut wanted));
        let basis = Basis { version: held.version, archived: None, restored_from: 0 };
        let edit = Edit::begin(self.app, &self.caller).await;
        publish::update(edit, id, basis, kept).await.map_err(told)?;
        Ok(())
    }
}

fn told(problem: Problem) -> anyhow::Error {
    let faults = problem.faults.iter().map(|fault| format!("; {} {}", fault.field, fault.message));
    anyhow!("the demo account cannot be made: {}{}", problem.title, faults.collect::<String>())
}
