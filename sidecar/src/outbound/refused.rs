//! The answer to a request of which nothing was taken.

use std::time::Duration;

use axum::{
    Json,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};

use crate::{outbound::publisher::Congestion, telemetry};

/// The protocol between extension and sidecar that this build speaks.
pub const PROTOCOL: &str = "1";
pub(super) const PROTOCOL_HEADER: HeaderName = HeaderName::from_static("event-bridge-protocol");
/// When to come back to a sidecar that stops: another copy is there, or soon will be.
const SUCCESSION: Duration = Duration::from_secs(1);
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
/// What `POST /v1/events` reads; of CloudEvents also the binary mode, with JSON data.
const MEDIA_TYPES: HeaderValue = HeaderValue::from_static(
    "application/json, application/x-ndjson, application/cloudevents+json, \
     application/cloudevents-batch+json",
);

/// A request of which nothing was taken.
#[derive(Debug)]
pub struct Refused {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// What a client needs for its next attempt.
    advice: Option<(HeaderName, HeaderValue)>,
}

impl Refused {
    /// No secret we know signed it.
    pub fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// It shows no credential we know.
    pub fn unauthenticated(detail: &str) -> Self {
        let challenge = HeaderValue::from_static("Bearer realm=\"event-bridge\"");
        Self::unauthorized(detail).with(WWW_AUTHENTICATE, challenge)
    }

    /// It is not what it claims to be.
    pub fn undecodable(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "undecodable", detail)
    }

    /// It is larger than we take.
    pub fn too_large(limit: &str) -> Self {
        let detail = format!("a request is at most {limit}");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &detail)
    }

    /// It is in a format that we do not read.
    pub fn unsupported(detail: &str) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported", detail)
            .with(ACCEPT_POST, MEDIA_TYPES)
    }

    /// It speaks another version of the protocol.
    pub fn protocol() -> Self {
        let detail = format!("this sidecar speaks {PROTOCOL_HEADER}: {PROTOCOL}");
        Self::new(StatusCode::UPGRADE_REQUIRED, "protocol", &detail)
            .with(PROTOCOL_HEADER, HeaderValue::from_static(PROTOCOL))
    }

    /// Its sender takes more than its share.
    pub fn busy(drain_time: Duration) -> Self {
        let detail = "as many requests of yours as are served at once are under way";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", detail)
            .with(RETRY_AFTER, retry_after(drain_time))
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

    /// The answer's status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    fn for_now(code: &'static str, detail: &str, after: Duration) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
            .with(RETRY_AFTER, retry_after(after))
    }

    fn new(status: StatusCode, code: &'static str, detail: &str) -> Self {
        Self { status, code, detail: detail.to_owned(), advice: None }
    }

    fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { advice: Some((name, value)), ..self }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        telemetry::request_refused(self.code);
        let body = serde_json::json!({ "error": { "code": self.code, "detail": self.detail } });
        let mut response = (self.status, Json(body)).into_response();
        response.headers_mut().extend(self.advice);
        response
    }
}

/// The value of `Retry-After`.
pub(super) fn retry_after(after: Duration) -> HeaderValue {
    whole_secs(after).into()
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
