mod property;
mod shipped;

use serde_json::json;

use super::*;
use crate::outbound::change::ChangeBatch;

const SHIPPED: &str = include_str!("../../../config/mappings.toml");

/// The golden create, update and delete of a feedback.
fn golden() -> [Change; 3] {
    let golden = include_str!("../../../../schemas/examples/changes.json");
    let batch: ChangeBatch = serde_json::from_str(golden).unwrap();
    let changes = batch.changes.into_iter().take(3);
    let changes: Vec<_> =
        changes.map(|change| serde_json::from_str(change.get()).unwrap()).collect();
    changes.try_into().unwrap()
}

fn map(mappings: &str, change: &Change) -> Vec<Event> {
    let mappings = Mappings::compile(mappings).unwrap();
    mappings.consider(change).unwrap().into_iter().filter_map(Considered::publishable).collect()
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
    let mut requested = transactional.clone();
    requested.capture = Capture::Requested;

    let capture = |change| map(mappings, change)[0].context.get("capture").cloned();

    assert_eq!(capture(&transactional), None);
    assert_eq!(capture(&best_effort), Some(json!("best_effort")));
    assert_eq!(capture(&backfilled), Some(json!("backfill")));
    assert_eq!(capture(&requested), Some(json!("requested")));
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
fn an_expression_that_fails_names_file_line_expression_and_value() {
    let mappings = r#"
        [[mapping]]
        collection = "feedback"
        event = "feedback.submitted"

        [mapping.data]
        text = "item.text"
        weight = "item.text / 2"
    "#;

    let refusal = Mappings::compile(mappings).unwrap().consider(&golden()[0]).unwrap_err();

    assert_eq!(refusal.code, RefusalCode::Mapping);
    let place = "mappings.toml:8: mapping 1 (feedback to feedback.submitted): data.weight";
    assert_eq!(refusal.path.as_deref(), Some(place));
    insta::assert_snapshot!(refusal.detail, @r#"`item.text / 2`: invalid operation: tried to use / operator on unsupported types string and number; `item.text` is "I love the new dark mode.""#);
}

#[test]
fn a_customer_that_is_no_key_is_quoted() {
    let [mut created, ..] = golden();
    created.item["customer"] = json!({ "name": "Ada" });

    let refusal = Mappings::compile(SHIPPED).unwrap().consider(&created).unwrap_err();

    assert_eq!(refusal.detail, r#"`item.customer`: is {"name":"Ada"}, and a customer is a key"#);
}

#[test]
fn a_collection_has_defaults_of_its_own_mapped_or_not() {
    let mappings = r#"
        [defaults]
        producer = "directus"
        customer = "item.customer"

        [collections.feedback]
        producer = "directus-webform"
        customer = "related.customer.tier"
        privacy = { "data.text" = "drop" }

        [[mapping]]
        collection = "feedback"
        on = ["create"]
        event = "feedback.seen"
        customer = "key"
        privacy = { data.rating = "mask" }
    "#;
    let [created, updated, _] = golden();
    let mut elsewhere = created.clone();
    elsewhere.collection = "notes".to_owned();

    let [created, updated, elsewhere] =
        [created, updated, elsewhere].map(|change| map(mappings, &change).remove(0));

    assert_eq!(created.producer, "directus-webform");
    assert_eq!(created.customer_id.as_deref(), Some("42"));
    assert_eq!((created.data.get("text"), &created.data["rating"]), (None, &json!(null)));
    assert_eq!(updated.producer, "directus-webform");
    assert_eq!(updated.customer_id.as_deref(), Some("gold"));
    assert_eq!((updated.data.get("text"), &updated.data["rating"]), (None, &json!(1)));
    assert_eq!(
        (elsewhere.producer.as_str(), elsewhere.customer_id.as_deref()),
        ("directus", Some("7"))
    );
    assert_eq!(elsewhere.data["text"], "I love the new dark mode.");
}

#[test]
fn every_mistake_is_reported_at_once_with_its_line() {
    let mistakes = r#"
        produser = "directus"
        [privacy]
        data.email = "erase"
        "item.email" = "drop"
        "data.list.0" = "drop"
        [collections.feedback]
        customer = "itme.customer"
        privacy = "none"
        [consent]
        events = ["cart.*", "Cart"]
        identity = ["userId"]

        [[mapping]]
        collection = "feedback"
        on = ["create", "destroy"]
        when = "item.rating =="
        event = "Feedback"
        [[mapping]]
        colection = "feedback"
        event = "none"
        [[mapping]]
        collection = "feedback"
        event = "feedback.seen"
        also = true
        version = 0
        data = { a = 1, b = { c = "item.text | uper" } }
        [[mapping]]
        collection = "feedback"
        event = "feedback.seen"
    "#;

    let problems = Mappings::compile(mistakes).unwrap_err();

    insta::assert_snapshot!(problems.join("\n"), @r"
    mappings.toml:2: produser: there is no such key
    mappings.toml:4: privacy: data.email: is not `drop`, `mask` or `pseudonymize`
    mappings.toml:5: privacy: item.email: a path is `customerId`, or starts with `data.`, `context.` or `properties.`
    mappings.toml:6: privacy: data.list.0: a number would pick one element of an array; `*` stands for all of them
    mappings.toml:8: collections.feedback: customer: `itme.customer`: there is no `itme` here, only eventId, sequence, collection, action, key, occurredAt, userId, item, previous, changed, related, traceparent, capture
    mappings.toml:9: collections.feedback: privacy: is no table
    mappings.toml:10: consent: `decide` is missing
    mappings.toml:11: consent: events: `Cart` is no event type, such as `cart.item_added` or `cart.*`
    mappings.toml:12: consent: identity: a path is `customerId`, or starts with `data.`, `context.` or `properties.`
    mappings.toml:16: mapping 1 (feedback to Feedback): on: unknown variant `destroy`, expected one of `create`, `update`, `delete`
    mappings.toml:17: mapping 1 (feedback to Feedback): when: `item.rating ==`: not an expression: syntax error: unexpected end of input, expected expression
    mappings.toml:18: mapping 1 (feedback to Feedback): event: `Feedback` is no event type: lower-case words joined by dots, such as `order.shipped`
    mappings.toml:19: mapping 2: `collection` is missing
    mappings.toml:20: mapping 2: colection: there is no such key
    mappings.toml:26: mapping 3 (feedback to feedback.seen): version: invalid value: integer `0`, expected a nonzero u32
    mappings.toml:27: mapping 3 (feedback to feedback.seen): data.a: is no expression in quotes, and no table of them
    mappings.toml:27: mapping 3 (feedback to feedback.seen): data.b.c: `item.text | uper`: not an expression: unknown filter: `uper`
    mappings.toml:28: mapping 4 (feedback to feedback.seen): event: one change would be announced twice alike, also by mapping 3 (feedback to feedback.seen)
    ");
}

#[test]
fn text_that_is_no_toml_names_its_line() {
    let problems = Mappings::compile("[defaults]\nproducer = ").unwrap_err();

    assert!(problems[0].starts_with("mappings.toml:2: not TOML: "), "{problems:?}");
}
