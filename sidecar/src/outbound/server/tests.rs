mod openapi;

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_eventbridge::{
    Client,
    operation::put_events::{PutEventsInput, PutEventsOutput},
    types::PutEventsResultEntry,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use axum_test::{TestResponse, TestServer};
use serde_json::{Value, json};

use super::*;
use crate::{
    directus::testing::reader,
    outbound::{intake, mapping::Mappings, publisher},
    signature::Secret,
};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const BATCH: &str = include_str!("../../../../schemas/examples/changes.json");

const LIMITS: ServerLimits = ServerLimits {
    body_bytes_max: NonZeroUsize::new(10_000).unwrap(),
    changes_max: NonZeroUsize::new(5).unwrap(),
    requests_in_flight_max: NonZeroUsize::new(2).unwrap(),
    request_timeout: Duration::from_secs(5),
};

/// A server in front of a bus that takes everything, with `slots` places for batches.
fn serve(slots: usize, shutdown: &CancellationToken) -> TestServer {
    serve_before(|_| None, slots, shutdown)
}

/// A server in front of a bus that answers every entry of its nth call by rule.
fn serve_before(
    bus: fn(call: usize) -> Option<&'static str>,
    slots: usize,
    shutdown: &CancellationToken,
) -> TestServer {
    TestServer::new(routes(bus, slots, shutdown))
}

fn routes(
    bus: fn(call: usize) -> Option<&'static str>,
    slots: usize,
    shutdown: &CancellationToken,
) -> Router {
    let calls = AtomicUsize::new(0);
    let put = mock!(Client::put_events).then_compute_output(move |input: &PutEventsInput| {
        let code = bus(1 + calls.fetch_add(1, Ordering::Relaxed)).map(str::to_owned);
        let answer = |_| PutEventsResultEntry::builder().set_error_code(code.clone()).build();
        let entries = input.entries().iter().map(answer).collect();
        PutEventsOutput::builder().set_entries(Some(entries)).build()
    });
    let client = mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&put]);
    let mappings = Mappings::compile(include_str!("../../../config/mappings.toml")).unwrap();
    let publisher = Arc::new(publisher::testing::publisher(client));
    let outbound = Arc::new(Outbound::new(mappings, publisher, reader("http://127.0.0.1:9")));
    let server = Server {
        outbound: Arc::clone(&outbound),
        verifier: Verifier::new(vec![Secret::parse(SECRET).unwrap()], Duration::from_mins(5)),
        limits: LIMITS,
        slots: Semaphore::new(slots),
        shutdown: shutdown.clone(),
    };
    let intake = intake::endpoint::testing::intake(outbound, shutdown);
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
    router(server, intake, Readiness::default(), metrics)
}

/// A request as the extension sends it, signed `late_secs` ago.
async fn post(server: &TestServer, body: &str, secret: &str, late_secs: i64) -> TestResponse {
    let timestamp = Timestamp::now().as_second() - late_secs;
    let signature = Secret::parse(secret).unwrap().sign("batch-1", timestamp, body.as_bytes());
    server
        .post("/v1/changes")
        .add_header("event-bridge-protocol", "1")
        .add_header("webhook-id", "batch-1")
        .add_header("webhook-timestamp", timestamp.to_string())
        .add_header("webhook-signature", signature)
        .text(body)
        .await
}

