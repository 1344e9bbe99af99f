//! Errors of the admin API as `application/problem+json` (RFC 9457), naming the field at fault.
//! Promise: no stack trace, SQL text or path reaches a client; the log has the cause.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, for an API client.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Short name of the problem, stable: `invalid`, `not-found`, `conflict`, `forbidden`, ….
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    /// One sentence for people.
    pub title: String,
    /// Each fault with the place it is at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// After how many seconds it is worth trying again; also in `Retry-After`.
    #[serde(default, rename = "retryAfter", skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
}

/// One fault in what a client sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// The field, as a path: `nodes[2].pages[0].page`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Fault {
    /// A fault at `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl Problem {
    fn new(status: StatusCode, kind: &str, title: impl Into<String>) -> Self {
        let (kind, status, title) = (kind.into(), status.as_u16(), title.into());
        Self { kind, status, title, faults: Vec::new(), retry_after_seconds: None }
    }

    /// 400: the body or a parameter cannot be taken, with every fault named.
    pub fn invalid(faults: Vec<Fault>) -> Self {
        Self {
            faults,
            ..Self::new(StatusCode::BAD_REQUEST, "invalid", "What was sent has faults.")
        }
    }

    /// 400 with one fault.
    pub fn fault(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![Fault::new(field, message)])
    }

    /// 401: no valid key or session.
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Send a valid API key or log in.")
    }

    /// 403: the caller's role does not reach.
    pub fn forbidden(title: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", title)
    }

    /// 404.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("There is no such {what}."))
    }

    /// 409: somebody changed it since, or it is in use.
    pub fn conflict(title: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", title)
    }

    /// 405: the path exists, this method on it does not.
    pub fn method_not_allowed() -> Self {
        let title = "This path does not take that method.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", title)
    }

    /// 413: the body is over the limit.
    pub fn too_large() -> Self {
        let faults = vec![Fault::new("body", "is larger than the server takes")];
        let title = "The body is too large.";
        Self { faults, ..Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", title) }
    }

    /// 415: the body is not announced as JSON.
    pub fn not_json() -> Self {
        let faults = vec![Fault::new("content-type", "must be application/json")];
        let title = "The body must be JSON.";
        Self { faults, ..Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", title) }
    }

    /// 401: email and password do not belong together.
    pub fn wrong_password() -> Self {
        let title = "Email, password or code is wrong.";
        Self::new(StatusCode::UNAUTHORIZED, "wrong-password", title)
    }

    /// 401: the password is right, the code of the second factor is missing.
    pub fn code_needed() -> Self {
        let faults = vec![Fault::new("code", "is needed")];
        let title = "Send the code that your authenticator shows.";
        Self { faults, ..Self::new(StatusCode::UNAUTHORIZED, "code-needed", title) }
    }

    /// 429: too many attempts; worth trying again after `wait_ms` milliseconds.
    pub fn too_many(title: impl Into<String>, wait_ms: u64) -> Self {
        let retry_after_seconds = Some(wait_ms.div_ceil(1000).max(1));
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", title);
        Self { retry_after_seconds, ..problem }
    }

    /// 503: a store does not answer at present.
    pub fn unavailable(title: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", title)
    }

    /// 500: our fault. Logs `cause`, tells the client nothing of it.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        let title = "The server failed; its log says why.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", title)
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let retry = self.retry_after_seconds.map(|wait| [(header::RETRY_AFTER, wait.to_string())]);
        match retry {
            Some(retry) => (status, kind, retry, body).into_response(),
            None => (status, kind, body).into_response(),
        }
    }
}
