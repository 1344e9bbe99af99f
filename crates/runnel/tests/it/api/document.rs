//! The OpenAPI document: complete, consistent, and the same as `openapi.json` in the repository.

use super::{document, operations};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_repository_holds_the_generated_document() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let generated = runnel::admin::openapi_json();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == generated, "openapi.json is stale: run this test with UPDATE_OPENAPI=1");
}

#[test]
fn it_is_openapi_3_1() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document["info"]["title"], "Runnel");
}

#[test]
fn every_operation_has_summary_role_security_and_a_success() {
    let roles = ["none", "viewer", "analyst", "editor", "admin", "owner"];
    let (mut faults, mut ids) = (Vec::new(), BTreeSet::new());
    for operation in operations(&document()) {
        let mut check = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{}: {what}", operation.name()));
            }
        };
        let about = &operation.about;
        check(about["summary"].as_str().is_some_and(|text| text.len() > 5), "summary");
        check(roles.contains(&operation.role()), "role");
        let secured = about["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
        check(secured == (operation.role() != "none"), "security");
        let responses = about["responses"].as_object().unwrap();
        check(responses.keys().any(|status| status.starts_with('2')), "success");
        check(responses.contains_key("default"), "problem");
        check(ids.insert(about["operationId"].as_str().unwrap().to_owned()), "unique ID");
        let named = operation.path.matches('{').count();
        check(operation.parameters("path").len() == named, "path parameters");
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn only_log_in_set_up_and_health_are_open_to_anybody() {
    let document = document();
    let all = operations(&document);
    let open: BTreeSet<_> =
        all.iter().filter(|operation| operation.role() == "none").map(|o| o.name()).collect();
    assert_eq!(Vec::from_iter(open), ["GET /health", "GET /setup", "POST /login", "POST /setup"]);
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut lost = BTreeSet::new();
    visit(&document, &mut |value| {
        if let Some(target) = value.get("$ref").and_then(Value::as_str)
            && document.pointer(target.trim_start_matches('#')).is_none()
        {
            lost.insert(target.to_owned());
        }
    });
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn no_two_types_share_a_name() {
    assert_eq!(runnel::admin::schema_clashes(), Vec::<String>::new());
}

fn visit(value: &Value, see: &mut impl FnMut(&Value)) {
    see(value);
    match value {
        Value::Object(fields) => fields.values().for_each(|inner| visit(inner, see)),
        Value::Array(items) => items.iter().for_each(|inner| visit(inner, see)),
        _ => {}
    }
}
