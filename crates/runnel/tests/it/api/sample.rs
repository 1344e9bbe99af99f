//! Schema → a JSON value that fits it, and all values that differ from it in one place.

use serde_json::{Map, Value, json};

/// How deep recursive schemas are followed.
const DEEPEST: usize = 6;

/// A value that fits `schema`.
pub fn fitting(document: &Value, schema: &Value) -> Value {
    at(document, schema, 0)
}

fn at(document: &Value, schema: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(target) = schema["$ref"].as_str() {
        let found = document.pointer(target.trim_start_matches('#'));
        return at(document, found.unwrap_or(&Value::Null), depth + 1);
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[0].clone();
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(branches) = schema[several].as_array() {
            let real = branches.iter().find(|branch| branch["type"] != "null");
            return at(document, real.unwrap_or(&Value::Null), depth + 1);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return joined(parts.iter().map(|part| at(document, part, depth + 1)));
    }
    plain(document, schema, depth)
}

fn joined(parts: impl Iterator<Item = Value>) -> Value {
    let objects = parts.filter_map(|part| part.as_object().cloned());
    Value::Object(objects.flatten().collect())
}

fn plain(document: &Value, schema: &Value, depth: usize) -> Value {
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds[0].as_str().unwrap_or_default(),
        kind => kind.as_str().unwrap_or("object"),
    };
    match kind {
        "string" => text(schema),
        "integer" => json!(1),
        "number" => json!(1.5),
        "boolean" => json!(true),
        "array" => json!([at(document, &schema["items"], depth + 1)]),
        _ => {
            let fields = schema["properties"].as_object().cloned().unwrap_or_default();
            let fields =
                fields.iter().map(|(name, inner)| (name.clone(), at(document, inner, depth + 1)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

fn text(schema: &Value) -> Value {
    match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("date-time"), _) => json!("2026-11-01T00:00:00Z"),
        (Some("email"), _) => json!("ann@example.com"),
        (Some("password"), _) => json!("a long password"),
        (_, Some("^[0-9A-Za-z]{12}$")) => json!("abcdefghijkl"),
        (_, Some(_)) => json!("1.5"),
        _ => json!("https://page.example/?a=1"),
    }
}

/// What is put in place of each part, one at a time.
pub fn hostile() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("\u{0}\r\n"),
        json!("x".repeat(70_000)),
        json!("{{{[[[%00%ff"),
        json!("-99999999999999999999999999.999"),
        json!([]),
        json!({}),
        json!([[[[[[]]]]]]),
    ]
}

/// Every value that differs from `value` in one place, by each of `instead`.
pub fn mutations(value: &Value, instead: &[Value]) -> Vec<Value> {
    let mut all: Vec<Value> = instead.to_vec();
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                for changed in mutations(inner, instead) {
                    let mut copy = fields.clone();
                    copy.insert(name.clone(), changed);
                    all.push(Value::Object(copy));
                }
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                for changed in mutations(inner, instead) {
                    let mut copy = items.clone();
                    copy[index] = changed;
                    all.push(Value::Array(copy));
                }
            }
        }
        _ => {}
    }
    all
}

#[test]
fn each_part_is_changed_in_turn() {
    let found = mutations(&json!({"a": [1], "b": "x"}), &[Value::Null]);
    let expected = [
        json!(null),
        json!({"a": null, "b": "x"}),
        json!({"a": [null], "b": "x"}),
        json!({"a": [1], "b": null}),
    ];
    assert_eq!(found, expected);
}
