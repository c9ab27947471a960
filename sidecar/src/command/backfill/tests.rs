use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use super::*;
use crate::directus::operator::tests::operator;

fn args() -> BackfillArgs {
    BackfillArgs {
        collection: "feedback".to_owned(),
        after: None,
        run: None,
        rate: "100000/s".parse().unwrap(),
        pending_max: NonZeroU32::new(1000).unwrap(),
        json: false,
    }
}

/// A Directus with items 1 to 250, served as the endpoint does, whose outbox holds `pending` rows.
async fn directus(pending: u64) -> MockServer {
    let server = MockServer::start().await;
    let page = move |request: &Request| {
        let asked: Value = request.body_json().unwrap();
        let after: u64 = asked["after"].as_str().map_or(0, |key| key.parse().unwrap());
        let last = 250.min(after + asked["limit"].as_u64().unwrap());
        ResponseTemplate::new(200).set_body_json(json!({
            "recorded": last - after,
            "skipped": 0,
            "last": (last > after).then(|| last.to_string()),
            "total": asked["count"].as_bool().unwrap().then_some(250 - after),
            "pending": pending,
        }))
    };
    Mock::given(path("/event-bridge/backfill")).respond_with(page).mount(&server).await;
    server
}

/// The `after` of each page that was asked for.
async fn pages(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    let pages = requests.iter().filter(|request| request.url.path().ends_with("backfill"));
    pages.map(|request| request.body_json::<Value>().unwrap()["after"].clone()).collect()
}

async fn walked(
    server: &MockServer,
    args: &BackfillArgs,
    shutdown: &CancellationToken,
) -> (Done, anyhow::Result<()>) {
    let mut done = Done::new(args, "first".to_owned());
    let pace = Pace::new(args.rate, args.pending_max).looking_every(Duration::from_millis(1));
    let mut progress = Progress::Silent;
    let outcome = walk(&operator(server), pace, shutdown, &mut done, &mut progress).await;
    (done, outcome)
}

#[tokio::test]
async fn every_item_is_met_once_page_by_page() {
    let server = directus(0).await;

    let (done, outcome) = walked(&server, &args(), &CancellationToken::new()).await;

    outcome.unwrap();
    assert!(done.complete);
    assert_eq!(done.told(), "250 item(s) of feedback are in the outbox (run first)");
    assert_eq!(pages(&server).await, [json!(null), json!("100"), json!("200"), json!("250")]);
}

#[tokio::test]
async fn a_resumed_run_goes_on_after_the_key() {
    let server = directus(0).await;
    let args = BackfillArgs { after: Some("200".to_owned()), ..args() };

    let (done, outcome) = walked(&server, &args, &CancellationToken::new()).await;

    outcome.unwrap();
    assert_eq!((done.recorded, done.complete), (50, true));
    assert_eq!(pages(&server).await, [json!("200"), json!("250")]);
}

#[tokio::test]
async fn a_run_holds_back_while_the_outbox_is_full() {
    let server = directus(1001).await;
    let looks = AtomicU64::new(0);
    let figures = move |_: &Request| {
        // Every third look finds the outbox emptied enough.
        let pending = if looks.fetch_add(1, Ordering::Relaxed) % 3 == 2 { 1000 } else { 1001 };
        ResponseTemplate::new(200).set_body_json(json!({
            "pending": pending, "rejected": 0, "published": 0, "ignored": 0,
            "oldestPendingAt": null, "oldestPendingAgeMs": null,
        }))
    };
    Mock::given(path("/event-bridge/outbox")).respond_with(figures).mount(&server).await;

    let (done, outcome) = walked(&server, &args(), &CancellationToken::new()).await;

    outcome.unwrap();
    assert!(done.complete);
    let requests = server.received_requests().await.unwrap();
    let looks = requests.iter().filter(|request| request.url.path().ends_with("outbox")).count();
    assert_eq!(looks, 9, "three looks after each of three pages");
}

#[tokio::test]
async fn a_failure_leaves_the_command_that_goes_on() {
    let server = MockServer::start().await;
    let page =
        json!({ "recorded": 99, "skipped": 1, "last": "it's 100", "total": 250, "pending": 0 });
    let page = ResponseTemplate::new(200).set_body_json(page);
    Mock::given(path("/event-bridge/backfill"))
        .respond_with(page)
        .up_to_n_times(1)
        .mount(&server)
        .await;

    let (done, outcome) = walked(&server, &args(), &CancellationToken::new()).await;

    assert!(outcome.unwrap_err().to_string().contains("404"));
    insta::assert_snapshot!(done.told(), @"99 item(s) of feedback are in the outbox (run first), 1 were there already or are gone");
    insta::assert_snapshot!(
        done.go_on(Path::new("sidecar/config"), &args()),
        @r"sidecar --config sidecar/config backfill feedback --run first --after 'it'\''s 100' --rate 100000/s --pending-max 1000"
    );
}

#[tokio::test]
async fn a_run_that_is_interrupted_asks_for_no_further_page() {
    let server = directus(0).await;
    let shutdown = CancellationToken::new();
    shutdown.cancel();

    let (done, outcome) = walked(&server, &args(), &shutdown).await;

    outcome.unwrap();
    assert!(!done.complete);
    assert_eq!(pages(&server).await, Vec::<Value>::new());
}

#[rstest::rstest]
#[case("42", "42")]
#[case("0199-ab", "0199-ab")]
#[case("", "''")]
#[case("-42", "'-42'")]
#[case("a b", "'a b'")]
#[case("$(rm)", "'$(rm)'")]
fn a_key_is_one_word_to_a_shell(#[case] key: &str, #[case] word: &str) {
    assert_eq!(quoted(key), word);
}
