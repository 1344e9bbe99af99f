//! Database → picture, with every funnel's plan compiled and kept.
//! Promise: an asset that cannot be read is left out and reported, and a funnel that refers to it
//! keeps the plan it last published; only a failing database yields no picture.

use super::{Held, Shelf, Snapshot};
use crate::store::webhook_secrets::webhook_secrets;
use crate::store::{Database, catalog};
use rules::funnel::{Plan, Ready};
use rules::ids::EntityId;
use serde::de::DeserializeOwned;
use std::sync::Arc;

impl Snapshot {
    /// Reads the whole configuration and keeps plans that are new.
    /// # Errors
    /// The database fails.
    pub async fn load(db: &Database) -> Result<Self, sqlx::Error> {
        let mut snapshot = Self::default();
        if let Some(row) = catalog::load_settings(db).await? {
            match serde_json::from_str(&row.body) {
                Ok(settings) => snapshot.settings = Arc::new(settings),
                Err(error) => {
                    tracing::error!(%error, "the settings cannot be read: defaults apply")
                }
            }
        }
        for row in catalog::all(db).await? {
            snapshot.take(&row);
        }
        for row in catalog::current_plans(db).await? {
            snapshot.take_plan(row);
        }
        for secret in webhook_secrets(db).await? {
            snapshot.webhook_secrets.entry(secret.webhook).or_default().push(secret);
        }
        snapshot.keep_plans(db).await?;
        snapshot.token_parameters = catalog::token_parameters(db).await?;
        snapshot.find_sites();
        Ok(snapshot)
    }

    fn take(&mut self, row: &catalog::Row) {
        let read = match row.kind.as_str() {
            "traffic-sources" => put(&mut self.sources, row),
            "offer-sources" => put(&mut self.offer_sources, row),
            "landers" => put(&mut self.landers, row),
            "offers" => put(&mut self.offers, row),
            "funnels" => put(&mut self.funnels, row),
            "funnel-groups" => put(&mut self.groups, row),
            "conditions" => put(&mut self.conditions, row),
            "tags" => put(&mut self.tags, row),
            "events" => put(&mut self.events, row),
            // A deleted host may be answered by another server now.
            "domains" if row.deleted => Ok(()),
            "domains" => put(&mut self.domains, row),
            "webhooks" => put(&mut self.webhooks, row),
            _ => Ok(()),
        };
        if row.deleted {
            self.deleted.insert(row.id);
        }
        if let Err(error) = read {
            tracing::error!(kind = row.kind, id = %row.id, %error, "an asset cannot be read");
        }
    }

    fn take_plan(&mut self, row: catalog::PlanRow) {
        match Ready::from_bytes(row.body.as_bytes()) {
            Ok(ready) => drop(self.plans.insert(row.funnel, Arc::new(ready))),
            Err(error) => tracing::error!(funnel = %row.funnel, %error, "a plan cannot be read"),
        }
    }

    async fn keep_plans(&mut self, db: &Database) -> Result<(), sqlx::Error> {
        let fresh = self.compile(None);
        if fresh.is_empty() {
            return Ok(());
        }
        let mut transaction = db.pool.begin().await?;
        for plan in &fresh {
            catalog::save_plan(&mut transaction, plan).await?;
        }
        transaction.commit().await
    }

    /// Compiles the funnel `only` (or all) and puts in force what differs from the plan before;
    /// returns those. A funnel with problems keeps its plan, a deleted one always does.
    pub fn compile(&mut self, only: Option<EntityId>) -> Vec<Arc<Ready>> {
        let asked = |id: &EntityId| only.is_none_or(|only| only == *id);
        let wanted = |id: &EntityId| asked(id) && !self.deleted.contains(id);
        let funnels: Vec<_> = self.funnels.values().filter(|held| wanted(&held.id)).collect();
        let compiled = funnels.into_iter().filter_map(|held| {
            let problems = self.problems_of(held.id);
            if let Some(problem) = problems.first() {
                tracing::error!(funnel = %held.id, ?problem, "a funnel keeps its earlier plan");
                return None;
            }
            let plan = Plan::compile(held.id, &held.asset, self);
            let same = self.plans.get(&held.id).is_some_and(|before| before.id() == plan.id());
            (!same).then(|| Arc::new(Ready::new(plan)))
        });
        let fresh: Vec<_> = compiled.collect();
        self.plans.extend(fresh.iter().map(|ready| (ready.plan().funnel, Arc::clone(ready))));
        fresh
    }
}

fn put<T: DeserializeOwned>(shelf: &mut Shelf<T>, row: &catalog::Row) -> serde_json::Result<()> {
    let asset = Arc::new(serde_json::from_str(&row.body)?);
    let archived = row.archived || row.deleted;
    shelf.insert(row.id, Held { id: row.id, version: row.version, archived, asset });
    Ok(())
}
