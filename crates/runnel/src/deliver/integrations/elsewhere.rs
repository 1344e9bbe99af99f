//! A platform that is called at another address, for tests: `https://HOST/path` becomes
//! `{at}/HOST/path`; everything else stays as it is.

use crate::deliver::{Adapter, Answered, Context, Grant, Prepared, Rendered, Told, Verdict};
use url::Url;

/// Speaks like the adapter within, at another address.
pub struct Elsewhere {
    within: Box<dyn Adapter>,
    at: Url,
}

impl Elsewhere {
    pub fn new(within: Box<dyn Adapter>, at: Url) -> Self {
        Self { within, at }
    }

    fn moved(&self, mut call: Prepared) -> Prepared {
        let mut to = self.at.clone();
        let host = call.url.host_str().unwrap_or_default();
        to.set_path(&format!("/{host}{}", call.url.path()));
        to.set_query(call.url.query());
        call.url = to;
        call
    }
}

impl Adapter for Elsewhere {
    fn batch_max(&self) -> usize {
        self.within.batch_max()
    }

    fn secrets(&self) -> Vec<String> {
        self.within.secrets()
    }

    fn grant(&self, now_ms: u64) -> Option<Prepared> {
        self.within.grant(now_ms).map(|call| self.moved(call))
    }

    fn granted(&self, answer: &Answered, now_ms: u64) -> Result<Grant, Verdict> {
        self.within.granted(answer, now_ms)
    }

    fn render(&self, told: &[Told], with: &Context<'_>) -> Rendered {
        let Rendered { calls, settled } = self.within.render(told, with);
        Rendered { calls: calls.into_iter().map(|call| self.moved(call)).collect(), settled }
    }

    fn read(&self, sent: &Prepared, answer: &Answered) -> Vec<Verdict> {
        self.within.read(sent, answer)
    }

    fn check(&self, told: &Told, with: &Context<'_>) -> Option<Prepared> {
        self.within.check(told, with).map(|call| self.moved(call))
    }

    fn checked(&self, sent: &Prepared, answer: &Answered) -> Verdict {
        self.within.checked(sent, answer)
    }
}
