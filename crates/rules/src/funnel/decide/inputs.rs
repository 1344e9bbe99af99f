//! What routing gets to know: the request, and replies to questions about everything outside it.
//! Promise: whatever was asked is kept, so that the same route can be decided again.

use crate::assets::Field;
use crate::facts::Facts;
use crate::ids::EntityId;
use crate::record::{Consulted, Question, Reply};
use compact_str::CompactString;

/// The request as routing sees it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its sender.
    pub facts: &'a Facts,
    /// The traffic source of the visit.
    pub source: EntityId,
    /// Tracking fields of the visit.
    pub fields: &'a [(Field, CompactString)],
    /// Host name of the tracking domain.
    pub domain: &'a str,
}

/// Answers what routing asks.
pub trait Inputs {
    /// The reply to `question`; a reply of another kind than asked for counts as *no*, *none* or 0.
    fn ask(&mut self, question: &Question) -> Reply;
}

/// Passes questions on and keeps every one with its reply; asks each only once.
pub struct Recording<'a> {
    inner: &'a mut dyn Inputs,
    consulted: Vec<Consulted>,
}

impl<'a> Recording<'a> {
    /// Records what `inner` is asked.
    pub fn new(inner: &'a mut dyn Inputs) -> Self {
        Self { inner, consulted: Vec::new() }
    }

    /// Every question with its reply, in order, for [`Record::consulted`](crate::record::Record).
    pub fn into_consulted(self) -> Vec<Consulted> {
        self.consulted
    }
}

impl Inputs for Recording<'_> {
    fn ask(&mut self, question: &Question) -> Reply {
        if let Some(known) = self.consulted.iter().find(|known| known.question == *question) {
            return known.reply.clone();
        }
        let reply = self.inner.ask(question);
        self.consulted.push(Consulted { question: question.clone(), reply: reply.clone() });
        reply
    }
}

/// Answers from what was recorded.
pub struct Replay<'a> {
    consulted: &'a [Consulted],
    unanswered: Vec<Question>,
}

impl<'a> Replay<'a> {
    /// Answers from `consulted`.
    pub fn new(consulted: &'a [Consulted]) -> Self {
        Self { consulted, unanswered: Vec::new() }
    }

    /// Questions that were not recorded: empty whenever plan and record belong together.
    pub fn unanswered(&self) -> &[Question] {
        &self.unanswered
    }
}

impl Inputs for Replay<'_> {
    fn ask(&mut self, question: &Question) -> Reply {
        if let Some(known) = self.consulted.iter().find(|known| known.question == *question) {
            return known.reply.clone();
        }
        self.unanswered.push(question.clone());
        Reply::Text(None)
    }
}
