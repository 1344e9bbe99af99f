//! Everything that handlers share, opened once and handed around as `Arc<App>`.
//! Promise: opening either yields a program that can serve or says what to do about it.

use crate::access::Access;
use crate::caps::Caps;
use crate::clock::Clock;
use crate::config::Config;
use crate::convert::parse::Limits;
use crate::convert::{Desk, Fires, JournalHits, Strangers, Tell};
use crate::deliver::Deliveries;
use crate::enrich::{Enricher, Proxies};
use crate::outbound::Outbound;
use crate::snapshot::Snapshot;
use crate::store::facts::Facts;
use crate::store::ledger::Writer;
use crate::store::sessions::Sessions;
use crate::store::{Database, catalog};
use crate::track::Services;
use anyhow::Context;
use arc_swap::ArcSwap;
use journal::Journal;
use moka::sync::Cache;
use rules::funnel::Ready;
use rules::ids::{HitId, IdKey, IdKeys};
use rules::record::{PlanId, Record};
use std::sync::Arc;

/// Plans of the past kept ready, for explanations and for visitors whose node has been removed.
const MOST_PAST_PLANS: u64 = 256;

/// The running program.
pub struct App {
    /// Its settings.
    pub config: Config,
    /// Its time and chance.
    pub clock: Clock,
    /// The secrets in IDs.
    pub keys: IdKeys,
    /// Catalog and ledger.
    pub database: Database,
    /// The configuration in force.
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    /// Every tracked request.
    pub journal: Arc<Journal>,
    /// What is remembered of visitors.
    pub sessions: Arc<Sessions>,
    /// Passwords and the brake on guessing them.
    pub access: Access,
    /// How far caps are filled.
    pub caps: Arc<Caps>,
    /// What reports are made of; feed opens and fills it.
    pub facts: Arc<Facts>,
    /// What is known of addresses and browsers.
    pub enricher: Enricher,
    /// Whose forwarding headers are believed.
    pub proxies: Arc<Proxies>,
    /// Where conversions are booked.
    pub desk: Arc<Desk>,
    /// The one door to the outside.
    pub outbound: Outbound,
    /// The services that middleware nodes ask.
    pub services: Services,
    /// What is told to traffic sources and others.
    pub deliveries: Deliveries,
    past_plans: Cache<PlanId, Arc<Ready>>,
    /// First record that the sessions have yet to take in.
    pub(crate) sessions_cursor: u64,
}

impl App {
    /// Opens the stores in `config.data`.
    /// # Errors
    /// A store cannot be opened; the message says which and why.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Arc<Self>> {
        let data = &config.data;
        std::fs::create_dir_all(data)
            .with_context(|| format!("cannot make the data folder {}", data.display()))?;
        let (journal, recovery) = Journal::open(&data.join("journal"), journal::Options::default())
            .context("cannot open the journal")?;
        tracing::info!(?recovery, "journal opened");
        let database = Database::open(data).await.context("cannot open runnel.db")?;
        let (sessions, sessions_cursor) =
            Sessions::open(&data.join("sessions"), config.hot_sessions)
                .context("cannot open the session store")?;
        let keys = id_keys(&database, &clock).await.context("cannot read the ID keys")?;
        let facts = Arc::new(Facts::new(data.clone(), config.report_memory_mb));
        let (journal, sessions) = (Arc::new(journal), Arc::new(sessions));
        let outbound = Outbound::new(&config)?;
        let parts = Parts { config, clock, keys, database, journal, sessions, facts, outbound };
        let app = Arc::new(parts.together(sessions_cursor));
        app.publish().await.context("cannot load the configuration")?;
        Ok(app)
    }

    /// The worker that books what actions fire.
    pub fn fires(&self) -> Fires {
        Fires::new(self.desk.clone(), self.journal.clone(), self.config.node)
    }

    /// How long a session lasts after its last activity, in milliseconds.
    pub fn session_ttl_ms(&self) -> u64 {
        self.snapshot.load().settings.session_ttl_seconds.saturating_mul(1000)
    }

    /// Where visitors go whom no funnel takes; empty for nowhere.
    pub fn homepage(&self) -> String {
        self.snapshot.load().settings.default_homepage.clone()
    }

    /// Puts the configuration as the catalog holds it now into force.
    /// # Errors
    /// The database fails; the earlier configuration stays in force.
    pub async fn publish(&self) -> anyhow::Result<()> {
        let _no_edit = self.database.editing.lock().await;
        let snapshot = Snapshot::load(&self.database).await?;
        self.put_in_force(snapshot).await
    }

    /// Swaps the picture and sees to the counters of its caps. Whoever calls it holds
    /// `database.editing`, so that no earlier picture follows a later one.
    /// # Errors
    /// The database fails to say how far a new cap is filled; the picture is in force.
    pub async fn put_in_force(&self, mut snapshot: Snapshot) -> anyhow::Result<()> {
        snapshot.find_sites();
        snapshot.platforms_at.clone_from(&self.config.platforms_at);
        self.remember_tokens(&mut snapshot).await;
        let planned = snapshot.plans.values().flat_map(|plan| plan.caps());
        let caps: Vec<_> = planned.map(|planned| planned.cap.clone()).collect();
        let new = self.caps.keep(&caps);
        let loaded = self.load_caps(&new).await;
        for cap in &new {
            // What could not be loaded counts what comes; for the others this changes nothing.
            self.caps.loaded(cap, 0, std::iter::empty());
        }
        self.snapshot.store(Arc::new(snapshot));
        loaded
    }

    /// Keeps the names of parameters that carry tokens, for the time when they are called otherwise.
    async fn remember_tokens(&self, snapshot: &mut Snapshot) {
        for name in snapshot.asked_tokens() {
            if snapshot.token_parameters.contains(&name) {
                continue;
            }
            match catalog::keep_token_parameter(&self.database, &name).await {
                Ok(()) => drop(snapshot.token_parameters.insert(name)),
                // The next edit tries again.
                Err(error) => tracing::error!(%error, "the name of a token is not remembered"),
            }
        }
    }

    /// The plan `id`, present or past.
    pub async fn plan(&self, id: PlanId) -> Option<Arc<Ready>> {
        if let Some(plan) = self.past_plans.get(&id) {
            return Some(plan);
        }
        let plan = catalog::plan(&self.database, id).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a plan cannot be read");
            None
        })?;
        self.past_plans.insert(id, plan.clone());
        Some(plan)
    }

    /// The record that holds `hit`, at any age; none if it is not there or cannot be read now.
    pub fn record_of(&self, hit: HitId) -> Option<Arc<Record>> {
        let found = self.journal.find(hit.request().as_u128()).unwrap_or_else(|error| {
            tracing::error!(%error, "the journal cannot be read");
            None
        });
        let record = Record::from_bytes(&found?.payload).ok()?;
        record.step_of(hit).is_some().then(|| Arc::new(record))
    }
}

