//! Decides a batch in memory: each job against what the ledger and the earlier jobs say.
//! Promise: no I/O after the state is read; what has to be written comes out as rows.

use super::enter::{self, Step};
use super::job::{Booked, Booking, Change, Committed, Job, Restore, Telling, Verdict};
use super::owe::{self, Entered};
use super::save::{CallRow, ConversionRow, EntryRow};
use super::state::{Held, State};
use super::withheld::Withheld;
use super::writer::Outcome;
use crate::clock::Clock;
use crate::store::deliveries::NewDelivery;
use rules::apply::{self, Decision, Of};
use rules::entry::{Standing, Status};
use rules::ids::EntityId;
use rules::owed::told;
use sqlx::AnyConnection;

/// What a batch came to.
pub(super) struct Batch<'j> {
    pub entries: Vec<EntryRow>,
    pub conversions: Vec<ConversionRow>,
    pub calls: Vec<CallRow<'j>>,
    pub outcomes: Vec<Outcome>,
    pub committed: Vec<Committed>,
    /// What destinations are to be told.
    pub owed: Vec<NewDelivery>,
    /// What they are not told, and why.
    pub withheld: Vec<Withheld>,
    /// The last sequence number given out.
    pub last: i64,
    state: State,
    clock: &'j Clock,
}

