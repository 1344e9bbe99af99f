//! Runs an expression for a visitor of whom nothing is known, so that what can never work is found
//! when the funnel is saved.

use super::{Flawed, Program};
use crate::facts::Facts;
use crate::funnel::decide::{Inputs, Request, Walk};
use crate::funnel::{Plan, Ready};
use crate::ids::EntityId;
use crate::record::{Question, Reply};
use std::sync::LazyLock;

/// A plan without nodes: expressions never look at it.
pub(super) static NOWHERE: LazyLock<Ready> = LazyLock::new(|| {
    Ready::new(Plan {
        funnel: EntityId::new(0, 0),
        name: String::new(),
        nodes: Vec::new(),
        connections: Vec::new(),
        pages: Default::default(),
        parameters: Default::default(),
    })
});

struct Nobody;

impl Inputs for Nobody {
    fn ask(&mut self, question: &Question) -> Reply {
        match question {
            Question::Data(_) | Question::Url | Question::Referrer => Reply::Text(None),
            _ => Reply::Is(false),
        }
    }
}

impl Program {
    /// What is wrong with the expression whoever comes, as far as one run shows it.
    pub(in crate::funnel) fn rehearse(&self) -> Result<(), Flawed> {
        let facts = Facts::default();
        let source = EntityId::new(0, 0);
        let request = Request { facts: &facts, source, fields: &[], domain: "" };
        let mut nobody = Nobody;
        let mut walk = Walk::new(&NOWHERE, &request, &mut nobody, 0, 0);
        match self.run(&mut walk) {
            Err(stopped) if stopped.whoever_comes() => Err(stopped.flawed()),
            _ => Ok(()),
        }
    }
}
