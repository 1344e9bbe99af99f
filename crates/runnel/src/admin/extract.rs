//! Request parts as typed arguments; whatever cannot be read becomes problem+json naming the field.
//! Promise: no input reaches a 5xx here, and no message repeats more of the input than the field's name
//! and what serde says about its kind.

use crate::error::{Fault, Problem};
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// For a whole body: some megabytes over a slow line.
const PATIENCE: Duration = Duration::from_secs(60);

/// A JSON body. Use types with `deny_unknown_fields`, so that typing errors are told.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::not_json());
        }
        let bytes = received(request, state).await?;
        from_json(&bytes).map(Self)
    }
}

/// A body that may be left out; one that is there must be JSON.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let is_json = is_json(request.headers());
        match received(request, state).await? {
            bytes if bytes.is_empty() => Ok(None),
            _ if !is_json => Err(Problem::not_json()),
            bytes => from_json(&bytes).map(|value| Some(Self(value))),
        }
    }
}

async fn received<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let received = tokio::time::timeout(PATIENCE, Bytes::from_request(request, state)).await;
    let received = received.map_err(|_| Problem::fault("body", "did not arrive in time"))?;
    received.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::fault("body", "could not be received"),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// Reads JSON; a fault names the field by its path (`nodes[2].pages[0].page`).
/// # Errors
/// 400 with the field at fault; `body` when it is no JSON at all.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would take an array as a struct's fields in order; no endpoint means that.
    if bytes.trim_ascii_start().first() != Some(&b'{') && is_readable(bytes) {
        return Err(Problem::fault("body", "must be an object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            let message = inner.to_string();
            Problem::invalid(vec![fault(&path, without_position(&message))])
        } else {
            Problem::fault("body", format!("is not JSON: {inner}"))
        }
    })?;
    reader.end().map_err(|error| Problem::fault("body", format!("is not JSON: {error}")))?;
    Ok(value)
}

fn is_readable(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

fn without_position(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(text, _)| text)
}

/// serde names a missing or unknown field in its message and its parent in the path: joins the two.
fn fault(path: &str, message: &str) -> Fault {
    let path = if path == "." { "" } else { path };
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start)?.split_once('`').map(|(name, _)| name));
    let field = match (path, named) {
        ("", None) => "body".to_owned(),
        ("", Some(name)) => name.to_owned(),
        (path, Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => {
            format!("{path}.{name}")
        }
        (path, _) => path.to_owned(),
    };
    Fault::new(field, message)
}

/// Query parameters.
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::invalid(vec![parameter_fault(&rejection.body_text())])),
        }
    }
}

/// axum's text is `Failed to deserialize query string: limit: invalid digit …`.
fn parameter_fault(text: &str) -> Fault {
    let text = text.split_once(": ").map_or(text, |(_, rest)| rest);
    match text.split_once(": ") {
        Some((field, message)) if !field.contains(' ') => fault(field, message),
        _ => fault("", text),
    }
}

/// Parts of the path, such as `{id}`.
pub struct Segment<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segment<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(segment_problem(rejection)),
        }
    }
}

fn segment_problem(rejection: PathRejection) -> Problem {
    let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
        return Problem::internal(rejection.body_text());
    };
    match failed.into_kind() {
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => {
            Problem::fault(key, format!("is no {expected_type}"))
        }
        ErrorKind::DeserializeError { key, message, .. } => Problem::fault(key, message),
        ErrorKind::InvalidUtf8InPathParam { key } => Problem::fault(key, "is not UTF-8"),
        ErrorKind::Message(message) => Problem::fault("path", message),
        other => Problem::fault("path", other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        name: String,
        #[serde(default)]
        nodes: Vec<Node>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Node {
        weight: u32,
    }

    fn field_of(json: &str) -> String {
        from_json::<Outer>(json.as_bytes()).unwrap_err().faults[0].field.clone()
    }

    #[test]
    fn every_fault_in_a_body_names_its_field() {
        assert_eq!(field_of("{"), "body");
        assert_eq!(field_of(r#"{"name":"a"} x"#), "body");
        assert_eq!(field_of(r#" ["a"]"#), "body");
        assert_eq!(field_of("7"), "body");
        assert_eq!(field_of("{}"), "name");
        assert_eq!(field_of(r#"{"name":5}"#), "name");
        assert_eq!(field_of(r#"{"name":"a","nmae":1}"#), "nmae");
        assert_eq!(field_of(r#"{"name":"a","name":"b"}"#), "name");
        assert_eq!(
            field_of(r#"{"name":"a","nodes":[{"weight":1},{"weight":-1}]}"#),
            "nodes[1].weight"
        );
        assert_eq!(field_of(r#"{"name":"a","nodes":[{}]}"#), "nodes[0].weight");
        assert_eq!(field_of(r#"{"name":"a","nodes":[{"weight":1,"x":2}]}"#), "nodes[0].x");
    }

    #[test]
    fn a_fault_in_the_query_names_its_parameter() {
        let text = "Failed to deserialize query string: limit: invalid digit found in string";
        assert_eq!(parameter_fault(text), Fault::new("limit", "invalid digit found in string"));
        let text = "Failed to deserialize query string: missing field `from`";
        assert_eq!(parameter_fault(text).field, "from");
    }
}
