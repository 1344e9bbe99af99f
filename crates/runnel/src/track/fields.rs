//! Query parameters → tracking fields and the rest, which goes to the session's buffer.
//! Promise: a field is filled by its key or by the source's name for it; the first non-empty value
//! wins; nothing of ours (`vid`, `hit`, `n`, `c`, …) is buffered (product.md §3.1).

use crate::params::Params;
use compact_str::CompactString;
use rules::assets::{Field, TrafficSource};
use rules::record::Parameter;

/// Parameters that steer Runnel itself.
const OURS: [&str; 8] = ["vid", "hit", "n", "c", "f", "p", "ts", "flux_fn"];

/// An entrance's parameters, sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sorted {
    /// Tracking fields that have a value.
    pub fields: Vec<(Field, CompactString)>,
    /// Everything else, in order.
    pub buffer: Vec<Parameter>,
}

/// Sorts `params` by what `source` calls its fields.
pub fn sort(params: &Params, source: &TrafficSource) -> Sorted {
    let mut sorted = Sorted::default();
    for (name, value) in &params.0 {
        let value = value.trim();
        match field_of(name, source) {
            Some(field)
                if !value.is_empty()
                    && sorted.fields.iter().all(|(earlier, _)| *earlier != field) =>
            {
                sorted.fields.push((field, value.into()));
            }
            None if !OURS.contains(&name.as_str()) => {
                sorted.buffer.push((name.clone(), value.into()))
            }
            _ => {}
        }
    }
    sorted
}

/// Parameters that go to the buffer from an action or a view.
pub fn rest(params: &Params) -> Vec<Parameter> {
    let foreign = params.0.iter().filter(|(name, _)| !OURS.contains(&name.as_str()));
    foreign.map(|(name, value)| (name.clone(), value.trim().into())).collect()
}

fn field_of(name: &str, source: &TrafficSource) -> Option<Field> {
    let named = source.fields.iter().find(|(_, field)| field.name == name);
    named.map(|(field, _)| *field).or_else(|| name.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::assets::FieldName;

    #[test]
    fn by_key_or_by_the_sources_name_the_first_value_wins() {
        let mut source = TrafficSource::default();
        let zone = FieldName { name: "zone".into(), placeholder: String::new() };
        source.fields.insert("c1".parse().unwrap(), zone);
        let params = Params::read(b"zone=7&c1=8&campaign=&campaign=x&email=a%40b&vid=1&c=0.5");
        let sorted = sort(&params, &source);
        let expected = vec![("c1".parse().unwrap(), "7".into()), (Field::CAMPAIGN, "x".into())];
        assert_eq!(sorted.fields, expected);
        assert_eq!(sorted.buffer, vec![("email".into(), "a@b".into())]);
    }
}
