mod directus;
mod mistakes;

use std::path::Path;

use jiff::SignedDuration;
use rstest::rstest;
use serde_json::json;
use wiremock::MockServer;

use self::directus::{Stored, directus};
use super::*;
use crate::{config::Config, reaction::testing::context_of};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config");
const NOW: &str = "2026-11-21T10:52:00Z";

const FEEDBACK: &str = r#"
    name = "negative_feedback"
    kind = "spike"
    collection = "feedback"
    time = "date_created"
    filter = { sentiment = { _eq = "negative" } }
    of = { sentiment = { _nnull = true } }
    window = "15m"
    history = 24
    late = "5m"
    minimum = 10
    ratio = 2
    factor = 4
"#;
const EVENTS: &str = r#"
    name = "event_rate"
    kind = "dip"
    collection = "customer_events"
    time = "occurred_at"
    events = ["order.placed", "payment.succeeded"]
    window = "15m"
    history = 24
    late = "5m"
    minimum = 20
    ratio = 2
    factor = 4
"#;

fn anomaly(watches: &[&str]) -> Anomaly {
    let settings = "announce = 'anomaly.detected'\nrecord = 'anomalies'\nlook_round = '5m'";
    let watches = watches.iter().map(|watch| format!("[[watches]]\n{watch}"));
    let written = [settings.to_owned()].into_iter().chain(watches).collect::<Vec<_>>().join("\n");
    Anomaly::compile(toml::from_str(&written).unwrap()).unwrap()
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// So many windows of a quarter of an hour before that which is still going on.
fn windows_ago(windows: i64) -> Timestamp {
    let current: Timestamp = "2026-11-21T10:45:00Z".parse().unwrap();
    current - SignedDuration::from_mins(15 * windows)
}

/// Of each, so many in every window of the last ten hours.
fn usual(of_each: &[(Stored, i64)]) -> Vec<(Stored, Timestamp)> {
    (1..=40).flat_map(|ago| window(ago, of_each)).collect()
}

fn window(ago: i64, of_each: &[(Stored, i64)]) -> Vec<(Stored, Timestamp)> {
    let each = |(stored, number): &(Stored, i64)| {
        let moments = (0..*number).map(|at| windows_ago(ago) + SignedDuration::from_secs(at));
        moments.map(|at| (*stored, at)).collect::<Vec<_>>()
    };
    of_each.iter().flat_map(each).collect()
}

/// All that one look tells.
async fn look(reaction: &Anomaly, server: &MockServer, at: Timestamp) -> Vec<Event> {
    let context = Context { now: at, ..context_of(&server.uri()) };
    let (mut told, mut round) = (Vec::new(), Round { since: at, page: 1 });
    loop {
        let page = Reaction::look_round(reaction, &round, &context).await.unwrap();
        told.extend(page.events);
        if !page.more {
            return told;
        }
        round.page += 1;
    }
}

/// What was told comes back by the bus.
async fn comes_back(reaction: &Anomaly, server: &MockServer, told: &[Event]) {
    let context = context_of(&server.uri());
    for event in told {
        let reacted = Reaction::react(reaction, event, &context).await.unwrap();
        context.effects.write(reacted.effects).await.unwrap();
    }
}

const MOSTLY_CONTENT: [(Stored, i64); 2] = [(Stored::Negative, 3), (Stored::Positive, 27)];

#[tokio::test]
async fn a_spike_is_told_with_its_window_and_its_past() {
    let mut stored = usual(&MOSTLY_CONTENT);
    stored.extend(window(1, &[(Stored::Negative, 30)]));
    let server = directus(&stored).await;

    let told = look(&anomaly(&[FEEDBACK]), &server, now()).await;

    let [spike] = told.as_slice() else { panic!("one event: {told:?}") };
    assert_eq!(spike.subject.collection, "anomalies");
    assert_eq!(spike.subject.key, spike.event_id.to_string());
    assert_eq!(
        json!(spike.data),
        json!({
            "anomalyId": "negative_feedback_spike/2026-11-21T10:30:00Z",
            "kind": "negative_feedback_spike",
            "observed": 33,
            "expected": 6.0,
            "deviation": 6.5,
            "eventType": null,
            "windowStart": "2026-11-21T10:30:00Z",
            "windowEnd": "2026-11-21T10:45:00Z",
            "explanation": "33 of 60 within 15m, where 6 would be usual.",
        })
    );
    let config = Config::load_without_secrets(Path::new(CONFIG)).unwrap();
    config.contracts.check_event(spike).unwrap();
}

#[tokio::test]
async fn more_feedback_of_all_kinds_is_no_spike_of_negative_feedback() {
    let mut stored = usual(&MOSTLY_CONTENT);
    stored.extend(window(1, &[(Stored::Negative, 30), (Stored::Positive, 270)]));

    assert_eq!(look(&anomaly(&[FEEDBACK]), &directus(&stored).await, now()).await, []);
}

#[tokio::test]
async fn silence_is_a_dip_of_the_type_that_is_silent() {
    let mut stored = usual(&[(Stored::Order, 30), (Stored::Payment, 40)]);
    stored.retain(|(what, at)| *what != Stored::Order || *at < windows_ago(2));
    let server = directus(&stored).await;

    let told = look(&anomaly(&[EVENTS]), &server, now()).await;

    let [dip] = told.as_slice() else { panic!("one episode: {told:?}") };
    assert_eq!(dip.data["anomalyId"], "event_rate_dip/order.placed/2026-11-21T10:15:00Z");
    assert_eq!(dip.data["eventType"], "order.placed");
    assert_eq!((&dip.data["observed"], &dip.data["expected"]), (&json!(0), &json!(30.0)));
    let words = "0 order.placed within 15m, where 30 would be usual.";
    assert_eq!(dip.data["explanation"], words);
}

#[tokio::test]
async fn an_episode_is_told_once_whoever_looks_and_however_often() {
    let mut stored = usual(&MOSTLY_CONTENT);
    stored.extend(window(2, &[(Stored::Negative, 30)]));
    stored.extend(window(1, &[(Stored::Negative, 40)]));
    let server = directus(&stored).await;
    let (one, another) = (anomaly(&[FEEDBACK]), anomaly(&[FEEDBACK]));

    let told = look(&one, &server, now()).await;
    let told_elsewhere = look(&another, &server, now()).await;
    assert_eq!(told.len(), 1, "two windows of one episode: {told:?}");
    assert_eq!(told, told_elsewhere, "until it is recorded, under one id");

    comes_back(&one, &server, &told).await;
    assert_eq!(look(&one, &server, now()).await, []);
    assert_eq!(look(&another, &server, now()).await, []);
    assert_eq!(look(&anomaly(&[FEEDBACK]), &server, now()).await, [], "nor after a restart");
}

#[rstest]
#[case::while_it_still_may_grow("2026-11-21T10:49:59Z", 0)]
#[case::when_it_is_over("2026-11-21T10:50:00Z", 1)]
#[case::when_nobody_looked_for_hours("2026-11-21T22:00:00Z", 1)]
#[case::when_it_is_old_news("2026-11-22T10:52:00Z", 0)]
#[tokio::test]
async fn a_window_is_judged_when_no_more_of_it_is_to_come(
    #[case] at: &str,
    #[case] expected: usize,
) {
    let mut stored = usual(&MOSTLY_CONTENT);
    stored.extend(window(1, &[(Stored::Negative, 30)]));
    let server = directus(&stored).await;

    let told = look(&anomaly(&[FEEDBACK]), &server, at.parse().unwrap()).await;

    assert_eq!(told.len(), expected, "{told:?}");
}

#[tokio::test]
async fn a_young_system_is_not_judged() {
    let mut stored: Vec<_> = (1..=10).flat_map(|ago| window(ago, &MOSTLY_CONTENT)).collect();
    stored.extend(window(1, &[(Stored::Negative, 30)]));

    assert_eq!(look(&anomaly(&[FEEDBACK]), &directus(&stored).await, now()).await, []);
    assert_eq!(look(&anomaly(&[EVENTS]), &directus(&[]).await, now()).await, []);
}

#[tokio::test]
async fn a_watch_that_cannot_look_does_not_silence_the_others() {
    let mut stored = usual(&MOSTLY_CONTENT);
    stored.extend(window(1, &[(Stored::Negative, 30)]));
    let server = directus(&stored).await;
    let missing = EVENTS.replace("customer_events", "events_of_nobody");

    let told = look(&anomaly(&[&missing, FEEDBACK]), &server, now()).await;

    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn what_was_counted_is_not_asked_for_again() {
    let server = directus(&usual(&MOSTLY_CONTENT)).await;
    let reaction = anomaly(&[FEEDBACK]);

    look(&reaction, &server, now()).await;
    let at_first = server.received_requests().await.unwrap().len();
    look(&reaction, &server, now() + SignedDuration::from_mins(15)).await;
    let then = server.received_requests().await.unwrap().len() - at_first;

    assert!(at_first > 40, "{at_first}");
    assert_eq!(then, 2, "since when there is anything, and what is in the new window");
}
