use std::{num::NonZeroU32, time::Duration};

use serde_json::json;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{header, method, path},
};

use super::*;
use crate::directus::availability::AvailabilityLimits;

const RETRY: RetryPolicy = RetryPolicy {
    delay_min: Duration::from_millis(1),
    delay_max: Duration::from_millis(2),
    attempts_max: NonZeroU32::new(3).unwrap(),
};

fn effect(key: &str) -> Effect {
    let golden = include_str!("../../../../schemas/examples/valid/feedback.submitted-1.json");
    let mut event: Event = serde_json::from_str(golden).unwrap();
    key.clone_into(&mut event.subject.key);
    let Value::Object(data) = json!({ "sentiment": "positive", "sentiment_score": 0.7579 }) else {
        unreachable!()
    };
    Effect::update(&event, "enrich", data)
}

/// A Directus that answers each request by `answer`.
async fn directus(
    answer: impl Fn(&[Value]) -> ResponseTemplate + Send + Sync + 'static,
) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/event-bridge/effects"))
        .and(header("authorization", "Bearer token"))
        .respond_with(move |request: &Request| answer(&request.body_json::<Vec<Value>>().unwrap()))
        .mount(&server)
        .await;
    server
}

fn writer(server: &MockServer) -> EffectWriter {
    let (url, timeout) = (server.uri().parse().unwrap(), Duration::from_secs(5));
    let directus = Directus::connect(&url, "token".to_owned().into(), timeout).unwrap();
    let limits = BatchLimits {
        size_max: EFFECTS_MAX,
        linger: Duration::from_millis(10),
        in_flight_max: NonZeroUsize::MIN,
    };
    let availability = Availability::new(AvailabilityLimits {
        failures_max: NonZeroU32::new(10).unwrap(),
        failure_window: NonZeroUsize::new(20).unwrap(),
        probe_interval: Duration::from_secs(5),
    });
    EffectWriter::start(
        directus,
        availability,
        limits,
        RETRY,
        &TaskTracker::new(),
        CancellationToken::new(),
    )
}

/// What becomes of effects when Directus answers each request by `answer`.
async fn write(
    effects: Vec<Effect>,
    answer: impl Fn(&[Value]) -> ResponseTemplate + Send + Sync + 'static,
) -> Result<Written, DeliveryError> {
    writer(&directus(answer).await).write(effects).await
}

fn verdicts(effects: &[Value], verdict: &Value) -> ResponseTemplate {
    let verdicts: Vec<Value> = effects
        .iter()
        .map(|effect| {
            let mut answer = verdict.clone();
            answer["effectId"] = effect["effectId"].clone();
            answer
        })
        .collect();
    ResponseTemplate::new(200).set_body_json(json!({ "verdicts": verdicts }))
}

#[test]
fn an_effect_is_written_as_the_endpoint_reads_it() {
    let golden: Value =
        serde_json::from_str(include_str!("../../../../schemas/examples/effects.json")).unwrap();

    let customer = serde_json::from_value(golden["effects"][0]["customer"].clone()).unwrap();
    let effect = effect("42").for_customer(customer);

    assert_eq!(serde_json::to_value(effect).unwrap(), golden["effects"][0]);
}

#[test]
fn every_golden_verdict_is_understood() {
    let golden: Value =
        serde_json::from_str(include_str!("../../../../schemas/examples/effects.json")).unwrap();

    let verdicts: Vec<EffectVerdict> = serde_json::from_value(golden["verdicts"].clone()).unwrap();

    let words: Vec<_> = verdicts.iter().map(EffectVerdict::as_str).collect();
    assert_eq!(words, ["applied", "duplicate", "stale", "missing", "refused", "retry", "erased"]);
}

#[rstest::rstest]
#[case("applied")]
#[case("duplicate")]
#[case("stale")]
#[case("missing")]
#[case("erased")]
#[tokio::test]
async fn an_effect_that_is_over_is_an_end(#[case] verdict: &'static str) {
    let effects = vec![effect("1"), effect("2")];

    let outcome = write(effects, move |sent| verdicts(sent, &json!({ "verdict": verdict }))).await;

    assert!(outcome.is_ok(), "{outcome:?}");
}

#[tokio::test]
async fn an_effect_that_directus_refuses_is_permanent() {
    let error = json!({ "code": "FORBIDDEN", "message": "no permission" });

    let outcome = write(vec![effect("1")], move |sent| {
        verdicts(sent, &json!({ "verdict": "refused", "error": error }))
    })
    .await;

    let Err(DeliveryError::Permanent(refusal)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.path.as_deref(), Some("FORBIDDEN"));
}

#[rstest::rstest]
#[case(401)]
#[case(403)]
#[case(404)]
#[case(429)]
#[case(503)]
#[tokio::test]
async fn a_directus_that_can_be_mended_is_waited_for(#[case] status: u16) {
    let outcome = write(vec![effect("1")], move |_| ResponseTemplate::new(status)).await;

    assert!(outcome.is_err_and(|error| error.is_transient()));
}

#[tokio::test]
async fn an_effect_that_waits_for_an_admin_goes_back_to_the_queue_at_once() {
    let error = json!({ "code": "COLLECTION_INACTIVE", "message": "inactive" });
    let server =
        directus(move |sent| verdicts(sent, &json!({ "verdict": "retry", "error": error }))).await;

    let outcome = writer(&server).write(vec![effect("1")]).await;

    assert!(outcome.is_err_and(|error| error.is_transient()));
    assert_eq!(server.received_requests().await.unwrap().len(), 1, "hurry is no use");
}

#[tokio::test]
async fn an_answer_that_lacks_a_verdict_is_not_believed() {
    let outcome = write(vec![effect("1"), effect("2")], |sent| {
        verdicts(&sent[..sent.len() - 1], &json!({ "verdict": "applied" }))
    })
    .await;

    assert!(outcome.is_err_and(|error| error.is_transient()));
}

#[tokio::test]
async fn only_the_effect_to_blame_fails_when_a_request_is_refused() {
    let answer = |sent: &[Value]| {
        if sent.iter().any(|effect| effect["key"] == "huge") {
            ResponseTemplate::new(400)
        } else {
            verdicts(sent, &json!({ "verdict": "applied" }))
        }
    };
    let server = directus(answer).await;
    let writer = writer(&server);

    let (fine, huge) =
        tokio::join!(writer.write(vec![effect("fine")]), writer.write(vec![effect("huge")]));

    assert!(fine.is_ok(), "{fine:?}");
    assert!(matches!(huge, Err(DeliveryError::Permanent(_))), "{huge:?}");
    let sizes = server.received_requests().await.unwrap().into_iter();
    let sizes = sizes.map(|request| request.body_json::<Vec<Value>>().unwrap().len());
    assert_eq!(sizes.collect::<Vec<_>>(), [2, 1, 1]);
}
