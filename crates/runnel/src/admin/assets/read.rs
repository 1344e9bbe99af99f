//! A body taken apart: what stands beside the content (`id`, `version`, `archived`), and the content.
//! Promise: an answer of ours can be sent back as it is; anything else that is unknown is a fault.

use crate::admin::extract::from_json;
use crate::error::{Fault, Problem};
use crate::publish::{Asset, Fresh};
use rules::ids::EntityId;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A body in parts.
#[derive(Debug)]
pub struct Parts<A> {
    pub id: Option<EntityId>,
    pub version: Option<i64>,
    pub archived: Option<bool>,
    pub asset: A,
}

/// What our answers carry and requests need not.
const TOLD_ONLY: [&str; 5] = ["createdAt", "updatedAt", "warnings", "changes", "secret"];

/// Takes a body apart.
/// # Errors
/// 400 with the field at fault.
pub fn parts<A: Asset>(
    mut body: Map<String, Value>,
    fresh: Fresh<'_>,
) -> Result<Parts<A>, Problem> {
    let id = take(&mut body, "id", "is no ID: 12 letters or digits")?;
    let version = take(&mut body, "version", "is no version number")?;
    let archived = take(&mut body, "archived", "is neither true nor false")?;
    for told in TOLD_ONLY {
        body.remove(told);
    }
    Ok(Parts { id, version, archived, asset: content(body, fresh)? })
}

/// The content alone.
/// # Errors
/// 400 with the field at fault.
pub fn content<A: Asset>(mut body: Map<String, Value>, fresh: Fresh<'_>) -> Result<A, Problem> {
    let faults = A::complete(&mut body, fresh);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    from_json(Value::Object(body).to_string().as_bytes())
}

fn take<T: DeserializeOwned>(
    body: &mut Map<String, Value>,
    field: &str,
    message: &str,
) -> Result<Option<T>, Problem> {
    let value = body.remove(field).unwrap_or_default();
    serde_json::from_value(value).map_err(|_| Problem::invalid(vec![Fault::new(field, message)]))
}
