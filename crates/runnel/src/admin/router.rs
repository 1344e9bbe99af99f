//! Turns `(role, handlers)` pairs into axum routes and their OpenAPI document.
//! Promise: there is no way to add an endpoint without saying who may call it; the same word guards
//! the route and stands in the document as `x-role`.

use super::{authenticate, document};
use crate::app::App;
use crate::error::Problem;
use crate::store::people::Role;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody: log-in and set-up, which make callers known.
    Public,
    /// This role and all above.
    At(Role),
}

/// Endpoints with the role that each asks for.
///
/// ```ignore
/// pub fn routes() -> AdminRouter {
///     AdminRouter::new()
///         .at(Role::Viewer, routes!(list))
///         .at(Role::Editor, routes!(create))
/// }
/// ```
/// Handlers' `#[utoipa::path]` names the path without `/api/v1`, and their state is `Arc<App>`.
#[derive(Default)]
pub struct AdminRouter {
    entries: Vec<(Access, UtoipaMethodRouter<Arc<App>>)>,
}

impl AdminRouter {
    /// No endpoints yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds handlers of one path, for callers of `role` and above.
    #[must_use]
    pub fn at(mut self, role: Role, handlers: UtoipaMethodRouter<Arc<App>>) -> Self {
        self.entries.push((Access::At(role), handlers));
        self
    }

    /// Adds handlers that anybody may call. Only for what comes before a log-in.
    #[must_use]
    pub fn public(mut self, handlers: UtoipaMethodRouter<Arc<App>>) -> Self {
        self.entries.push((Access::Public, handlers));
        self
    }

    /// Adds all endpoints of another resource.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// Names that stand for two different schemas.
    pub fn schema_clashes(&self) -> Vec<String> {
        let mut seen = std::collections::BTreeMap::new();
        let named = self.entries.iter().flat_map(|(_, (schemas, _, _))| schemas);
        let clashing = named.filter(|(name, schema)| {
            let text = serde_json::to_string(schema).unwrap_or_default();
            let first = seen.entry(name.clone()).or_insert_with(|| text.clone());
            *first != text
        });
        let names: std::collections::BTreeSet<_> = clashing.map(|(name, _)| name.clone()).collect();
        names.into_iter().collect()
    }

    /// The document alone, without an app.
    pub fn document(self) -> OpenApi {
        let bare = OpenApiRouter::with_openapi(document::head());
        let all = self.entries.into_iter().fold(OpenApiRouter::new(), |all, (access, handlers)| {
            all.routes(document::stamped(access, handlers))
        });
        bare.nest(super::BASE, all).into_openapi()
    }

    /// Guarded routes (to be nested under [`super::BASE`]) and their document.
    pub fn finish(self, app: Arc<App>) -> (axum::Router, OpenApi) {
        let mut routes = OpenApiRouter::new();
        let mut described = Self::new();
        for (access, (schemas, paths, methods)) in self.entries {
            let description = (schemas.clone(), paths.clone(), axum::routing::MethodRouter::new());
            described.entries.push((access, description));
            let guarded = match access {
                Access::Public => methods,
                Access::At(role) => methods
                    .route_layer(from_fn_with_state((Arc::clone(&app), role), authenticate::guard)),
            };
            routes = routes.routes((schemas, paths, guarded));
        }
        let router: axum::Router<Arc<App>> = routes.into();
        let router = router.method_not_allowed_fallback(async || Problem::method_not_allowed());
        (router.with_state(app), described.document())
    }
}
