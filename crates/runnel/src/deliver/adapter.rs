//! The language of a destination: what it is to be told → calls, and its answers → verdicts.
//! Promise: an adapter does no I/O and keeps no state; it is made of its settings, so the worker may
//! ask a new one at any time.

use super::verdict::{self, Verdict};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use rules::told::Told;
use url::Url;

/// Speaks one destination's language.
pub trait Adapter: Send + Sync {
    /// Most deliveries that one call carries.
    fn batch_max(&self) -> usize {
        1
    }

    /// Values that are blanked wherever a call or an answer is logged or shown.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// The call that yields an access token, for destinations that want one before any other call.
    fn grant(&self, _now_ms: u64) -> Option<Prepared> {
        None
    }

    /// Reads the answer to [`Self::grant`].
    /// # Errors
    /// There is no token; the verdict holds for everything that waits for it.
    fn granted(&self, answer: &Answered, _now_ms: u64) -> Result<Grant, Verdict> {
        Err(verdict::of_status(answer))
    }

    /// Writes `told` (at most [`Self::batch_max`], in ledger order) as calls. Whatever is in no call
    /// is settled at once: too late, or nothing to send.
    fn render(&self, told: &[Told], with: &Context<'_>) -> Rendered;

    /// Reads the answer to `sent`: a verdict for each of [`Prepared::of`], in its order. One alone
    /// stands for all; [`Verdict::Split`] asks for halves.
    fn read(&self, _sent: &Prepared, answer: &Answered) -> Vec<Verdict> {
        vec![verdict::of_status(answer)]
    }

    /// A call that tries the settings and changes as little as possible at the destination; none where
    /// there is no such call. `told` is a made-up conversion.
    fn check(&self, told: &Told, with: &Context<'_>) -> Option<Prepared> {
        self.render(std::slice::from_ref(told), with).calls.into_iter().next()
    }

    /// Reads the answer to [`Self::check`].
    fn checked(&self, sent: &Prepared, answer: &Answered) -> Verdict {
        self.read(sent, answer).into_iter().next().unwrap_or(Verdict::Delivered)
    }
}

/// What an adapter may know beside its settings.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Now, Unix milliseconds.
    pub now_ms: u64,
    /// The access token, where [`Adapter::grant`] asks for one.
    pub token: Option<&'a str>,
}

/// What became of a batch when it was written down.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The calls to make, in order.
    pub calls: Vec<Prepared>,
    /// What needs no call: places in the batch, with their verdicts.
    pub settled: Vec<(usize, Verdict)>,
}

/// A call to be made.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers beside those that HTTP itself needs.
    pub headers: HeaderMap,
    /// Body; empty for none.
    pub body: Bytes,
    /// The places in the batch that it carries, in order.
    pub of: Vec<usize>,
}

impl Prepared {
    /// A call without headers and body, for the first of the batch.
    pub fn get(url: Url) -> Self {
        let (method, headers, body) = (Method::GET, HeaderMap::new(), Bytes::new());
        Self { method, url, headers, body, of: vec![0] }
    }
}

/// What a destination answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, or its begin.
    pub body: Bytes,
    /// Whether the body was longer than was read.
    pub cut: bool,
}

/// An access token.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token.
    pub token: String,
    /// When it ends, Unix milliseconds.
    pub until_ms: u64,
    /// What the next one is to be asked for with, where the provider replaced it.
    pub renewed: Option<Renewed>,
}

/// A refresh token in the place of another.
#[derive(Clone, PartialEq, Eq)]
pub struct Renewed {
    /// The token that was asked with.
    pub before: String,
    /// The token from now on.
    pub after: String,
}