fn assert_refused(response: &TestResponse, status: u16, code: &str) {
    assert_eq!(response.status_code().as_u16(), status);
    let body: Value = response.json();
    assert_eq!(body["error"]["code"], code, "{body}");
    assert!(body["error"]["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
}

fn plain(slots: usize) -> TestServer {
    serve(slots, &CancellationToken::new())
}

#[tokio::test]
async fn every_change_of_a_signed_batch_gets_its_verdict_in_order() {
    let response = post(&plain(1), BATCH, SECRET, 0).await;

    response.assert_status_ok();
    let body: Value = response.json();
    let sent: Value = serde_json::from_str(BATCH).unwrap();
    for (answer, change) in
        body["verdicts"].as_array().unwrap().iter().zip(sent["changes"].as_array().unwrap())
    {
        assert_eq!(answer["eventId"], change["eventId"]);
        assert_eq!(answer["verdict"], "published", "{answer}");
    }
    assert_eq!(body["verdicts"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_change_that_breaks_its_contract_is_rejected_and_the_others_flow_on() {
    let mut batch: Value = serde_json::from_str(BATCH).unwrap();
    batch["changes"][0]["item"]["rating"] = json!(9);
    batch["changes"][2]["action"] = json!("merge");

    let body: Value = post(&plain(1), &batch.to_string(), SECRET, 0).await.json();

    assert_eq!(body["verdicts"][0]["verdict"], "rejected");
    assert_eq!(body["verdicts"][0]["error"]["code"], "contract");
    assert_eq!(body["verdicts"][0]["error"]["path"], "/data/rating");
    assert_eq!(body["verdicts"][1]["verdict"], "published");
    assert_eq!(body["verdicts"][2]["error"]["code"], "undecodable");
}

#[tokio::test]
async fn an_unknown_signature_is_refused() {
    let other = "whsec_YSBzZWNvbmQgc2VjcmV0IG9mIDMyIGJ5dGVzLCBvayE=";

    assert_refused(&post(&plain(1), BATCH, other, 0).await, 401, "unauthorized");
}

#[tokio::test]
async fn an_old_timestamp_is_refused() {
    assert_refused(&post(&plain(1), BATCH, SECRET, 301).await, 401, "unauthorized");
}

#[tokio::test]
async fn an_unsigned_request_is_refused() {
    let server = plain(1);

    let request = server.post("/v1/changes").add_header("event-bridge-protocol", "1");

    assert_refused(&request.text(BATCH).await, 401, "unauthorized");
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_refused() {
    let body = "x".repeat(10_001);

    assert_refused(&post(&plain(1), &body, SECRET, 0).await, 413, "too_large");
}

#[tokio::test]
async fn a_batch_of_too_many_changes_is_refused() {
    let change = json!({ "eventId": "01939f0e-7b5c-7c3e-9a51-3f6d0c8f2a10" });
    let batch = json!({ "project": "directus", "changes": vec![change; 6] }).to_string();

    assert_refused(&post(&plain(1), &batch, SECRET, 0).await, 413, "too_large");
}

#[tokio::test]
async fn a_signed_body_that_is_no_batch_is_refused() {
    assert_refused(&post(&plain(1), "not json", SECRET, 0).await, 400, "undecodable");
    let nameless = json!({ "project": "directus", "changes": [{}] }).to_string();
    assert_refused(&post(&plain(1), &nameless, SECRET, 0).await, 400, "undecodable");
}

#[tokio::test]
async fn another_protocol_is_told_what_we_speak() {
    let server = plain(1);

    let request = server.post("/v1/changes").add_header("event-bridge-protocol", "2");
    let response = request.text(BATCH).await;

    assert_refused(&response, 426, "protocol");
    assert_eq!(response.header("event-bridge-protocol"), "1");
}

#[tokio::test]
async fn a_saturated_sidecar_asks_to_come_back() {
    let response = post(&plain(0), BATCH, SECRET, 0).await;

    assert_refused(&response, 503, "saturated");
    assert_eq!(response.header("retry-after"), "1");
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_throttles_slows_the_intake_until_it_takes_events_again() {
    let throttles = |call| (call < 5).then_some("ThrottlingException");
    let server = serve_before(throttles, 2, &CancellationToken::new());

    let during = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        post(&server, BATCH, SECRET, 0).await
    };
    let (waited, during) = tokio::join!(post(&server, BATCH, SECRET, 0), during);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let afterwards = post(&server, BATCH, SECRET, 0).await;

    assert_refused(&during, 503, "throttled");
    assert_eq!(during.header("retry-after"), "1");
    let body: Value = waited.json();
    assert_eq!(body["verdicts"][0]["verdict"], "retry", "{body}");
    let body: Value = afterwards.json();
    assert_eq!(body["verdicts"][0]["verdict"], "published", "{body}");
}

#[tokio::test]
async fn a_stopping_sidecar_takes_nothing() {
    let shutdown = CancellationToken::new();
    let server = serve(1, &shutdown);
    shutdown.cancel();

    assert_refused(&post(&server, BATCH, SECRET, 0).await, 503, "draining");
}

#[tokio::test]
async fn readiness_names_what_is_in_the_way() {
    let readiness = Readiness::default();
    let part = readiness.part("queue");
    let ask = async || super::readyz(State(readiness.clone())).await.status();

    assert_eq!(ask().await, StatusCode::SERVICE_UNAVAILABLE);
    part.ready();
    assert_eq!(ask().await, StatusCode::OK);
}
