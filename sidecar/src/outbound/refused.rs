//! The answer to a request of which nothing was taken.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};

use crate::{outbound::publisher::Congestion, telemetry};

/// The protocol between extension and sidecar that this build speaks.
pub(super) const PROTOCOL: &str = "1";
pub(super) const PROTOCOL_HEADER: HeaderName = HeaderName::from_static("event-bridge-protocol");
/// When to come back to a sidecar that stops: another copy is there, or soon will be.
const SUCCESSION: Duration = Duration::from_secs(1);

/// A request of which nothing was taken.
#[derive(Debug)]
pub struct Refused {
    status: StatusCode,
    code: &'static str,
    detail: String,
    retry_after: Option<Duration>,
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

    /// As many requests as may be are being served; it may come back when they are done.
    pub fn saturated(drain_time: Duration) -> Self {
        Self::for_now("saturated", "all places are taken", drain_time)
    }

    /// The bus is slower than what comes in.
    pub fn congested(congestion: Congestion) -> Self {
        match congestion {
            Congestion::Throttled(left) => {
                Self::for_now("throttled", "EventBridge asks for less", left)
            }
            Congestion::Full(drain_time) => {
                Self::for_now("queue_full", "too many events wait for EventBridge", drain_time)
            }
        }
    }

    /// This copy is going away; another one serves.
    pub fn draining() -> Self {
        Self::for_now("draining", "this sidecar is stopping", SUCCESSION)
    }

    fn for_now(code: &'static str, detail: &str, retry_after: Duration) -> Self {
        let retry_after = Some(retry_after);
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail) }
    }

    fn new(status: StatusCode, code: &'static str, detail: &str) -> Self {
        Self { status, code, detail: detail.to_owned(), retry_after: None }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        telemetry::request_refused(self.code);
        let body = serde_json::json!({ "error": { "code": self.code, "detail": self.detail } });
        let mut response = (self.status, Json(body)).into_response();
        if let Some(retry_after) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, whole_secs(retry_after).into());
        }
        if self.status == StatusCode::UPGRADE_REQUIRED {
            response.headers_mut().insert(PROTOCOL_HEADER, HeaderValue::from_static(PROTOCOL));
        }
        response
    }
}

/// HTTP counts in seconds: never too early, and never at once.
fn whole_secs(duration: Duration) -> u64 {
    let begun = u64::from(duration.subsec_nanos() > 0);
    (duration.as_secs() + begun).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_come_back_too_early() {
        assert_eq!(whole_secs(Duration::ZERO), 1);
        assert_eq!(whole_secs(Duration::from_millis(300)), 1);
        assert_eq!(whole_secs(Duration::from_secs(2)), 2);
        assert_eq!(whole_secs(Duration::from_millis(2_001)), 3);
    }
}