impl<'j> Batch<'j> {
    /// Reads the state and decides every job, numbering entries after `last`.
    pub(super) async fn decide(
        connection: &mut AnyConnection,
        jobs: &[&'j Job],
        last: i64,
        clock: &'j Clock,
    ) -> Result<Self, sqlx::Error> {
        let state = State::load(connection, jobs).await?;
        let mut batch = Self {
            entries: Vec::new(),
            conversions: Vec::new(),
            calls: Vec::new(),
            outcomes: Vec::with_capacity(jobs.len()),
            committed: Vec::new(),
            owed: Vec::new(),
            withheld: Vec::new(),
            last,
            state,
            clock,
        };
        for job in jobs {
            let outcome = batch.one(job);
            batch.outcomes.push(outcome);
        }
        Ok(batch)
    }

    /// The calls that were repeated and are booked now.
    pub(super) fn replayed(&self) -> Vec<&str> {
        let booked = self.calls.iter().filter(|row| row.booked.verdict != Verdict::Unbooked);
        booked.map(|row| row.call.replays.as_str()).filter(|id| !id.is_empty()).collect()
    }

    fn one(&mut self, job: &'j Job) -> Outcome {
        if let Some(earlier) = job.task.as_deref().and_then(|task| self.state.task(task)) {
            return Outcome::Booked(earlier.clone());
        }
        let booked = match &job.change {
            // Somebody else repeated the call meanwhile.
            Some(Change::Say(_)) if self.state.is_replayed(&job.call.replays) => {
                unchanged(job, None, Standing::default())
            }
            None => unbooked(job, &job.call.reason),
            Some(Change::Say(booking)) if self.moved(booking) => return Outcome::Moved,
            Some(Change::Say(booking)) => self.say(job, booking),
            Some(Change::Restore(restore)) => self.restore(job, restore),
        };
        if let Some(task) = &job.task {
            self.state.task_done(task, &booked);
        }
        if booked.verdict != Verdict::Unbooked {
            self.state.replayed(&job.call.replays);
        }
        let task = job.task.as_deref();
        self.calls.push(CallRow { call: &job.call, booked: booked.clone(), task });
        Outcome::Booked(booked)
    }

    /// Whether the visitor has this transaction on another hit: since the call was resolved, some
    /// other call made it.
    fn moved(&self, booking: &Booking) -> bool {
        let (Some(sought), Some(tx)) = (&booking.sought, booking.said.tx.as_deref()) else {
            return false;
        };
        let fits = |held: &&Held| sought.page.is_none() || held.page == sought.page;
        let event = booking.said.event;
        let same = self.state.of_visitor(booking.vid, event, tx);
        let hits = same.filter(fits).map(|held| held.hit);
        let hits: Vec<_> =
            hits.filter(|hit| !sought.passed_over.contains(&(*hit, event))).collect();
        !hits.is_empty() && !hits.contains(&booking.hit)
    }

    fn say(&mut self, job: &'j Job, booking: &Booking) -> Booked {
        let held = self.state.of_hit(booking.hit, booking.said.event);
        let known: Vec<_> = held.iter().map(|held| held.known()).collect();
        let decision = apply::apply(&known, &booking.said, &booking.policy);
        let held: Vec<Held> = held.into_iter().cloned().collect();
        let booked = self.carry_out(job, booking, &held, &decision);
        Booked { flags: all_flags(job, &decision), ..booked }
    }

    fn carry_out(
        &mut self,
        job: &'j Job,
        booking: &Booking,
        held: &[Held],
        decision: &Decision,
    ) -> Booked {
        if let apply::Outcome::Unbooked(reason) = decision.outcome {
            return unbooked(job, reason.as_str());
        }
        let about = decision.about.and_then(|of| of_held(of, held));
        let Some(change) = &decision.change else {
            let standing = about.map(|held| held.standing).unwrap_or_default();
            return unchanged(job, about.map(|held| held.id), standing);
        };
        let step = match of_held(change.of, held) {
            Some(held) => enter::again(booking, held, change),
            None => {
                let id = EntityId::new(self.clock.now_ms(), self.clock.random());
                enter::first(booking, held, change, id)
            }
        };
        self.enter(job, step, booking.telling.as_deref())
    }

    /// Owes deliveries for the entry that is being made, or notes why not.
    fn owe(&mut self, telling: &Telling, step: &mut Step) {
        let entered = Entered {
            seq: self.last,
            entry: &step.entry,
            notify: step.notify,
            now_ms: self.clock.now_ms(),
        };
        let conversion = entered.entry.conversion;
        for wish in &telling.wishes {
            let knows = self.state.knows(conversion, &wish.destination);
            match owe::decide(wish, &entered, knows) {
                Ok(owed) => {
                    self.state.told(conversion, &wish.destination, owe::knows(&owed));
                    let id = EntityId::new(entered.now_ms, self.clock.random());
                    self.owed.push(owe::delivery(wish, &telling.draft, &entered, &owed, id));
                }
                Err(reason) => {
                    let (entry, destination) = (entered.seq, wish.destination.clone());
                    self.withheld.push(Withheld { entry, destination, reason });
                }
            }
        }
        let of_source = telling.wishes.iter().filter(|wish| !wish.owner);
        let known = of_source.map(|wish| self.state.knows(conversion, &wish.destination));
        step.entry.told = told(step.entry.told_before, known);
    }

    fn restore(&mut self, job: &'j Job, restore: &Restore) -> Booked {
        match self.state.by_id(restore.hit, restore.conversion) {
            None => unbooked(job, "unknown_conversion"),
            Some(held) if held.last_seq != restore.last_seq => {
                Booked { conversion: Some(held.id), ..unbooked(job, "changed_since") }
            }
            Some(held) => {
                let others = self.state.of_hit(held.hit, held.event);
                let mut others = others.into_iter().filter(|other| other.id != held.id);
                // Somebody else may have taken the slot since.
                let existed = restore.to.status.is_some();
                let free = existed && others.all(|other| other.tx != restore.tx);
                let tx = if free { restore.tx.clone() } else { held.tx.clone() };
                let step = enter::restored(held, restore.to, tx, job.call.at_ms);
                self.enter(job, step, None)
            }
        }
    }

    /// Makes the entry, what is owed for it to those who may have to be told, and the state it leads to.
    fn enter(&mut self, job: &'j Job, mut step: Step, telling: Option<&Telling>) -> Booked {
        self.last += 1;
        if let Some(telling) = telling {
            self.owe(telling, &mut step);
        }
        let held = step.held(self.last, job.call.at_ms);
        let entry = held.last.clone();
        self.committed.push(Committed {
            seq: self.last,
            kind: held.kind,
            page: held.page,
            node: held.node,
            entry: entry.clone(),
        });
        self.entries.push(EntryRow {
            seq: self.last,
            entry: entry.clone(),
            call: job.call.id.clone(),
            booked_at_ms: self.clock.now_ms(),
            via: job.call.via.as_str(),
            actor: job.call.remote.clone(),
            operation: job.call.operation.clone(),
            original: step.original,
            notify: step.notify,
        });
        self.state.learn(held.clone());
        self.conversions.retain(|row| row.held.id != held.id);
        self.conversions.push(ConversionRow { held });
        let verdict = match (entry.before.status, entry.after.status) {
            (None, _) => Verdict::Created,
            (_, Some(Status::Rejected) | None) => Verdict::Deleted,
            _ => Verdict::Updated,
        };
        let (before, after) = (entry.before, entry.after);
        let conversion = Some(entry.conversion);
        Booked { verdict, seq: Some(self.last), before, ..unchanged(job, conversion, after) }
    }
}

fn of_held(of: Of, held: &[Held]) -> Option<&Held> {
    match of {
        Of::New => None,
        Of::Existing(index) => held.get(index),
    }
}

fn unchanged(job: &Job, conversion: Option<EntityId>, standing: Standing) -> Booked {
    Booked {
        verdict: Verdict::Unchanged,
        reason: String::new(),
        call: job.call.id.clone(),
        conversion,
        seq: None,
        before: standing,
        after: standing,
        flags: job.call.flags.clone(),
    }
}

fn unbooked(job: &Job, reason: &str) -> Booked {
    let (verdict, reason) = (Verdict::Unbooked, reason.to_owned());
    Booked { verdict, reason, ..unchanged(job, None, Standing::default()) }
}

/// The flags that preparing set, then those of deciding, each once.
fn all_flags(job: &Job, decision: &Decision) -> Vec<&'static str> {
    let mut flags = job.call.flags.clone();
    for flag in decision.flags.iter().map(|flag| flag.as_str()) {
        if !flags.contains(&flag) {
            flags.push(flag);
        }
    }
    flags
}
