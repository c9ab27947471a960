mod directus;
mod retention;

use std::path::Path;

use rstest::rstest;
use serde_json::Map;
use wiremock::MockServer;

use self::directus::{directus, row};
use super::*;
use crate::{
    config::{Config, Reactions},
    event::{EventId, Subject},
    reaction::testing::context_of,
};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config");
const SHIPPED: &str = include_str!("../../../config/reactions.toml");

fn shipped() -> std::sync::Arc<Journey> {
    std::sync::Arc::clone(&Reactions::compile(SHIPPED).unwrap().journeys()["journey"])
}

/// The example of this type, as it would have happened at that time.
fn event(event_type: &str, at: &str) -> Event {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/examples/valid");
    let golden = std::fs::read_to_string(format!("{folder}/{event_type}-1.json")).unwrap();
    let mut event: Event = serde_json::from_str(&golden).unwrap();
    event.event_id = EventId(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, at.as_bytes()));
    event.occurred_at = at.parse().unwrap();
    event.customer_id = Some("7".to_owned());
    event
}

fn churn_story() -> Vec<Event> {
    vec![
        event("payment.failed", "2026-11-01T09:00:00Z"),
        event("ticket.enriched", "2026-11-02T09:00:00Z"),
        event("usage.dropped", "2026-11-09T00:00:00Z"),
    ]
}

/// Lets events arrive one after another, and returns what was told.
async fn told(server: &MockServer, events: &[Event], replayed: bool) -> Vec<Event> {
    let (journey, mut told) = (shipped(), Vec::new());
    for event in events {
        let context = Context { replayed, ..context_of(&server.uri()) };
        told.extend(Reaction::react(&*journey, event, &context).await.unwrap().events);
    }
    told
}

#[rstest]
#[case::in_order([0, 1, 2])]
#[case::backwards([2, 1, 0])]
#[case::the_first_last([1, 2, 0])]
#[tokio::test]
async fn the_churn_story_is_told_once_in_any_order_with_its_proof(#[case] order: [usize; 3]) {
    let (server, story) = (directus(&[]).await, churn_story());
    let arriving: Vec<_> = order.iter().map(|at| story[*at].clone()).collect();

    let told_first = told(&server, &arriving, false).await;

    let [risk] = told_first.as_slice() else { panic!("one event: {told_first:?}") };
    assert_eq!(risk.event_type.as_str(), "customer.churn_risk.detected");
    assert_eq!(risk.subject, Subject { collection: "customers".to_owned(), key: "7".to_owned() });
    let ids: Vec<_> = story.iter().map(|event| event.event_id).collect();
    assert_eq!(risk.data["evidence"], json!(ids));
    assert_eq!(risk.causation_id, Some(ids[2]));
    assert_eq!(risk.data["windowStart"], "2026-11-01T09:00:00Z");
    // When it has come back into the timeline, it is old news.
    told(&server, std::slice::from_ref(risk), false).await;
    assert_eq!(told(&server, &arriving, false).await, []);
}

#[tokio::test]
async fn what_is_told_keeps_its_contract() {
    let config = Config::load_without_secrets(Path::new(CONFIG)).unwrap();
    let (server, mut events) = (directus(&[]).await, churn_story());
    events.extend([
        event("cart.item_added", "2026-11-10T00:00:00Z"),
        event("cart.abandoned", "2026-11-10T01:00:00Z"),
        event("login.after_inactivity", "2026-11-10T02:00:00Z"),
    ]);

    let mut told_first = told(&server, &events, false).await;
    told_first.extend(told(&server, &told_first.clone(), false).await);

    let types: BTreeSet<_> = told_first.iter().map(|it| it.event_type.as_str()).collect();
    let expected = [
        "cart.discount.offered",
        "cart.recommendation.requested",
        "customer.churn_risk.detected",
        "customer.segment.changed",
    ];
    assert_eq!(types, expected.into());
    for event in &told_first {
        config.contracts.check_event(event).unwrap();
    }
}

#[tokio::test]
async fn an_event_is_found_though_the_database_keeps_less_of_its_time() {
    let server = directus(&[]).await;
    let back = event("login.after_inactivity", "2026-11-10T02:00:00.123456789Z");

    assert_eq!(told(&server, &[back], false).await.len(), 1);
}

