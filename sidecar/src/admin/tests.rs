use aws_sdk_sqs::{
    Client,
    error::ErrorMetadata,
    operation::get_queue_attributes::{GetQueueAttributesError, GetQueueAttributesOutput},
    types::QueueAttributeName as Attribute,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use axum_test::{TestResponse, TestServer};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    inbound::{
        dead_letter::{shelf, shelves},
        queue,
    },
    openapi::{ADMIN, testing::assert_describes},
    readiness::Readiness,
};

const TOKEN: &str = "YWRtaW4tdG9rZW4tb2YtMzItY2hhcmFj";

/// An admin API over three dead letters and a queue of seven messages.
fn admin() -> Admin {
    let depth = mock!(Client::get_queue_attributes).then_output(|| {
        GetQueueAttributesOutput::builder()
            .attributes(Attribute::ApproximateNumberOfMessages, "7")
            .attributes(Attribute::ApproximateNumberOfMessagesNotVisible, "2")
            .build()
    });
    let queue = queue::testing::queue(mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&depth]));
    let denied = mock!(Client::get_queue_attributes).then_error(|| {
        let denied = ErrorMetadata::builder().code("AccessDenied").build();
        GetQueueAttributesError::generic(denied)
    });
    let dead_letters =
        queue::testing::queue(mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&denied]));
    let route = OverviewedRoute {
        name: "feedback".to_owned(),
        reaction: "enrich",
        description: "Judges.".to_owned(),
        queue,
        dead_letters,
    };
    let readiness = Readiness::default();
    readiness.part("server");
    let bridge = Bridge {
        bus: "bus".to_owned(),
        protocol: "1",
        routes: vec![route],
        readiness,
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        instance: Uuid::nil(),
        started_at: Timestamp::UNIX_EPOCH,
    };
    let (shelf, _) = shelf::testing::shelf("feedback", 3, true);
    Admin::new(vec![Token::parse(TOKEN).unwrap()], bridge, shelves::testing::shelves(vec![shelf]))
}

fn server() -> TestServer {
    TestServer::new(router(admin()))
}

async fn get_as_operator(path: &str) -> TestResponse {
    server().get(path).authorization_bearer(TOKEN).await
}

async fn order(verb: &str, wanted: Value) -> TestResponse {
    let path = format!("/v1/dead-letters/{verb}");
    server().post(&path).authorization_bearer(TOKEN).json(&wanted).await
}

#[tokio::test]
async fn every_route_is_documented_and_every_example_is_what_its_schema_says() {
    assert_describes(ADMIN, router(admin()), TOKEN, 12).await;
}

#[rstest::rstest]
#[case(None)]
#[case(Some("Bearer bm90LXRoZS10b2tlbi1vZi0zMi1jaGFycw"))]
#[case(Some("Basic YWRtaW4tdG9rZW4tb2YtMzItY2hhcmFj"))]
#[tokio::test]
async fn without_a_known_token_nothing_is_shown_or_done(#[case] authorization: Option<&str>) {
    let server = server();
    for (method, path) in [
        ("GET", "/v1/overview"),
        ("GET", "/v1/dead-letters"),
        ("GET", "/v1/dead-letters/feedback-0"),
        ("POST", "/v1/dead-letters/redrive"),
        ("POST", "/v1/dead-letters/discard"),
    ] {
        let mut request = server.method(method.parse().unwrap(), path);
        if let Some(authorization) = authorization {
            request = request.add_header("authorization", authorization);
        }

        let response = request.await;

        assert_eq!(response.status_code(), StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(response.header("www-authenticate"), "Bearer realm=\"event-bridge-admin\"");
    }
}

#[tokio::test]
async fn the_overview_tells_what_can_be_known_and_why_the_rest_cannot() {
    let overview: Value = get_as_operator("/v1/overview").await.json();

    assert_eq!(overview["ready"], false);
    assert_eq!(overview["hindrances"], json!(["server: starting"]));
    let route = &overview["routes"][0];
    assert_eq!(route["queue"], json!({ "name": "queue", "waiting": 7, "hidden": 2 }));
    let error = route["deadLetters"]["error"].as_str().unwrap();
    assert!(error.contains("AccessDenied"), "{error}");
    assert_eq!(route["messages"]["received"], 0);
}

#[tokio::test]
async fn dead_letters_are_listed_by_cause_and_without_their_bodies() {
    let listed: Value = get_as_operator("/v1/dead-letters?reason=abandoned").await.json();

    assert_eq!(listed["groups"][0]["letters"], 3, "{listed}");
    assert_eq!(listed["letters"].as_array().unwrap().len(), 3);
    assert!(listed["letters"][0].get("body").is_none(), "{listed}");
    let others: Value = get_as_operator("/v1/dead-letters?reason=contract").await.json();
    assert_eq!(others["letters"], json!([]));
}

#[tokio::test]
async fn a_dead_letter_is_shown_whole() {
    let letter: Value = get_as_operator("/v1/dead-letters/feedback-1").await.json();

    assert_eq!((&letter["reason"], &letter["body"]), (&json!("abandoned"), &json!("letter")));
    let missing = get_as_operator("/v1/dead-letters/feedback-9").await;
    assert_eq!(missing.status_code(), StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn one_some_or_all_are_sent_again_or_discarded() {
    let one = json!({ "ids": ["feedback-0"] });
    assert_eq!(order("redrive", one).await.json::<Value>()["done"], 1);
    let some = json!({ "filter": { "reason": "abandoned" }, "dryRun": true });
    let dry: Value = order("discard", some).await.json();
    assert_eq!(dry, json!({ "done": 3, "dryRun": true, "failed": [], "left": 0 }));
    assert_eq!(order("discard", json!({ "all": true })).await.json::<Value>()["done"], 3);
}

#[rstest::rstest]
#[case::nothing(json!({}))]
#[case::both(json!({ "all": true, "ids": ["feedback-0"] }))]
#[case::typo(json!({ "all": true, "filtre": { "reason": "contract" } }))]
#[case::typo_in_the_filter(json!({ "filter": { "grup": "contract" } }))]
#[case::no_such_route(json!({ "filter": { "route": "payments" } }))]
#[tokio::test]
async fn an_order_that_is_not_clear_does_nothing(#[case] wanted: Value) {
    let response = order("discard", wanted).await;

    assert!(response.status_code().is_client_error(), "{response:?}");
    assert_eq!(response.json::<Value>()["error"]["code"], "invalid");
}

#[tokio::test]
async fn a_mistake_in_a_filter_is_told() {
    let response = get_as_operator("/v1/dead-letters?olderThan=soon").await;

    assert_eq!(response.status_code(), StatusCode::BAD_REQUEST);
    assert_eq!(response.json::<Value>()["error"]["code"], "invalid");
}
