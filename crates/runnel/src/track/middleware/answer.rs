//! A service's body → what counts of it: `{"route": "key", "data": {…}, "tags": […]}`.
//! Promise: every part may be missing; what has another form, or is beyond a bound, is no answer.

use crate::snapshot::Snapshot;
use metrics::counter;
use rules::ids::EntityId;
use rules::record::{Parameter, ServiceAnswer};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Most parameters for the buffer.
const MOST_DATA: usize = 50;
/// Longest name of one, in bytes.
const LONGEST_NAME: usize = 100;
/// Longest value, in bytes.
const LONGEST_VALUE: usize = 2 * 1024;
/// Most tags.
const MOST_TAGS: usize = 50;

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    route: Option<String>,
    #[serde(default)]
    data: Map<String, Value>,
    /// Tags by ID or name.
    #[serde(default)]
    tags: Vec<String>,
}

/// Reads an answer.
pub(super) fn read(body: &[u8], snapshot: &Snapshot) -> Option<ServiceAnswer> {
    // Through an object: a list would be read as the parts in their order.
    let wire: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let wire = Wire::deserialize(Value::Object(wire)).ok()?;
    if wire.data.len() > MOST_DATA || wire.tags.len() > MOST_TAGS {
        return None;
    }
    let data = wire.data.into_iter().map(|(name, value)| parameter(name, value));
    let data = data.collect::<Option<Vec<_>>>()?;
    let mut tags = Vec::new();
    for named in &wire.tags {
        match tag(snapshot, named) {
            Some(tag) if !tags.contains(&tag) => tags.push(tag),
            Some(_) => {}
            None => counter!("runnel_middleware_unknown_tags_total").increment(1),
        }
    }
    Some(ServiceAnswer { route: wire.route, data, tags })
}

fn parameter(name: String, value: Value) -> Option<Parameter> {
    let value = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Null => String::new(),
        Value::Array(_) | Value::Object(_) => return None,
    };
    let fits = (1..=LONGEST_NAME).contains(&name.len()) && value.len() <= LONGEST_VALUE;
    fits.then(|| (name.into(), value.into()))
}

fn tag(snapshot: &Snapshot, named: &str) -> Option<EntityId> {
    let by_id = named.parse().ok().filter(|id| snapshot.holds(&snapshot.tags, *id));
    let by_name = || {
        let mut tags = snapshot.tags.values().filter(|held| !snapshot.deleted.contains(&held.id));
        tags.find(|held| held.asset.name == named).map(|held| held.id)
    };
    by_id.or_else(by_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Option<ServiceAnswer> {
        read(body.as_bytes(), &Snapshot::default())
    }

    #[test]
    fn every_part_may_be_missing_and_unknown_tags_are_passed_over() {
        assert_eq!(answer("{}"), Some(ServiceAnswer::default()));
        let body = r#"{"route": "a", "data": {"n": 1.5, "t": "x", "b": true, "0": null},
            "tags": ["nobody"], "more": {}}"#;
        let data = [("n", "1.5"), ("t", "x"), ("b", "true"), ("0", "")];
        let data = data.map(|(name, value)| (name.into(), value.into())).to_vec();
        let expected = ServiceAnswer { route: Some("a".into()), data, tags: vec![] };
        assert_eq!(answer(body), Some(expected));
    }

    #[test]
    fn what_has_another_form_is_no_answer() {
        let many: Vec<String> = (0..51).map(|n| format!(r#""n{n}": 1"#)).collect();
        let many = format!(r#"{{"data": {{{}}}}}"#, many.join(","));
        let long = format!(r#"{{"data": {{"a": "{}"}}}}"#, "x".repeat(2049));
        for body in [
            "",
            "[]",
            "\"a\"",
            r#"{"route": 1}"#,
            r#"{"data": {"a": []}}"#,
            r#"{"data": {"": 1}}"#,
            &many,
            &long,
        ] {
            assert_eq!(answer(body), None, "{body}");
        }
    }
}
