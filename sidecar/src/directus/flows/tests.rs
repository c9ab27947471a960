use rstest::rstest;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{bearer_token, body_json, header, method, path},
};

use super::*;
use crate::{
    delivery::chain,
    directus::{availability::Presence, testing::connection},
};

const FLOW: Uuid = Uuid::from_u128(7);
const LONG: Duration = Duration::from_secs(5);

fn event() -> Event {
    let golden = include_str!("../../../../schemas/examples/valid/payment.failed-1.json");
    serde_json::from_str(golden).unwrap()
}

async fn directus(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/flows/trigger/{FLOW}")))
        .and(bearer_token("token"))
        .and(header("idempotency-key", event().event_id.to_string()))
        .and(body_json(event()))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

fn error(status: u16, message: &str, code: &str) -> ResponseTemplate {
    let error = json!({ "message": message, "extensions": { "code": code } });
    ResponseTemplate::new(status).set_body_json(json!({ "errors": [error] }))
}

/// Runs the Flow as often as Directus may fail before it counts as away.
async fn run(server: &MockServer, timeout: Duration) -> (Result<(), DeliveryError>, Availability) {
    let (directus, availability) = connection(&server.uri());
    let flows = Flows::new(directus, availability.clone());
    let mut outcome = Ok(());
    for _ in 0..3 {
        outcome = flows.run(FLOW, &event(), timeout).await;
    }
    (outcome, availability)
}

#[tokio::test]
async fn a_flow_gets_the_event_and_its_id() {
    let server = directus(ResponseTemplate::new(200).set_body_json(Value::Null)).await;

    let (outcome, _) = run(&server, LONG).await;

    outcome.unwrap();
}

#[rstest]
#[case::of_its_own(500, "the Flow answers 500 Internal Server Error")]
#[case::switched_off(403, "the Flow is not there, not active, or forbids it")]
#[case::busy(503, "the Flow answers 503 Service Unavailable")]
#[tokio::test]
async fn a_flow_that_fails_is_run_again_and_its_words_reach_no_log(
    #[case] status: u16,
    #[case] summary: &str,
) {
    let server = directus(error(status, "no mail to ada@example.com", "MAIL")).await;

    let (outcome, availability) = run(&server, LONG).await;

    let error = outcome.unwrap_err();
    assert_eq!(chain(&error), format!("delivery failed for now: {summary}"));
    assert!(error.words().contains("no mail to ada@example.com"), "{}", error.words());
    let presence = *availability.watch().borrow();
    assert_eq!(presence, Presence::Here, "a Flow that fails does not stop the other queues");
}

#[tokio::test]
async fn what_a_flow_says_of_the_event_itself_will_not_change() {
    let server = directus(error(422, "no such currency", "CURRENCY")).await;

    let (outcome, _) = run(&server, LONG).await;

    let Err(DeliveryError::Permanent(refusal)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.to_string(), "flow: no such currency (at CURRENCY)");
}

#[tokio::test]
async fn a_flow_that_takes_too_long_does_not_stop_the_other_queues() {
    let server = directus(ResponseTemplate::new(200).set_delay(LONG)).await;

    let (outcome, availability) = run(&server, Duration::from_millis(20)).await;

    assert_eq!(outcome.unwrap_err().words(), "delivery failed for now: the Flow took too long");
    assert_eq!(*availability.watch().borrow(), Presence::Here);
}

#[tokio::test]
async fn a_directus_that_cannot_be_reached_is_away() {
    let (directus, availability) = connection("http://127.0.0.1:9");
    let flows = Flows::new(directus, availability.clone());

    for _ in 0..3 {
        flows.run(FLOW, &event(), LONG).await.unwrap_err();
    }

    assert_eq!(*availability.watch().borrow(), Presence::Away);
}
