//! What an expression asks about the visitor: `data.clickid`, `tags["ID"]`, `seen_nodes["ID"]`, …
//! Promise: a question that has no reply yet ends the run with the question as its error; nothing an
//! expression can write catches that.

use super::Told;
use crate::ids::EntityId;
use crate::record::{Question, Reply};
use rhai::{Dynamic, Engine, EvalAltResult, Position};

/// What a name followed by a key asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The session's buffer.
    Data,
    /// The visitor's tags.
    Tags,
    /// Nodes seen in the session.
    SeenNodes,
    /// Pages seen in the session.
    SeenPages,
    /// Offers converted.
    Converted,
}

/// A variable that is asked by key.
#[derive(Clone)]
pub(super) struct Asker {
    about: About,
    told: Told,
}

/// The error that stands for a question.
#[derive(Clone)]
struct Wanted(Question);

type Answered = Result<Dynamic, Box<EvalAltResult>>;

impl Asker {
    pub(super) fn new(about: About, told: Told) -> Self {
        Self { about, told }
    }

    fn get(&mut self, key: &str) -> Answered {
        let question = question(self.about, key)?;
        match self.told.iter().find(|(asked, _)| *asked == question) {
            Some((_, reply)) => Ok(value(reply)),
            None => Err(failure(Dynamic::from(Wanted(question)))),
        }
    }
}

/// Teaches `engine` to read askers.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Asker>("visitor");
    engine.register_indexer_get(|asker: &mut Asker, key: &str| asker.get(key));
}

/// The question that ended a run.
pub(super) fn question_in(error: &EvalAltResult) -> Option<Question> {
    match error {
        EvalAltResult::ErrorRuntime(value, _) => {
            value.clone().try_cast::<Wanted>().map(|wanted| wanted.0)
        }
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => question_in(inner),
        _ => None,
    }
}

fn question(about: About, key: &str) -> Result<Question, Box<EvalAltResult>> {
    if about == About::Data {
        return Ok(Question::Data(key.to_owned()));
    }
    let id: EntityId =
        key.parse().map_err(|_| failure(Dynamic::from(format!("“{key}” is no ID"))))?;
    Ok(match about {
        About::Data => Question::Data(key.to_owned()),
        About::Tags => Question::HasTag(id),
        About::SeenNodes => Question::SeenNode(id),
        About::SeenPages => Question::SeenPage(id),
        About::Converted => Question::Converted(id),
    })
}

fn value(reply: &Reply) -> Dynamic {
    match reply {
        Reply::Is(yes) => Dynamic::from(*yes),
        Reply::Text(Some(text)) => Dynamic::from(text.clone()),
        // What is not known is an empty text, as in facts.
        _ => Dynamic::from(String::new()),
    }
}

fn failure(value: Dynamic) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(value, Position::NONE))
}
