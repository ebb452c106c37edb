//! Refusals.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request is refused (RFC 8555, 6.7).
pub(super) struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: String,
}

pub(super) fn problem(status: StatusCode, kind: &'static str, detail: &str) -> Problem {
    let detail = detail.to_owned();
    Problem { status, kind, detail }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let told = json!({ "type": format!("urn:ietf:params:acme:error:{}", self.kind), "detail": self.detail });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.status, kind, told.to_string()).into_response()
    }
}
