//! Calls as the API shows them.
//! Promise: the value of a parameter that carries an offer source's secret is never shown.

use crate::admin::conversions::{at, given};
use crate::snapshot::Snapshot;
use crate::store::ledger::{LoggedCall, Verdict};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// A call that came in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::admin) struct CallView {
    /// Its ID.
    id: String,
    /// When it came, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The way it came: `postback`, `javascript`, `action`, `api`, `upload` or `undo`.
    via: String,
    /// HTTP method.
    method: String,
    /// The caller's address, or the user or key.
    remote: String,
    /// The query string as received; secrets are blanked.
    query: String,
    /// The body as received; secrets are blanked.
    body: String,
    /// The body's media type.
    content_type: String,
    /// The hit, as resolved or as given.
    hit: Option<String>,
    /// The visitor, as resolved or as given.
    vid: Option<String>,
    /// The transaction.
    tx: Option<String>,
    /// The event's ID, or its name if it is unknown.
    event: Option<String>,
    /// The hit's page.
    page: Option<String>,
    /// The offer source.
    offer_source: Option<String>,
    /// The status, where no list knows the word.
    status_word: Option<String>,
    /// What happened.
    verdict: Option<Verdict>,
    /// Why it stays unbooked.
    reason: Option<String>,
    /// A remark for people.
    note: Option<String>,
    /// Short remarks.
    flags: Vec<String>,
    /// The conversion.
    conversion: Option<String>,
    /// The ledger entry it made.
    entry: Option<i64>,
    /// The bulk operation it is part of.
    operation: Option<String>,
    /// The call that it repeats.
    replays: Option<String>,
    /// Whether a repetition of it was booked.
    replayed: bool,
}

/// Names of parameters that carry a secret.
pub(in crate::admin) struct Secrets {
    /// Those of today and those of earlier days, which old calls carry.
    ever: Vec<String>,
    /// Those that sources ask for today.
    asked: Vec<String>,
}

impl Secrets {
    /// The token parameters of all offer sources.
    pub(in crate::admin) fn of(snapshot: &Snapshot) -> Self {
        let ever = snapshot.token_parameters.iter().cloned().collect();
        Self { ever, asked: snapshot.asked_tokens() }
    }

    /// Whether no source ever asked for a token.
    pub(in crate::admin) fn is_empty(&self) -> bool {
        self.ever.is_empty()
    }

    /// Whether a source asks for its token in the parameter `name`.
    pub(in crate::admin) fn asked(&self, name: &str) -> bool {
        self.asked.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    fn ever(&self, name: &str) -> bool {
        self.ever.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// `text` (a query string, a form or JSON) with every secret's value blanked.
    fn blanked(&self, text: String) -> String {
        if self.ever.is_empty() || text.is_empty() {
            return text;
        }
        let secret = |name: &str| self.ever(name);
        if let Ok(serde_json::Value::Object(mut object)) = serde_json::from_str(&text) {
            object.iter_mut().filter(|(name, _)| secret(name)).for_each(|(_, v)| *v = json!("***"));
            return serde_json::Value::Object(object).to_string();
        }
        let pairs = text.split('&').map(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            let decoded = form_urlencoded::parse(name.as_bytes()).next();
            let is_secret = decoded.is_some_and(|(decoded, _)| secret(&decoded));
            if is_secret { format!("{name}=***") } else { pair.to_owned() }
        });
        pairs.collect::<Vec<_>>().join("&")
    }
}

impl CallView {
    /// What may be shown of `call`.
    pub(in crate::admin) fn of(call: LoggedCall, secrets: &Secrets) -> Self {
        Self {
            id: call.id,
            at: at(call.at_ms),
            via: call.via,
            method: call.method,
            remote: call.remote,
            query: secrets.blanked(call.query),
            body: secrets.blanked(call.body),
            content_type: call.content_type,
            hit: given(call.hit),
            vid: given(call.vid),
            tx: given(call.tx),
            event: given(call.event),
            page: given(call.page),
            offer_source: given(call.offer_source),
            status_word: given(call.status_word),
            verdict: Verdict::of(&call.verdict),
            reason: given(call.reason),
            note: given(call.note),
            flags: call.flags,
            conversion: given(call.conversion),
            entry: Some(call.seq).filter(|seq| *seq != 0),
            operation: given(call.operation),
            replays: given(call.replays),
            replayed: call.replayed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blanked_wherever_they_stand() {
        let secrets = Secrets { ever: vec!["key".into()], asked: vec![] };
        for (text, shown) in [
            ("hit=a&key=s3cret&rev=1", "hit=a&key=***&rev=1"),
            ("KEY=s3cret", "KEY=***"),
            ("%6Bey=s3cret", "%6Bey=***"),
            (r#"{"hit":"a","key":"s3cret"}"#, r#"{"hit":"a","key":"***"}"#),
            ("keys=public", "keys=public"),
        ] {
            assert_eq!(secrets.blanked(text.into()), shown);
        }
    }
}
