//! Completes the OpenAPI document: security schemes, roles, operation IDs and the shape of problems.
//! Promise: what handlers forget is the same everywhere, because it is written here once.

use super::router::Access;
use crate::app::App;
use crate::error::Problem;
use std::sync::Arc;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, ContentBuilder, InfoBuilder, OpenApi, Ref, ResponseBuilder};
use utoipa_axum::router::UtoipaMethodRouter;

const INTRODUCTION: &str = "Everything that the console does. Send an API key as \
    `Authorization: Bearer rk_…` or `X-Api-Key`, or log in and send the session cookie. `x-role` is \
    the lowest role that may call an operation: viewer, analyst, editor, admin, owner. Errors are \
    `application/problem+json`. Money is a decimal string, times are RFC 3339 in UTC.";

/// The document before any path.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Runnel")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(INTRODUCTION))
        .build();
    let mut document = OpenApi::new(info, utoipa::openapi::path::Paths::new());
    let mut components = Components::new();
    for (name, scheme) in schemes() {
        components.add_security_scheme(name, scheme);
    }
    let mut schemas = vec![("Problem".to_owned(), <Problem as utoipa::PartialSchema>::schema())];
    <Problem as utoipa::ToSchema>::schemas(&mut schemas);
    components.schemas.extend(schemas);
    document.components = Some(components);
    document
}

fn schemes() -> [(&'static str, SecurityScheme); 3] {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("rk_…").build();
    let header = ApiKey::Header(ApiKeyValue::new("X-Api-Key"));
    let cookie = ApiKey::Cookie(ApiKeyValue::new(super::authenticate::COOKIE));
    [
        ("bearer", SecurityScheme::Http(bearer)),
        ("header", SecurityScheme::ApiKey(header)),
        ("session", SecurityScheme::ApiKey(cookie)),
    ]
}

/// Handlers with role, security, ID, tag and the common error responses written to each operation.
pub(super) fn stamped(
    access: Access,
    (schemas, mut paths, methods): UtoipaMethodRouter<Arc<App>>,
) -> UtoipaMethodRouter<Arc<App>> {
    for (path, item) in &mut paths.paths {
        for (method, operation) in operations(item) {
            stamp(operation, access, method, path);
        }
    }
    (schemas, paths, methods)
}

/// The operations of a path with their methods in lower case.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn stamp(operation: &mut Operation, access: Access, method: &str, path: &str) {
    let (role, security) = match access {
        Access::Public => ("none", Vec::new()),
        Access::At(role) => (role.as_str(), schemes().map(|(name, _)| requires(name)).to_vec()),
    };
    operation.extensions = Some(Extensions::from_iter([("x-role", role)]));
    operation.security = Some(security);
    operation.operation_id = Some(operation_id(method, path));
    operation.tags = Some(vec![path.split('/').nth(1).unwrap_or_default().to_owned()]);
    let responses = &mut operation.responses.responses;
    if access != Access::Public {
        responses.insert("401".into(), problem("Neither a valid key nor a session."));
        responses.insert("403".into(), problem("The caller's role does not reach."));
    }
    responses.insert("default".into(), problem("What went wrong, with the fields at fault."));
}

fn requires(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, Vec::<String>::new())
}

fn problem(description: &str) -> utoipa::openapi::RefOr<utoipa::openapi::Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
        .into()
}

/// `get_landers_id_archive` for `GET /landers/{id}/archive`: unique, because (method, path) is.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(['/', '{', '}', '-', '*']).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// The document as it is served and kept in the repository.
pub fn as_json(document: &OpenApi) -> String {
    document.to_pretty_json().unwrap_or_default() + "\n"
}