#[tokio::test]
async fn a_replay_fills_the_timeline_and_tells_nothing() {
    let (server, story) = (directus(&[]).await, churn_story());

    assert_eq!(told(&server, &story, true).await, []);

    let ids: Vec<_> = story.iter().map(|event| event.event_id).collect();
    let context = context_of(&server.uri());
    assert_eq!(shipped().rows.there(&context.directus, &ids).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_event_of_nobody_is_no_part_of_a_journey() {
    let nobody = Event { customer_id: None, ..event("payment.failed", "2026-11-01T09:00:00Z") };

    let reacted = Reaction::react(&*shipped(), &nobody, &context_of("http://127.0.0.1:9")).await;

    assert!(reacted.unwrap().events.is_empty());
}

fn quiet_story() -> Vec<Event> {
    let visit = |at| event("session.ended", at);
    vec![
        event("feature.used", "2026-11-01T00:00:00Z"),
        visit("2026-11-05T00:00:00Z"),
        visit("2026-11-06T00:00:00Z"),
        visit("2026-11-07T00:00:00Z"),
        event("page.visited", "2026-11-07T01:00:00Z"),
    ]
}

async fn look_round(server: &MockServer, now: &str) -> Vec<Event> {
    let now: Timestamp = now.parse().unwrap();
    let context = Context { now, ..context_of(&server.uri()) };
    let round = Round { since: now - SignedDuration::from_mins(10), page: 1 };
    Reaction::look_round(&*shipped(), &round, &context).await.unwrap().events
}

#[tokio::test]
async fn a_silence_is_told_by_a_look_round_when_no_late_event_can_break_it() {
    let server = directus(&quiet_story()).await;

    // The feature was used last on the 1st; 11 days and the allowed lateness later it is certain.
    assert_eq!(look_round(&server, "2026-11-12T00:05:00Z").await, []);
    let told = look_round(&server, "2026-11-13T00:05:00Z").await;

    let [risk] = told.as_slice() else { panic!("one event: {told:?}") };
    assert_eq!(risk.data["pattern"], "short_visits_without_the_core_feature");
    let proof: Vec<_> = quiet_story()[1..].iter().map(|event| event.event_id).collect();
    assert_eq!(risk.data["evidence"], json!(proof));
    assert_eq!(risk.data["windowEnd"], "2026-11-12T00:00:00Z");
}

#[tokio::test]
async fn a_silence_that_was_broken_in_time_is_none() {
    let mut story = quiet_story();
    story.push(event("feature.used", "2026-11-11T23:00:00Z"));
    let server = directus(&story).await;

    assert_eq!(look_round(&server, "2026-11-13T00:05:00Z").await, []);
}

#[tokio::test]
async fn three_red_sweaters_in_a_row_become_an_interest_on_the_customer() {
    let viewed = |at| event("product.viewed", at);
    let story =
        ["2026-11-01T00:00:00Z", "2026-11-01T00:01:00Z", "2026-11-01T00:02:00Z"].map(viewed);
    let server = directus(&story).await;

    let told = look_round(&server, "2026-11-01T00:13:00Z").await;

    let [interest] = told.as_slice() else { panic!("one event: {told:?}") };
    assert_eq!(interest.event_type.as_str(), "customer.interest.detected");
    let now = "2026-11-01T00:14:00Z".parse().unwrap();
    let context = Context { now, ..context_of(&server.uri()) };
    let interest = Event { occurred_at: now, ..interest.clone() };
    let reacted = Reaction::react(&*shipped(), &interest, &context).await.unwrap();
    let [effect] = reacted.effects.as_slice() else { panic!("one effect: {reacted:?}") };
    let customer = Subject { collection: "customers".to_owned(), key: "7".to_owned() };
    assert_eq!(effect.subject(), &customer);
    let expected = json!({ "interests": ["red_sweaters"], "segments": [] });
    assert_eq!(Value::Object(effect.data().clone()), expected);
}

#[tokio::test]
async fn a_rehearsal_says_what_would_have_been_told() {
    let server = directus(&churn_story()).await;
    let now: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    let context = context_of(&server.uri());
    let since = "2026-11-05T00:00:00Z".parse().unwrap();

    let (findings, more) =
        shipped().rehearse(since, None, 1, &context.directus, now).await.unwrap();

    let [finding] = findings.as_slice() else { panic!("one finding: {findings:?}") };
    assert!(!more);
    assert_eq!(finding.pattern, "failed_payment_then_angry_then_quiet");
    assert_eq!(finding.at, churn_story()[2].occurred_at);
    assert_eq!(finding.evidence.len(), 3);
}

#[test]
fn every_mistake_is_reported_at_once() {
    let mistakes = r#"
        [journey.journey]
        timeline = "customer_events"
        late = "24h"
        look_round = "5m"
        keep = "30m"
        profile = { collection = "c", interests = "i", segments = "s", good_for = "31m" }

        [[journey.journey.patterns]]
        name = "round"
        within = "1h"
        steps = [{ event = "letter.a" }]
        announce = { event = "letter.b", data = { id = "customer" } }

        [[journey.journey.patterns]]
        name = "round"
        within = "1h"
        steps = [{ event = "letter.b", when = "==" }]
        announce = { event = "letter.a", data = {} }

        [[journey.journey.patterns]]
        name = "itself"
        within = "1h"
        steps = [{ event = "letter.c" }]
        announce = { event = "letter.c", data = {} }
    "#;

    let problems = Reactions::compile(mistakes).unwrap_err();

    insta::assert_snapshot!(problems.join("\n"), @r"
    journey.journey: patterns: round: announce.data.id: `customer`: there is no `customer` here, only pattern, customerId, evidence, events, first, last, windowStart, windowEnd
    journey.journey: patterns: round: there is another of this name
    journey.journey: patterns: round: when: `==`: not an expression: syntax error: unexpected `==`
    journey.journey: patterns: itself: it leads back to what it was found by, without end
    journey.journey: keep: the pattern itself reaches further back
    journey.journey: keep: the profile is good for longer
    ");
}

#[test]
fn a_row_that_cannot_be_read_is_no_event() {
    let good = row(&churn_story()[0]);
    let broken = |field: &str, value: Value| {
        let mut row = good.clone();
        row[field] = value;
        let Value::Object(row) = row else { unreachable!() };
        timeline::moment(row)
    };

    assert!(broken("customer", json!(7)).is_some_and(|it| it.customer_id == "7"));
    assert!(broken("data", json!("{}")).is_some_and(|it| it.data == Map::new()));
    let without_zone = broken("occurred_at", json!("2026-11-01T09:00:00"));
    assert!(without_zone.is_some_and(|it| it.occurred_at == churn_story()[0].occurred_at));
    assert!(broken("occurred_at", json!("yesterday")).is_none());
    assert!(broken("event_type", Value::Null).is_none());
}
