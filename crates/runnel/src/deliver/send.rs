//! One batch: token → render → call → read → a verdict for each delivery.
//! Promise: every delivery of the batch gets exactly one verdict, and every call is logged.

use super::adapter::{Adapter, Answered, Context, Grant, Prepared};
use super::destination::Target;
use super::redact::Redact;
use super::renewals::Renewals;
use super::verdict::{self, Verdict};
use crate::clock::Clock;
use crate::outbound::{Call, Outbound};
use crate::store::deliveries::Called;
use http::{HeaderValue, StatusCode, header};
use rules::told::Told;
use std::borrow::Cow;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Most bytes of an answer that an adapter gets to read.
const MOST_ANSWER_BYTES: usize = 64 * 1024;
/// A token is not used in its last moments.
const TOKEN_MARGIN_MS: u64 = 60_000;
/// Who calls.
const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("Runnel/", env!("CARGO_PKG_VERSION")));

/// What sending needs beside the destination.
pub(super) struct Sender<'s> {
    pub clock: &'s Clock,
    pub outbound: &'s Outbound,
    pub key: &'s str,
    pub target: &'s Target,
    /// The access token in use.
    pub grant: &'s Mutex<Option<Grant>>,
    /// Takes the refresh tokens that replace earlier ones.
    pub renewals: &'s Renewals,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The verdict on each delivery, with the call that led to it, if one was made.
    pub verdicts: Vec<(Verdict, String)>,
    /// The calls.
    pub calls: Vec<Called>,
    /// Whether the destination is to be spared: it did not answer, or is not well.
    pub unwell: bool,
    /// How long it wants to be left alone.
    pub hold: Option<Duration>,
}

/// Sends `told`, which is a batch for the destination.
pub(super) async fn send(sender: &Sender<'_>, told: &[Told]) -> Sent {
    let mut sent = Sent { verdicts: vec![unsettled(); told.len()], ..Sent::default() };
    let mut parts = vec![(0..told.len()).collect::<Vec<_>>()];
    let mut renewed = false;
    while let Some(part) = parts.pop() {
        let left = sender.part(told, &part, &mut sent).await;
        parts.extend(left.halves);
        if left.unauthorized.is_empty() {
            continue;
        }
        if renewed {
            sent.settle(left.unauthorized, &again("the access token is refused"), "");
        } else {
            renewed = true;
            *sender.grant.lock().await = None;
            parts.push(left.unauthorized);
        }
    }
    sent
}

/// What is left to do after a part of a batch, by places. Whatever was answered is not among it.
#[derive(Default)]
struct Left {
    /// Go alone, the first one last.
    halves: Vec<Vec<usize>>,
    /// Wait for another token.
    unauthorized: Vec<usize>,
}

fn unsettled() -> (Verdict, String) {
    (again("it was in no call"), String::new())
}

fn again(reason: &str) -> Verdict {
    Verdict::Again { reason: reason.to_owned(), after: None }
}

impl Sent {
    /// So many deliveries whose destination is configured no more.
    pub(super) fn nobody(count: usize) -> Self {
        let reason = "the destination is not configured any more".to_owned();
        let verdicts = vec![(Verdict::Refused { reason }, String::new()); count];
        Self { verdicts, ..Self::default() }
    }

    fn settle(&mut self, places: impl IntoIterator<Item = usize>, verdict: &Verdict, call: &str) {
        for place in places {
            self.verdicts[place] = (verdict.clone(), call.to_owned());
        }
    }
}

