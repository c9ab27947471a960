mod consent;

use aws_sdk_eventbridge::{
    Client,
    operation::put_events::{PutEventsInput, PutEventsOutput},
    types::PutEventsResultEntry,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use axum_test::{TestRequest, TestResponse, TestServer};
use serde_json::{Value, json};

use super::*;
use crate::{
    directus::testing::reader,
    outbound::{
        intake::credential::testing::{OLD_TOKEN, SECRET, TOKEN},
        mapping::Mappings,
        publisher,
    },
    signature::Secret,
};

/// The intake in front of a bus that throttles what is of a `cart.throttled` and takes the rest.
fn intake(shutdown: &CancellationToken) -> Intake {
    let mappings = include_str!("../../../../config/mappings.toml");
    intake_of(mappings, "http://127.0.0.1:9", shutdown)
}

/// The same with these mappings, and a Directus.
fn intake_of(mappings: &str, directus: &str, shutdown: &CancellationToken) -> Intake {
    let put = mock!(Client::put_events).then_compute_output(|input: &PutEventsInput| {
        let verdict = |detail_type: &str| {
            let throttled = detail_type == "cart.throttled";
            let code = throttled.then(|| "ThrottlingException".to_owned());
            PutEventsResultEntry::builder().set_error_code(code).build()
        };
        let entries = input.entries().iter().map(|entry| verdict(entry.detail_type().unwrap()));
        PutEventsOutput::builder().set_entries(Some(entries.collect())).build()
    });
    let client = mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&put]);
    let mappings = Mappings::compile(mappings).unwrap();
    let publisher = Arc::new(publisher::testing::publisher(client));
    testing::intake(Arc::new(Outbound::new(mappings, publisher, reader(directus))), shutdown)
}

fn server() -> TestServer {
    TestServer::new(intake(&CancellationToken::new()).router())
}

fn request(server: &TestServer) -> TestRequest {
    server.post("/v1/events").add_header("authorization", format!("Bearer {TOKEN}"))
}

async fn post(server: &TestServer, body: Value) -> TestResponse {
    request(server).json(&body).await
}

fn event(event_type: &str) -> Value {
    json!({ "eventType": event_type, "data": { "cartId": "c-1" } })
}

