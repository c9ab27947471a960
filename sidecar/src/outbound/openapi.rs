//! Every route, described for machines.

use axum::{http::header::CONTENT_TYPE, response::IntoResponse};

/// `OpenAPI` 3.1, written by hand; tests compare it with the routes, and its examples with its
/// schemas.
pub const DOCUMENT: &str = include_str!("../../api/openapi.json");

/// `GET /openapi.json`
pub(super) async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}
