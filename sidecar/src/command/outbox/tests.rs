use std::sync::Mutex;

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use super::*;
use crate::directus::operator::tests::operator;

fn health() -> Health {
    let health = json!({
        "protocol": "1",
        "outbox": {
            "pending": 12, "rejected": 1, "published": 1043, "ignored": 20,
            "oldestPendingAt": "2026-11-21T10:30:00Z", "oldestPendingAgeMs": 63_900,
        },
        "untracked": ["drafts", "sensor_values"],
        "relay": { "failures": 3, "lastError": "the sidecar answered 503" },
    });
    serde_json::from_value(health).unwrap()
}

fn row(id: u64, error: &Value) -> Value {
    json!({
        "id": id, "eventId": "01939f0e-7b5c-7c3e-9a51-3f6d0c8f2a10", "kind": "change",
        "collection": "feedback", "key": "42", "action": "create", "attempts": 0, "error": error,
        "createdAt": "2026-11-21T10:30:00Z", "settledAt": "2026-11-21T10:30:01Z",
    })
}

/// An outbox with rejected rows 1 to `count`, served as the endpoint does.
async fn outbox(count: u64) -> MockServer {
    let server = MockServer::start().await;
    let page = move |request: &Request| {
        let asked = |name| request.url.query_pairs().find(|(key, _)| key == name).unwrap().1;
        let (after, limit): (u64, u64) =
            (asked("after").parse().unwrap(), asked("limit").parse().unwrap());
        let last = count.min(after + limit);
        let rows: Vec<_> = (after + 1..=last).map(|id| row(id, &Value::Null)).collect();
        let next = (last < count).then_some(last);
        ResponseTemplate::new(200).set_body_json(json!({ "rows": rows, "next": next }))
    };
    Mock::given(path("/event-bridge/outbox/rejected")).respond_with(page).mount(&server).await;
    server
}

#[test]
fn the_figures_say_what_waits_for_how_long_and_what_is_wrong() {
    insta::assert_snapshot!(figures(&health()), @r"
    pending    12    the oldest for 1m 3s, since 2026-11-21T10:30:00Z
    rejected   1     see `sidecar outbox rejected`
    published  1043
    ignored    20

    the relay failed 3 time(s) in a row: the sidecar answered 503

    recorded best effort only, because their accountability is off: drafts, sensor_values
    ");
}

#[test]
fn an_outbox_in_order_has_nothing_to_add() {
    let mut health = health();
    (health.untracked, health.relay) = (vec![], None);
    health.outbox.rejected = 0;
    (health.outbox.oldest_pending_at, health.outbox.oldest_pending_age_ms) = (None, None);

    insta::assert_snapshot!(figures(&health), @r"
    pending    12
    rejected   0
    published  1043
    ignored    20
    ");
}

#[test]
fn a_rejected_row_is_listed_with_its_reason_and_its_place() {
    let contract = json!({ "code": "contract", "detail": "is no number", "path": "/data/rating" });
    let rows = [(7, contract), (1042, json!({ "code": "too_large" })), (1043, Value::Null)];
    let rows: Vec<RejectedRow> =
        rows.map(|(id, error)| serde_json::from_value(row(id, &error)).unwrap()).into();

    insta::assert_snapshot!(listed(&rows, false), @r"
    ID    REJECTED AT           ITEM         ACTION  CODE       REASON
    7     2026-11-21T10:30:01Z  feedback/42  create  contract   is no number (at /data/rating)
    1042  2026-11-21T10:30:01Z  feedback/42  create  too_large
    1043  2026-11-21T10:30:01Z  feedback/42  create

    there are more: `--limit` lists them
    ");
    assert_eq!(listed(&[], true), "nothing was rejected");
}

#[rstest::rstest]
#[case(1200, 1000, 1000, false)]
#[case(1200, 2000, 1200, true)]
#[case(1000, 1000, 1000, true)]
#[case(0, 10, 0, true)]
#[tokio::test]
async fn rejected_rows_are_read_page_by_page_up_to_the_limit(
    #[case] there: u64,
    #[case] limit: u32,
    #[case] listed: usize,
    #[case] expected_all: bool,
) {
    let server = outbox(there).await;

    let (rows, is_all) = rejected(&operator(&server), limit).await.unwrap();

    assert_eq!((rows.len(), is_all), (listed, expected_all));
    assert!(rows.iter().map(|row| row.id).eq(1..=listed as u64));
}

/// What `resend` posts, when the first answer asks for a second request.
async fn posted(what: ResendArgs) -> (u64, Vec<Value>) {
    let server = MockServer::start().await;
    let answers = Mutex::new(vec![json!({ "resent": 2, "next": null })]);
    if what.all {
        answers.lock().unwrap().push(json!({ "resent": 5, "next": 900 }));
    }
    Mock::given(path("/event-bridge/outbox/resend"))
        .respond_with(move |_: &Request| {
            ResponseTemplate::new(200).set_body_json(answers.lock().unwrap().pop().unwrap())
        })
        .mount(&server)
        .await;
    let resent = resend(&operator(&server), what).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    (resent, requests.iter().map(|request| request.body_json().unwrap()).collect())
}

#[tokio::test]
async fn named_rows_are_sent_again() {
    let what = ResendArgs { ids: vec![3, 4], all: false, collection: None, code: None };

    assert_eq!(posted(what).await, (2, vec![json!({ "ids": [3, 4] })]));
}

#[tokio::test]
async fn all_rows_are_sent_again_request_by_request() {
    let code = Some("contract".to_owned());
    let what = ResendArgs { ids: vec![], all: true, collection: None, code };

    let (resent, requests) = posted(what).await;

    assert_eq!(resent, 7);
    let after: Vec<_> = requests.iter().map(|request| request["after"].clone()).collect();
    assert_eq!(after, [0, 900]);
    assert!(requests.iter().all(|request| request["code"] == "contract" && request["all"] == true));
}