/// What is opened, before it is put together.
struct Parts {
    config: Config,
    clock: Clock,
    keys: IdKeys,
    database: Database,
    journal: Arc<Journal>,
    sessions: Arc<Sessions>,
    facts: Arc<Facts>,
    outbound: Outbound,
}

impl Parts {
    fn together(self, sessions_cursor: u64) -> App {
        let Self { config, clock, keys, database, journal, sessions, facts, outbound } = self;
        let (snapshot, caps) = (Arc::<ArcSwap<Snapshot>>::default(), Arc::<Caps>::default());
        let proxies = Arc::new(Proxies::new(&config.trusted_proxies));
        let believed = proxies.clone();
        let tell = Arc::new(Tell { sessions: sessions.clone(), caps: caps.clone() });
        let (writer, _) = Writer::start(database.clone(), clock.clone(), tell);
        let desk = Arc::new(Desk {
            clock: clock.clone(),
            keys: keys.clone(),
            database: database.clone(),
            snapshot: snapshot.clone(),
            hits: Arc::new(JournalHits(journal.clone())),
            sessions: sessions.clone(),
            writer,
            client: Box::new(move |peer, headers| believed.client(peer, headers)),
            limits: Limits::of(&config),
            strangers: Strangers::default(),
        });
        let enricher = Enricher::open(&config);
        let deliveries =
            Deliveries::new(clock.clone(), database.clone(), snapshot.clone(), outbound.clone());
        App {
            config,
            clock,
            keys,
            database,
            snapshot,
            journal,
            sessions,
            access: Access::default(),
            caps,
            facts,
            enricher,
            proxies,
            desk,
            outbound,
            services: Services::default(),
            deliveries,
            past_plans: Cache::new(MOST_PAST_PLANS),
            sessions_cursor,
        }
    }
}

/// Reads the ID keys, making the first at first start.
async fn id_keys(database: &Database, clock: &Clock) -> anyhow::Result<IdKeys> {
    let first = format!("{:016x}{:016x}", clock.random(), clock.random());
    let secrets = crate::store::id_secrets(database, first).await?;
    let mut keys = secrets.iter().map(|secret| key_from_hex(secret));
    let newest = keys.next().context("there is no ID key")??;
    Ok(IdKeys::new(newest, keys.collect::<anyhow::Result<_>>()?))
}

fn key_from_hex(secret: &str) -> anyhow::Result<IdKey> {
    let bytes = hex::decode(secret)?;
    Ok(IdKey(bytes.as_slice().try_into().context("an ID key is 16 bytes")?))
}
