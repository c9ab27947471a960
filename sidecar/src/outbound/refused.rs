//! The answer to a request of which nothing was taken.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};

use crate::telemetry;

/// The protocol between extension and sidecar that this build speaks.
pub(super) const PROTOCOL: &str = "1";
pub(super) const PROTOCOL_HEADER: HeaderName = HeaderName::from_static("event-bridge-protocol");
/// When to come back after a 503. Every refusal of a whole batch is over soon, or another copy's.
const RETRY_AFTER_SECS: HeaderValue = HeaderValue::from_static("1");

/// A request of which nothing was taken.
#[derive(Debug)]
pub struct Refused {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

impl Refused {
    /// Nobody we know sent it.
    pub fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// It is not what it claims to be.
    pub fn undecodable(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "undecodable", detail)
    }

    /// It is larger than we take.
    pub fn too_large(limit: &str) -> Self {
        let detail = format!("a batch is at most {limit}");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &detail)
    }

    /// It speaks another version of the protocol.
    pub fn protocol() -> Self {
        let detail = format!("this sidecar speaks {PROTOCOL_HEADER}: {PROTOCOL}");
        Self::new(StatusCode::UPGRADE_REQUIRED, "protocol", &detail)
    }

    /// Others are being served; it may come back soon.
    pub fn saturated() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "saturated", "all places are taken")
    }

    /// This copy is going away; another one serves.
    pub fn draining() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "draining", "this sidecar is stopping")
    }

    fn new(status: StatusCode, code: &'static str, detail: &str) -> Self {
        Self { status, code, detail: detail.to_owned() }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        telemetry::request_refused(self.code);
        let body = serde_json::json!({ "error": { "code": self.code, "detail": self.detail } });
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECS);
        }
        if self.status == StatusCode::UPGRADE_REQUIRED {
            response.headers_mut().insert(PROTOCOL_HEADER, HeaderValue::from_static(PROTOCOL));
        }
        response
    }
}
