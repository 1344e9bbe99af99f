//! Kept calls once more: corrected by people, or read by rules that were corrected since.
//! Promise: a repeated call counts as of its first arrival, under the rules for its way; the log
//! keeps both.

use super::browser::named;
use super::parse::{Parameters, Raw};
use super::{Desk, Incoming};
use crate::store::ledger::{Call, LoggedCall, Verdict, Way};
use rules::apply::Via;
use rules::ids::EntityId;

/// Under whose authority, and as part of which operation, calls are repeated.
#[derive(Clone, Copy)]
pub struct Again<'a> {
    /// Parameters that replace the call's.
    pub corrections: &'a [(String, String)],
    /// The bulk operation.
    pub operation: EntityId,
    /// Who stands for the calls, if the owner's people do: then they correct what was booked, and
    /// the source's rules for repeats do not apply. Amounts are believed no more than before.
    pub owner: Option<&'a str>,
    /// Whether the calls are for the hits that they were booked for, whatever the visitors did
    /// since.
    pub to_same_hit: bool,
}

impl Desk {
    /// The call that repeats `logged`.
    pub fn again(&self, logged: &LoggedCall, again: &Again<'_>) -> Incoming {
        let via = via(&logged.spoken_via);
        let raw = Raw {
            query: logged.query.clone(),
            body: logged.body.clone(),
            content_type: logged.content_type.clone(),
        };
        // It was within the limits when it came.
        let parameters = Parameters::read(&raw, &UNLIMITED).unwrap_or_default();
        let parameters = parameters.without(&["test"]).corrected(again.corrections.to_vec());
        let parameters = addressed(parameters, logged, again.to_same_hit);
        let call = Call {
            id: super::call_id(&self.clock),
            at_ms: self.clock.now_ms(),
            via: Way::Call(if again.owner.is_some() { Via::Api } else { via }),
            method: logged.method.clone(),
            remote: again.owner.unwrap_or(&logged.remote).to_owned(),
            query: raw.query,
            body: raw.body,
            content_type: raw.content_type,
            note: note(again.corrections),
            operation: again.operation.to_string(),
            replays: first(logged).to_owned(),
            ..Call::default()
        };
        Incoming {
            call,
            parameters,
            via: if again.owner.is_some() { Via::Api } else { via },
            spoken_by: via,
            address: logged.remote.parse().ok(),
            arrived_ms: logged.at_ms,
            notify: None,
            task: None,
            cursor: None,
        }
    }
}

/// The hit or visitor that a repeated call is for.
fn addressed(parameters: Parameters, logged: &LoggedCall, to_same_hit: bool) -> Parameters {
    let hit = |parameters: Parameters| {
        let parameters = parameters.without(&["vid", "p"]);
        parameters.corrected(vec![("hit".into(), logged.hit.clone())])
    };
    if to_same_hit {
        return hit(parameters);
    }
    if via(&logged.spoken_via) != Via::JavaScript {
        return parameters;
    }
    // What the log keeps of a page's call is its raw text; whom the tag's memory or the cookie
    // named besides stands in the log's columns.
    let parameters = named(parameters);
    let names = parameters.names_hit() || parameters.first(&["vid"]).is_some();
    match (names, logged.hit.is_empty()) {
        (true, _) => parameters,
        (false, false) => hit(parameters),
        (false, true) => parameters.corrected(vec![("vid".into(), logged.vid.clone())]),
    }
}

const UNLIMITED: super::parse::Limits = super::parse::Limits {
    url_bytes: usize::MAX,
    header_bytes: usize::MAX,
    body_bytes: usize::MAX,
    parameters: usize::MAX,
    value_bytes: usize::MAX,
};

fn via(word: &str) -> Via {
    let all = [Via::Postback, Via::JavaScript, Via::Action, Via::Api, Via::Upload];
    all.into_iter().find(|via| via.as_str() == word).unwrap_or(Via::Postback)
}

/// What repeats a repetition that stayed unbooked repeats the call that came in, so that this is
/// booked only once.
fn first(logged: &LoggedCall) -> &str {
    let unbooked = logged.verdict == Verdict::Unbooked.as_str();
    if unbooked && !logged.replays.is_empty() { &logged.replays } else { &logged.id }
}

fn note(corrections: &[(String, String)]) -> String {
    if corrections.is_empty() {
        return String::new();
    }
    let pairs: Vec<_> = corrections.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("corrected {}", pairs.join(" "))
}