fn assert_refused(response: &TestResponse, status: u16, code: &str) {
    assert_eq!(response.status_code().as_u16(), status);
    let body: Value = response.json();
    assert_eq!(body["error"]["code"], code, "{body}");
    assert!(body["error"]["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
}

#[tokio::test]
async fn a_single_event_is_published_under_its_own_id() {
    let id = "01939f0e-7b5c-7c3e-9a51-3f6d0c8f2a10";
    let mut event = event("cart.emptied");
    event["eventId"] = json!(id);

    let response = post(&server(), event).await;

    response.assert_status_ok();
    let expected = json!({ "verdicts": [{ "eventId": id, "verdict": "published" }] });
    assert_eq!(response.json::<Value>(), expected);
}

#[tokio::test]
async fn a_single_event_s_verdict_is_the_status_too() {
    let server = server();
    let mut broken = event("cart.emptied");
    broken["traceparent"] = json!("no trace");
    let mut large = event("cart.emptied");
    large["data"]["text"] = json!("x".repeat(9_800));

    for (event, status, verdict, code) in [
        (event("feedback.submitted"), 403, "rejected", "forbidden"),
        (event("no type"), 400, "rejected", "undecodable"),
        (broken, 422, "rejected", "contract"),
        (large, 413, "rejected", "too_large"),
    ] {
        let response = post(&server, event).await;

        let body: Value = response.json();
        assert_eq!(response.status_code().as_u16(), status, "{body}");
        assert_eq!(body["verdicts"][0]["verdict"], verdict, "{body}");
        assert_eq!(body["verdicts"][0]["error"]["code"], code, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_the_bus_does_not_take_now_is_asked_for_again() {
    let response = post(&server(), event("cart.throttled")).await;

    assert_eq!(response.status_code().as_u16(), 503);
    assert_eq!(response.header("retry-after"), "1");
    assert_eq!(response.json::<Value>()["verdicts"][0]["verdict"], "retry");
}

#[tokio::test]
async fn every_event_of_several_has_its_verdict_in_order() {
    let events = json!([event("cart.emptied"), event("login.succeeded"), 7, event("cart.merged")]);

    let response = post(&server(), events).await;

    response.assert_status_ok();
    let body: Value = response.json();
    let verdicts: Vec<_> = body["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| (answer["verdict"].as_str().unwrap(), answer["error"]["code"].as_str()))
        .collect();
    let expected = [
        ("published", None),
        ("rejected", Some("forbidden")),
        ("rejected", Some("undecodable")),
        ("published", None),
    ];
    assert_eq!(verdicts, expected);
    assert_eq!(body["verdicts"][2]["eventId"], Value::Null);
}

#[tokio::test]
async fn the_body_can_be_signed_instead() {
    let body = event("cart.emptied").to_string();
    let now = Timestamp::now().as_second();
    let signed = |secret: &str| {
        let signature = Secret::parse(secret).unwrap().sign("msg-1", now, body.as_bytes());
        server()
            .post("/v1/events")
            .add_header("webhook-id", "msg-1")
            .add_header("webhook-timestamp", now.to_string())
            .add_header("webhook-signature", signature)
            .text(&body)
            .content_type("application/json")
    };

    let (first, second) = (signed(SECRET).await, signed(SECRET).await);

    first.assert_status_ok();
    // Nobody named the event, but the message has an id: sent again, it is the same event.
    assert_eq!(first.text(), second.text());
    let stranger = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    assert_refused(&signed(stranger).await, 401, "unauthorized");
}

#[tokio::test]
async fn each_of_several_tokens_is_taken_and_no_other() {
    let server = server();
    let post = |authorization: String| {
        let request = server.post("/v1/events").add_header("authorization", authorization);
        request.json(&event("cart.emptied"))
    };

    post(format!("bearer {TOKEN}")).await.assert_status_ok();
    post(format!("Bearer {OLD_TOKEN}")).await.assert_status_ok();
    for unknown in [format!("Bearer {TOKEN}x"), "Bearer".to_owned(), format!("Basic {TOKEN}")] {
        let response = post(unknown).await;
        assert_refused(&response, 401, "unauthorized");
        assert_eq!(response.header("www-authenticate"), "Bearer realm=\"event-bridge\"");
    }
    let nobody = server.post("/v1/events").json(&event("cart.emptied")).await;
    assert_refused(&nobody, 401, "unauthorized");
}

#[tokio::test]
async fn a_request_beyond_the_bounds_is_refused_whole() {
    let server = server();

    let long = request(&server).text("x".repeat(10_001)).await;
    assert_refused(&long, 413, "too_large");
    let many = post(&server, vec![event("cart.emptied"); 6].into()).await;
    assert_refused(&many, 413, "too_large");
    let text = request(&server).text("cart emptied").await;
    assert_refused(&text, 415, "unsupported");
    assert!(text.header("accept-post").to_str().unwrap().contains("application/cloudevents+json"));
    let torn = request(&server).text("{").content_type("application/json").await;
    assert_refused(&torn, 400, "undecodable");
}

#[tokio::test]
async fn a_producer_takes_no_more_than_its_share() {
    let intake = intake(&CancellationToken::new());
    let shop = &intake.members.0[0];
    let taken = (shop.place().unwrap(), shop.place().unwrap());
    assert!(shop.place().is_none(), "the shop has two places");
    std::mem::forget(taken);

    let response = post(&TestServer::new(intake.router()), event("cart.emptied")).await;

    assert_refused(&response, 429, "busy");
    assert_eq!(response.header("retry-after"), "1");
}

#[tokio::test]
async fn when_all_places_are_taken_every_producer_is_asked_to_come_back() {
    let intake = intake(&CancellationToken::new());
    intake.places.acquire_many(3).await.unwrap().forget();

    let response = post(&TestServer::new(intake.router()), event("cart.emptied")).await;

    assert_refused(&response, 503, "saturated");
    assert_eq!(response.header("retry-after"), "1");
}

#[tokio::test]
async fn a_stopping_sidecar_takes_no_events() {
    let shutdown = CancellationToken::new();
    let server = TestServer::new(intake(&shutdown).router());
    shutdown.cancel();

    assert_refused(&post(&server, event("cart.emptied")).await, 503, "draining");
}

#[tokio::test]
async fn a_cloud_event_in_binary_mode_is_read_from_its_headers() {
    let response = request(&server())
        .add_header("ce-specversion", "1.0")
        .add_header("ce-id", "order-7")
        .add_header("ce-source", "/shop/de")
        .add_header("ce-type", "com.example.shop.cart.emptied")
        .json(&json!({ "cartId": "c-1" }))
        .await;

    response.assert_status_ok();
    let id = crate::event::EventId::of_producer("shop", "/shop/de", "order-7");
    assert_eq!(response.json::<Value>()["verdicts"][0]["eventId"], json!(id));
}

#[rstest::rstest]
#[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
#[case("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false)]
#[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false)]
#[case("", false)]
fn only_a_whole_trace_context_goes_on(#[case] text: &str, #[case] expected: bool) {
    assert_eq!(is_traceparent(text), expected);
}
