//! Answers what routing asks beside the facts: session, address, caps, what services said.
//! Promise: reads one session under its lock; nothing here waits.

use super::asked::Asked;
use super::middleware::Heard;
use crate::caps::Caps;
use rules::funnel::{Inputs, Ready};
use rules::ids::EntityId;
use rules::record::{NoAnswer, Parameter, Question, Reply, latest};
use rules::session::Session;

/// What routing may ask about one request.
pub struct Known<'a> {
    /// The visitor's session as it counts now.
    pub session: &'a Session,
    /// Parameters of this request that the session does not hold yet.
    pub arriving: &'a [Parameter],
    /// Whether the visitor's ID was issued just now.
    pub new_visitor: bool,
    /// The page that the visitor's browser shows, as it says.
    pub shown: Option<EntityId>,
    /// The request, for its URL and referrer.
    pub asked: &'a Asked,
    /// The plan, which names its caps.
    pub plan: &'a Ready,
    /// The counters.
    pub caps: &'a Caps,
    /// Now, Unix milliseconds.
    pub at_ms: u64,
    /// What services have answered.
    pub heard: &'a Heard,
    /// The first service that was asked for and has not been heard.
    pub unheard: Option<EntityId>,
}

impl Inputs for Known<'_> {
    fn ask(&mut self, question: &Question) -> Reply {
        let session = self.session;
        match question {
            Question::SeenNode(node) => Reply::Is(session.seen_nodes.contains(node)),
            Question::SeenPage(page) => Reply::Is(session.seen_pages.contains(page)),
            Question::Converted(offer) => Reply::Is(session.converted.contains(offer)),
            Question::HasTag(tag) => Reply::Is(session.tags.contains(tag)),
            Question::Sticky(node) => Reply::Connection(session.sticky_way(*node)),
            Question::Cap(name) => Reply::Count(self.filled(name)),
            Question::NewVisitor => Reply::Is(self.new_visitor),
            Question::Data(name) => Reply::Text(self.parameter(name)),
            Question::Shown(_) => Reply::Page(self.shown),
            Question::Url => Reply::Text(Some(self.asked.url())),
            Question::Referrer => Reply::Text(Some(self.asked.referrer().to_owned())),
            Question::Answer(node) => self.heard(*node),
        }
    }
}

impl Known<'_> {
    fn filled(&self, name: &str) -> u64 {
        let cap = self.plan.caps().iter().find(|planned| planned.name == name);
        cap.map_or(0, |planned| self.caps.filled(&planned.cap, self.at_ms))
    }

    /// A service that has not been heard ends this attempt: what is replied here does not count.
    fn heard(&mut self, node: EntityId) -> Reply {
        self.heard.of(node).cloned().unwrap_or_else(|| {
            self.unheard.get_or_insert(node);
            Reply::NoAnswer(NoAnswer::Busy)
        })
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let value = latest(self.arriving, name).or_else(|| self.session.parameter(name));
        value.map(str::to_owned)
    }
}
