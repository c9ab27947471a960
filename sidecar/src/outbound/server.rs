//! The HTTP side: signed batches of changes in, verdicts out; and how the sidecar is doing.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use crate::{
    openapi,
    outbound::{
        Outbound, Received, bounded,
        change::{Answers, ChangeBatch, Row},
        intake::endpoint::Intake,
        read_rows,
        refused::{PROTOCOL, PROTOCOL_HEADER, Refused},
    },
    readiness::Readiness,
    signature::{Headers, Verifier},
};

/// The bounds of what the server takes.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// One request's body.
    pub body_bytes_max: NonZeroUsize,
    /// Changes in one batch.
    pub changes_max: NonZeroUsize,
    /// Batches at work at once; more are asked to come back.
    pub requests_in_flight_max: NonZeroUsize,
    /// One request, from its first byte to the answer.
    pub request_timeout: Duration,
}

/// What the handlers share.
#[derive(Debug)]
pub struct Server {
    /// Maps and publishes.
    pub outbound: Arc<Outbound>,
    /// Knows who may send.
    pub verifier: Verifier,
    /// How much is taken.
    pub limits: ServerLimits,
    /// Free places for batches.
    pub slots: Semaphore,
    /// Cancelled when the sidecar stops.
    pub shutdown: CancellationToken,
}

/// All routes.
pub fn router(
    server: Server,
    intake: Intake,
    readiness: Readiness,
    metrics: PrometheusHandle,
) -> Router {
    let request_timeout = server.limits.request_timeout;
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, request_timeout);
    Router::new()
        .route("/v1/changes", post(changes).with_state(Arc::new(server)))
        .merge(intake.router())
        .route("/openapi.json", openapi::document(openapi::PUBLIC))
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(readyz).with_state(readiness))
        .route("/metrics", get(|| async move { metrics.render() }))
        .layer(CatchPanicLayer::new())
        .layer(timeout)
}

async fn changes(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Answers>, Refused> {
    let _slot = server.admit()?;
    if headers.get(&PROTOCOL_HEADER).is_none_or(|spoken| spoken != PROTOCOL) {
        return Err(Refused::protocol());
    }
    let body = bounded::read(body, server.limits.body_bytes_max.get()).await?;
    let received = server.read(&headers, &body)?;

    let verdicts = server.outbound.accept(received).await;

    Ok(Json(Answers { verdicts }))
}

impl Server {
    /// The slot comes first: a body is read only when somebody can work on it, and the bus can take
    /// what is in it.
    fn admit(&self) -> Result<SemaphorePermit<'_>, Refused> {
        if self.shutdown.is_cancelled() {
            return Err(Refused::draining());
        }
        if let Some(congestion) = self.outbound.congestion() {
            return Err(Refused::congested(congestion));
        }
        self.slots.try_acquire().map_err(|_| Refused::saturated(self.outbound.drain_time()))
    }

    /// Only bytes that a known secret signed are parsed.
    fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Vec<Received<Row>>, Refused> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(id), Some(timestamp), Some(signature)) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
        else {
            return Err(Refused::unauthorized("webhook-id, -timestamp and -signature are needed"));
        };
        let body = self
            .verifier
            .verify(Headers { id, timestamp, signature }, body, Timestamp::now())
            .map_err(|error| Refused::unauthorized(&error.to_string()))?;
        let batch: ChangeBatch = serde_json::from_slice(body.bytes())
            .map_err(|error| Refused::undecodable(&error.to_string()))?;
        if batch.changes.len() > self.limits.changes_max.get() {
            return Err(Refused::too_large(&format!("{} changes", self.limits.changes_max)));
        }
        read_rows(&batch.changes).map_err(|refusal| Refused::undecodable(&refusal.to_string()))
    }
}

async fn readyz(State(readiness): State<Readiness>) -> Response {
    #[derive(Serialize)]
    struct Report {
        ready: bool,
        hindrances: Vec<String>,
    }
    let hindrances = readiness.hindrances();
    let ready = hindrances.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Report { ready, hindrances })).into_response()
}

#[cfg(test)]
mod tests;