impl Sender<'_> {
    /// Sends those of `told` that stand at `part`.
    async fn part(&self, told: &[Told], part: &[usize], sent: &mut Sent) -> Left {
        let mut left = Left::default();
        let token = match self.token(sent).await {
            Ok(token) => token,
            Err(verdict) => {
                sent.settle(part.iter().copied(), &verdict, "");
                return left;
            }
        };
        let with = Context { now_ms: self.clock.now_ms(), token: token.as_deref() };
        // A part of a batch is rare: only what was refused whole, or with an old token.
        let some: Cow<'_, [Told]> = match part.len() == told.len() {
            true => told.into(),
            false => part.iter().map(|place| told[*place].clone()).collect(),
        };
        let rendered = self.target.adapter.render(&some, &with);
        for (place, verdict) in rendered.settled {
            sent.settle([part[place]], &verdict, "");
        }
        for call in rendered.calls {
            let places: Vec<_> = call.of.iter().map(|place| part[*place]).collect();
            if !left.unauthorized.is_empty() {
                left.unauthorized.extend(places);
                continue;
            }
            let read = |answered: &Answered| self.target.adapter.read(&call, answered);
            let (verdicts, id) = self.call(&call, token.as_deref(), read, sent).await;
            match verdicts.as_slice() {
                [Verdict::TokenExpired, ..] => left.unauthorized.extend(places),
                [Verdict::Split, ..] => match halves_of(places) {
                    Ok(both) => left.halves.extend(both),
                    Err(one) => sent.settle(one, &again("refused for a reason not given"), &id),
                },
                [one] => sent.settle(places, one, &id),
                many => {
                    let pairs = places.into_iter().zip(many);
                    pairs.for_each(|(place, verdict)| sent.settle([place], verdict, &id));
                }
            }
        }
        left.unauthorized.sort_unstable();
        left
    }

    /// Makes a call; what its answer says, and its ID in the log.
    async fn call(
        &self,
        call: &Prepared,
        token: Option<&str>,
        read: impl Fn(&Answered) -> Vec<Verdict>,
        sent: &mut Sent,
    ) -> (Vec<Verdict>, String) {
        let redact = redact(self.target.adapter.as_ref(), token);
        let (answered, mut called) = self.exchange(call, &redact).await;
        called.id = self.clock.entity_id().to_string();
        let id = called.id.clone();
        sent.calls.push(called);
        match answered {
            Ok(answered) => {
                let unwell = answered.status.is_server_error()
                    || answered.status == StatusCode::TOO_MANY_REQUESTS;
                sent.unwell |= unwell;
                let wish = wish(&answered, self.clock.now_ms());
                if unwell {
                    sent.hold = sent.hold.max(wish);
                }
                let verdicts = read(&answered).into_iter();
                let verdicts = verdicts.map(|verdict| redact.verdict(delayed(verdict, wish)));
                (verdicts.collect(), id)
            }
            Err(reason) => {
                sent.unwell = true;
                (vec![Verdict::Again { reason, after: None }], id)
            }
        }
    }

    async fn exchange(
        &self,
        call: &Prepared,
        redact: &Redact,
    ) -> (Result<Answered, String>, Called) {
        let mut headers = call.headers.clone();
        headers.entry(header::USER_AGENT).or_insert(USER_AGENT);
        let mut called = Called {
            destination: self.key.to_owned(),
            at_ms: self.clock.now_ms(),
            method: call.method.to_string(),
            url: redact.url(call),
            headers: redact.headers(&headers),
            body: redact.body(&call.body),
            ..Called::default()
        };
        let began = Instant::now();
        let answered = self.outbound.call(Call {
            method: call.method.clone(),
            url: call.url.clone(),
            headers,
            body: call.body.clone(),
            timeout: Duration::from_millis(self.target.limits.timeout_ms.into()),
            answer_bytes_max: MOST_ANSWER_BYTES,
        });
        let answered = answered.await;
        called.took_ms = began.elapsed().as_millis() as u64;
        match answered {
            Ok(answer) => {
                called.status = answer.status.as_u16();
                called.answer = redact.answer(&answer.body);
                let (status, headers, body, cut) =
                    (answer.status, answer.headers, answer.body, answer.cut);
                (Ok(Answered { status, headers, body, cut }), called)
            }
            Err(failed) => {
                called.error = redact.text(&failed.to_string());
                (Err(called.error.clone()), called)
            }
        }
    }

    /// The access token, if the destination wants one.
    async fn token(&self, sent: &mut Sent) -> Result<Option<String>, Verdict> {
        let now_ms = self.clock.now_ms();
        let Some(ask) = self.target.adapter.grant(now_ms) else { return Ok(None) };
        // Held while it is asked for: one asks, the others wait for the answer.
        let mut held = self.grant.lock().await;
        if let Some(grant) = held.as_ref().filter(|g| now_ms + TOKEN_MARGIN_MS < g.until_ms) {
            return Ok(Some(grant.token.clone()));
        }
        let redact = redact(self.target.adapter.as_ref(), None);
        // The answer is the secret itself: this call is in no log.
        let (answered, _) = self.exchange(&ask, &redact).await;
        let answered = answered.map_err(|reason| {
            sent.unwell = true;
            again(&format!("no access token: {reason}"))
        })?;
        sent.unwell |= answered.status.is_server_error();
        let granted = self.target.adapter.granted(&answered, now_ms);
        let mut grant = granted.map_err(|verdict| redact.verdict(verdict))?;
        if let Some(renewed) = grant.renewed.take() {
            self.renewals.note(self.key, renewed);
        }
        let token = grant.token.clone();
        *held = Some(grant);
        Ok(Some(token))
    }
}

fn redact(adapter: &dyn Adapter, token: Option<&str>) -> Redact {
    Redact::new(adapter.secrets().into_iter().chain(token.map(str::to_owned)).collect())
}

/// When the destination wants to hear of it, by its `Retry-After`.
fn wish(answered: &Answered, now_ms: u64) -> Option<Duration> {
    let headers = &answered.headers;
    verdict::retry_after(headers).or_else(|| verdict::retry_at(headers, now_ms))
}

/// The verdict with the header's wish, where the adapter read none.
fn delayed(verdict: Verdict, wish: Option<Duration>) -> Verdict {
    match verdict {
        Verdict::Again { reason, after } => Verdict::Again { reason, after: after.or(wish) },
        other => other,
    }
}

/// Two halves, the first one last; what cannot be halved comes back. Other calls of the batch may carry
/// places between these.
fn halves_of(mut places: Vec<usize>) -> Result<[Vec<usize>; 2], Vec<usize>> {
    if places.len() < 2 {
        return Err(places);
    }
    let rest = places.split_off(places.len() / 2);
    Ok([rest, places])
}

/// Tries the settings of a destination with a made-up conversion: what was called and answered.
pub(super) async fn check(sender: &Sender<'_>, told: &Told) -> (Option<Called>, Verdict) {
    let mut sent = Sent::default();
    let token = match sender.token(&mut sent).await {
        Ok(token) => token,
        Err(verdict) => return (None, verdict),
    };
    let with = Context { now_ms: sender.clock.now_ms(), token: token.as_deref() };
    let Some(call) = sender.target.adapter.check(told, &with) else {
        return (None, Verdict::Refused { reason: "it cannot be tried".into() });
    };
    let read = |answered: &Answered| vec![sender.target.adapter.checked(&call, answered)];
    let (mut verdicts, _) = sender.call(&call, token.as_deref(), read, &mut sent).await;
    (sent.calls.pop(), verdicts.pop().unwrap_or_else(|| again("no verdict")))
}
