use serde_json::json;

use super::*;
use crate::outbound::change::ChangeBatch;

const SHIPPED: &str = include_str!("../../../config/mappings.toml");

/// The golden create, update and delete of a feedback.
fn golden() -> [Change; 3] {
    let golden = include_str!("../../../../schemas/examples/changes.json");
    let batch: ChangeBatch = serde_json::from_str(golden).unwrap();
    let changes = batch.changes.into_iter().take(3);
    let changes: Vec<_> = changes.map(|change| serde_json::from_value(change).unwrap()).collect();
    changes.try_into().unwrap()
}

fn map(mappings: &str, change: &Change) -> Vec<Event> {
    Mappings::compile(mappings).unwrap().map(change).unwrap()
}

fn types(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.event_type.as_str()).collect()
}

#[test]
fn a_new_feedback_becomes_feedback_submitted() {
    let [created, ..] = golden();

    let events = map(SHIPPED, &created);

    assert_eq!(types(&events), ["feedback.submitted"]);
    let event = &events[0];
    assert_eq!(event.event_id, created.event_id);
    assert_eq!(event.correlation_id, created.event_id);
    assert_eq!(event.customer_id.as_deref(), Some("7"));
    assert_eq!(event.data["feedbackId"], "42");
    assert_eq!(event.data["rating"], 4);
    assert_eq!(event.data["submittedAt"], "2026-11-21T10:30:00Z");
}

#[test]
fn a_feedback_whose_text_stayed_is_merely_updated() {
    let [_, mut updated, _] = golden();
    assert_eq!(types(&map(SHIPPED, &updated)), ["feedback.submitted"]);

    updated.changed = vec!["rating".to_owned()];

    assert_eq!(types(&map(SHIPPED, &updated)), ["feedback.updated"]);
}

#[test]
fn a_collection_without_a_mapping_has_events_all_the_same() {
    let [mut created, updated, deleted] = golden();
    created.collection = "Spare-Parts".to_owned();

    assert_eq!(types(&map("", &created)), ["spare_parts.created"]);
    assert_eq!(types(&map("", &updated)), ["feedback.updated"]);
    assert_eq!(types(&map("", &deleted)), ["feedback.deleted"]);
    assert_eq!(map("", &deleted)[0].data["text"], "It broke.");
}

#[rstest::rstest]
#[case("")]
#[case(SHIPPED)]
fn an_event_says_when_its_change_was_not_recorded_in_its_transaction(#[case] mappings: &str) {
    let [transactional, best_effort, _] = golden();
    let mut backfilled = transactional.clone();
    backfilled.capture = Capture::Backfill;

    let capture = |change| map(mappings, change)[0].context.get("capture").cloned();

    assert_eq!(capture(&transactional), None);
    assert_eq!(capture(&best_effort), Some(json!("best_effort")));
    assert_eq!(capture(&backfilled), Some(json!("backfill")));
}

#[test]
fn the_first_mapping_that_holds_wins_and_none_ignores() {
    let mappings = r#"
        [[mapping]]
        collection = "feedback"
        when = "item.rating < 3"
        event = "none"
        [[mapping]]
        collection = "feedback"
        event = "feedback.seen"
        [[mapping]]
        collection = "feedback"
        event = "feedback.never"
    "#;
    let [created, updated, _] = golden();

    assert_eq!(types(&map(mappings, &created)), ["feedback.seen"]);
    assert!(map(mappings, &updated).is_empty());
}

#[test]
fn a_change_can_become_several_events_with_ids_of_their_own() {
    let mappings = r#"
        [[mapping]]
        collection = "feedback"
        event = "feedback.submitted"
        also = true
        [[mapping]]
        collection = "feedback"
        event = "customer.spoke"
        data = { words = { first = "item.text | split(' ') | first" } }
    "#;
    let [created, ..] = golden();

    let events = map(mappings, &created);

    assert_eq!(types(&events), ["feedback.submitted", "customer.spoke"]);
    assert_eq!(events[0].event_id, created.event_id);
    assert_eq!(events[1].event_id, created.event_id.also(&events[1].event_type));
    assert_eq!(events[1].data["words"], json!({ "first": "I" }));
}

#[test]
fn an_expression_that_fails_names_its_place() {
    let mappings = r#"
        [[mapping]]
        collection = "feedback"
        event = "feedback.submitted"
        data = { weight = "item.text / 2" }
    "#;

    let refusal = Mappings::compile(mappings).unwrap().map(&golden()[0]).unwrap_err();

    assert_eq!(refusal.code, RefusalCode::Mapping);
    let place = "mapping 1 (feedback to feedback.submitted): data.weight";
    assert_eq!(refusal.path.as_deref(), Some(place));
}

#[test]
fn every_mistake_is_reported_at_once() {
    let mistakes = r#"
        [[mapping]]
        collection = "feedback"
        when = "item.rating =="
        event = "Feedback"
        [[mapping]]
        colection = "feedback"
        event = "none"
    "#;

    let problems = Mappings::compile(mistakes).unwrap_err();

    assert_eq!(problems.len(), 3, "{problems:#?}");
    assert!(problems[0].starts_with("mapping 1 (feedback to Feedback): when: "));
    assert!(problems[1].starts_with("mapping 1 (feedback to Feedback): event: "));
    assert!(problems[2].starts_with("mapping 2: unknown field `colection`"));
}
